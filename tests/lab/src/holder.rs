//! The holder: the process that a whole lab lives in.
//!
//! [`enter`] is the first process of the lab's namespaces. It leaves a folder in memory at [`FOLDER`], which only the
//! lab sees, and starts [`supervise`] as its child; that one makes the network and the machines and then does what it
//! is asked for until nobody is there any more to ask.

use crate::machine::power::Powered;
use crate::network::{self, Addresses, Place};
use crate::node::{self, KeyPair};
use crate::protocol::{self, LabDescription, NodeDescription, Reply, Request};
use crate::{LabError, LabOptions, init};
use nix::mount::{MsFlags, mount};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::io::BufReader;

/// Where a lab keeps what it has, in memory. The host has an empty folder here.
pub const FOLDER: &str = "/run/lab";
/// Where `ip netns` keeps its handles on network namespaces. The lab has its own.
const NAMESPACES: &str = "/run/netns";
/// The operator's network namespace.
pub(crate) const OPERATOR: &str = "operator";

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

/// Serves one lab, until standard input ends. `pid` is the id that the host knows the lab's first process by.
pub async fn supervise(pid: i32) -> Result<(), LabError> {
    let mut requests = BufReader::new(tokio::io::stdin());
    let mut replies = tokio::io::stdout();
    let mut holder = None;
    while let Some(request) = protocol::receive::<Request>(&mut requests).await? {
        let reply = answer(&mut holder, request, pid).await;
        protocol::send(&mut replies, &reply.unwrap_or_else(|error| Reply::Failed(error.to_string()))).await?;
    }
    Ok(())
}

async fn answer(holder: &mut Option<Holder>, request: Request, pid: i32) -> Result<Reply, LabError> {
    match (request, holder) {
        (Request::Start(options), holder @ None) => {
            let (started, description) = Holder::start(&options, pid).await?;
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

struct Holder {
    machines: BTreeMap<String, Powered>,
}

impl Holder {
    async fn start(options: &LabOptions, pid: i32) -> Result<(Holder, LabDescription), LabError> {
        let program = own_program()?;
        let user_key = KeyPair::generate("operator").await?;
        let mut places =
            vec![Place { namespace: OPERATOR.into(), addresses: Addresses::OPERATOR, forwards: false }];
        let mut machines = BTreeMap::new();
        let mut nodes = Vec::new();
        for (index, options) in options.nodes.iter().enumerate() {
            let new = node::new(index, options, &program, &user_key.public).await?;
            places.push(new.machine.place.clone());
            let name = new.machine.name.clone();
            machines.insert(name, Powered::new(new.machine, &program, &new.files)?);
            nodes.push(new.description);
        }
        network::build(&places).await?;
        for machine in machines.values_mut() {
            machine.on().await?;
        }
        let description = equip_operator(pid, nodes, &user_key)?;
        Ok((Holder { machines }, description))
    }

    fn machine(&mut self, name: &str) -> Result<&mut Powered, LabError> {
        let known = self.machines.keys().cloned().collect::<Vec<_>>().join(", ");
        self.machines.get_mut(name).ok_or_else(|| {
            LabError::failed(format!("find the machine {name}"), format!("the lab has {known}"))
        })
    }
}

/// Gives the operator the files with which ssh finds and trusts the nodes.
fn equip_operator(pid: i32, nodes: Vec<NodeDescription>, key: &KeyPair) -> Result<LabDescription, LabError> {
    let folder = Path::new(FOLDER).join(OPERATOR);
    fs::create_dir_all(&folder).map_err(LabError::system("make", &folder))?;
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).map_err(LabError::system("write", &file))?;
        let mode = Permissions::from_mode(0o600);
        fs::set_permissions(&file, mode).map_err(LabError::system("set the mode of", &file))?;
        Ok::<_, LabError>(file)
    };
    let ssh_private_key = write("id_ed25519", &key.private)?;
    let known_hosts = write("known_hosts", &known_hosts(&nodes))?;
    let ssh_config = write("ssh_config", &ssh_config(&nodes, &ssh_private_key, &known_hosts))?;
    Ok(LabDescription { holder: pid, nodes, ssh_private_key, known_hosts, ssh_config })
}

fn known_hosts(nodes: &[NodeDescription]) -> String {
    nodes
        .iter()
        .map(|node| format!("{},{},{} {}\n", node.name, node.ipv4, node.ipv6, node.host_public_key))
        .collect()
}

fn ssh_config(nodes: &[NodeDescription], key: &Path, known_hosts: &Path) -> String {
    let hosts = nodes.iter().map(|node| format!("Host {}\n    HostName {}\n", node.name, node.ipv4));
    let (key, known_hosts) = (key.display(), known_hosts.display());
    let all = format!(
        "Host *\n    User ubuntu\n    IdentityFile {key}\n    IdentitiesOnly yes\n    UserKnownHostsFile \
         {known_hosts}\n    StrictHostKeyChecking yes\n"
    );
    hosts.chain([all]).collect()
}
