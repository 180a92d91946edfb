//! The holder: the process that a whole lab lives in.
//!
//! [`enter`] is the first process of the lab's namespaces. It leaves a folder in memory at [`FOLDER`], which only the
//! lab sees, and starts [`supervise`] as its child; that one makes the network and the machines and then does what it
//! is asked for until nobody is there any more to ask.

use crate::machine::power::Powered;
use crate::machine::system::KeyPair;
use crate::network::{self, Addresses, Link, Place};
use crate::parts::Parts;
use crate::protocol::{self, LabDescription, Reply, Request};
use crate::{LabError, LabOptions, init, node, operator, router, upstream};
use nix::mount::{MsFlags, mount};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::io::BufReader;
use tokio::sync::mpsc;

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

/// Serves one lab, until standard input ends, whatever is being done then. `pid` is the id that the host knows the
/// lab's first process by.
pub async fn supervise(pid: i32) -> Result<(), LabError> {
    let (to_server, requests) = mpsc::channel(1);
    tokio::select! {
        result = listen(to_server) => result,
        result = serve(requests, pid) => result,
    }
}

async fn listen(server: mpsc::Sender<Request>) -> Result<(), LabError> {
    let mut input = BufReader::new(tokio::io::stdin());
    while let Some(request) = protocol::receive(&mut input).await? {
        if server.send(request).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn serve(mut requests: mpsc::Receiver<Request>, pid: i32) -> Result<(), LabError> {
    let mut replies = tokio::io::stdout();
    let mut holder = None;
    while let Some(request) = requests.recv().await {
        let reply = answer(&mut holder, request, pid).await;
        protocol::send(&mut replies, &reply.unwrap_or_else(|error| Reply::Failed(error.to_string()))).await?;
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
        for (index, node) in options.nodes.iter().enumerate() {
            let host_key = KeyPair::generate(&node.name, scratch).await?;
            let (machine, description) =
                node::new(index, node, options.traffic, &program, parts, &host_key, &user_key.public)?;
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
        network::build(&places).await?;
        let mut machines = BTreeMap::new();
        for new in new_machines {
            let name = new.machine.name.clone();
            machines.entry(name).or_insert(Powered::new(new, &program)?).on().await?;
        }
        let router = not_yet_described.map(router::Starting::describe).transpose()?;
        let description = operator::equip(pid, nodes, router, &user_key)?;
        Ok((Holder { machines }, description))
    }

    fn machine(&mut self, name: &str) -> Result<&mut Powered, LabError> {
        let known = self.machines.keys().cloned().collect::<Vec<_>>().join(", ");
        self.machines.get_mut(name).ok_or_else(|| {
            LabError::failed(format!("find the machine {name}"), format!("the lab has {known}"))
        })
    }
}
