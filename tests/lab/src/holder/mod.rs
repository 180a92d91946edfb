//! The holder: the process that a whole lab lives in.
//!
//! [`enter`] is the first process of the lab's namespaces. It leaves a folder in memory at [`FOLDER`], which
//! only the lab sees, and starts [`supervise`] as its child; that one makes the network and the machines and
//! then does what it is asked for until nobody is there any more to ask.

pub(crate) mod channel;
pub mod protocol;

use crate::hypervisor::{Guest, GuestState};
use crate::machine::power::Powered;
use crate::machine::system::KeyPair;
use crate::network;
use crate::network::{Addresses, Link, Network, Place};
use crate::node::NewNode;
use crate::options::is_host_label;
use crate::parts::Parts;
use crate::{LabError, LabOptions, hypervisor, machine::init, node, operator, router, upstream};
use nix::mount::{MsFlags, mount};
use protocol::{LabDescription, Reply, Request};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::io::BufReader;
use tokio::sync::{mpsc, oneshot};

/// Where a lab keeps what it has, in memory. The host has an empty folder here.
pub const FOLDER: &str = "/run/lab";
/// Where `ip netns` keeps its handles on network namespaces. The lab has its own.
const NAMESPACES: &str = "/run/netns";

/// Becomes the first process of the lab; returns when the lab is over.
#[expect(
    clippy::disallowed_methods,
    reason = "the first process of the lab is no async program; init waits for all"
)]
pub fn enter() -> Result<(), LabError> {
    // The host's /proc is still mounted here, so its `self` is the id that the host knows this process by.
    let pid = fs::read_link("/proc/self").map_err(LabError::system("read", "/proc/self"))?;
    for (kind, folder) in [("tmpfs", FOLDER), ("tmpfs", NAMESPACES), ("proc", "/proc")] {
        fs::create_dir_all(folder).map_err(LabError::system("make", folder))?;
        mount(Some(kind), folder, Some(kind), MsFlags::MS_NOSUID, None::<&str>)
            .map_err(LabError::system("mount", folder))?;
    }
    let program = own_program()?;
    let mut command = std::process::Command::new(program);
    command.arg("supervise").arg(pid);
    init::run(vec![init::Service { name: "supervise".into(), command }]).map(|_| ())
}

/// The program that is running.
pub(crate) fn own_program() -> Result<PathBuf, LabError> {
    std::env::current_exe().map_err(LabError::system("find", "the program that is running"))
}

/// A request to the holder, and where the reply goes.
pub(crate) type Asked = (Request, oneshot::Sender<Reply>);

/// Serves one lab, until standard input ends, whatever is being done then. `pid` is the id that the host
/// knows the lab's first process by.
pub async fn supervise(pid: i32) -> Result<(), LabError> {
    let (to_server, requests) = mpsc::channel(1);
    tokio::select! {
        result = listen(&to_server) => result,
        result = hypervisor::listen(&to_server) => result,
        result = serve(requests, pid) => result,
    }
}

/// Asks for what standard input asks for, one after the other.
async fn listen(server: &mpsc::Sender<Asked>) -> Result<(), LabError> {
    let mut input = BufReader::new(tokio::io::stdin());
    let mut output = tokio::io::stdout();
    while let Some(request) = protocol::receive(&mut input).await? {
        protocol::send(&mut output, &ask(server, request).await).await?;
    }
    Ok(())
}

/// Asks the holder.
pub(crate) async fn ask(server: &mpsc::Sender<Asked>, request: Request) -> Reply {
    let (to, reply) = oneshot::channel();
    let gone = || Reply::Failed("the lab is at its end".to_owned());
    match server.send((request, to)).await {
        Ok(()) => reply.await.unwrap_or_else(|_| gone()),
        Err(_) => gone(),
    }
}

/// Does one thing at a time.
async fn serve(mut requests: mpsc::Receiver<Asked>, pid: i32) -> Result<(), LabError> {
    let mut holder = None;
    while let Some((request, to)) = requests.recv().await {
        let reply = answer(&mut holder, request, pid).await;
        // Nobody waits any more where a connection was closed meanwhile.
        let _ = to.send(reply.unwrap_or_else(|error| Reply::Failed(error.to_string())));
    }
    Ok(())
}

async fn answer(holder: &mut Option<Holder>, request: Request, pid: i32) -> Result<Reply, LabError> {
    match (request, holder) {
        (Request::Start { options, parts }, holder @ None) => {
            let (started, description) = Holder::start(&options, &parts, pid).await?;
            *holder = Some(started);
            Ok(Reply::Up(Box::new(description)))
        }
        (Request::PowerOff(name), Some(holder)) => holder.machine(&name)?.off().await.map(|()| Reply::Done),
        (Request::PowerOn(name), Some(holder)) => holder.machine(&name)?.on().await.map(|()| Reply::Done),
        (Request::SetDistance { one, other, distance }, Some(holder)) => {
            let (one, other) = (holder.place(&one)?, holder.place(&other)?);
            holder.network.set_distance(&one, &other, distance).await.map(|()| Reply::Done)
        }
        (Request::AddGuest(guest), Some(holder)) => holder.add(&guest).await.map(|()| Reply::Done),
        (Request::RemoveGuest(name), Some(holder)) => holder.remove(&name).await.map(|()| Reply::Done),
        (Request::LookAtGuest(name), Some(holder)) => holder.look_at(&name).await.map(Reply::Guest),
        (request, _) => {
            Err(LabError::failed("do what was asked for", format!("{request:?} is out of order")))
        }
    }
}

/// The operator's place.
fn operator() -> Place {
    Place {
        namespace: operator::NAME.into(),
        links: vec![Link::to_nodes(Addresses::OPERATOR)],
        gateway: Some(Addresses::ROUTER),
    }
}

struct Holder {
    machines: BTreeMap<String, Powered>,
    network: Network,
    /// The `lab` program.
    program: PathBuf,
    parts: Parts,
    traffic: bool,
}

impl Holder {
    async fn start(
        options: &LabOptions,
        parts: &Parts,
        pid: i32,
    ) -> Result<(Holder, LabDescription), LabError> {
        let program = own_program()?;
        let scratch = Path::new(FOLDER);
        let user_key = KeyPair::generate(operator::NAME, scratch).await?;
        let mut new_machines = Vec::new();
        let mut nodes = Vec::new();
        for (index, options_of_node) in options.nodes.iter().enumerate() {
            let new = NewNode {
                name: &options_of_node.name,
                addresses: Addresses::node(index),
                gateway: Some(Addresses::ROUTER),
                host_key: &KeyPair::generate(&options_of_node.name, scratch).await?,
                authorized: &user_key.public,
            };
            let (machine, description) = node::new(&new, options.traffic, &program, parts)?;
            new_machines.push(machine);
            nodes.push(description);
        }
        let new_router = options
            .router
            .as_ref()
            .map(|router| router::new(router, options.upstream.is_some(), &program, parts))
            .transpose()?;
        let (router, not_yet_described) = new_router.unzip();
        new_machines.extend(router);

        let mut places = vec![operator()];
        if let Some(options) = &options.upstream {
            new_machines.push(upstream::new(options)?);
            places.push(upstream::client());
        }
        places.extend(new_machines.iter().map(|new| new.machine.place.clone()));
        let mut network = Network::new(options.lines);
        for place in &places {
            network.add(place).await?;
        }
        let mut machines = BTreeMap::new();
        for new in new_machines {
            let name = new.machine.name.clone();
            machines.entry(name).or_insert(Powered::new(new, &program)?).on().await?;
        }
        let router = not_yet_described.map(router::Starting::describe).transpose()?;
        let description = operator::equip(pid, nodes, router, &user_key)?;
        let (parts, traffic) = (parts.clone(), options.traffic);
        Ok((Holder { machines, network, program, parts, traffic }, description))
    }

    /// Makes a virtual machine, off.
    async fn add(&mut self, guest: &Guest) -> Result<(), LabError> {
        let action = format!("make the machine {}", guest.name);
        if self.machines.contains_key(&guest.name) || !is_host_label(&guest.name) {
            let reason = "there is one of this name, or the name is none of a-z, 0-9 and `-`";
            return Err(LabError::failed(action, reason));
        }
        let taken =
            |one: &Powered| one.place().links.iter().any(|link| link.addresses.overlap(guest.addresses()));
        if let Some((other, _)) = self.machines.iter().find(|(_, machine)| taken(machine)) {
            return Err(LabError::failed(action, format!("{other} has one of its addresses")));
        }
        let new = hypervisor::machine(guest, self.traffic, &self.program, &self.parts).await?;
        self.network.add(&new.machine.place).await?;
        network::set_hardware_address(&new.machine.place, &guest.hardware_address).await?;
        self.machines.insert(guest.name.clone(), Powered::new(new, &self.program)?);
        Ok(())
    }

    async fn remove(&mut self, name: &str) -> Result<(), LabError> {
        let Some(machine) = self.machines.remove(name) else { return Ok(()) };
        let place = machine.place().clone();
        machine.scrap().await?;
        network::remove(&place).await
    }

    async fn look_at(&mut self, name: &str) -> Result<GuestState, LabError> {
        let Some(machine) = self.machines.get_mut(name) else { return Ok(GuestState::Absent) };
        if !machine.is_on() {
            return Ok(GuestState::Off);
        }
        hypervisor::interfaces(&network::interfaces(machine.place()).await?).map(GuestState::On)
    }

    /// Where something is: a machine, the operator, or the client.
    fn place(&mut self, name: &str) -> Result<Place, LabError> {
        match name {
            operator::NAME => Ok(operator()),
            upstream::CLIENT => Ok(upstream::client()),
            machine => self.machine(machine).map(|machine| machine.place().clone()),
        }
    }

    fn machine(&mut self, name: &str) -> Result<&mut Powered, LabError> {
        let known = self.machines.keys().cloned().collect::<Vec<_>>().join(", ");
        self.machines.get_mut(name).ok_or_else(|| {
            LabError::failed(format!("find the machine {name}"), format!("the lab has {known}"))
        })
    }
}
