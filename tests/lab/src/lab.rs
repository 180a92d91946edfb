//! A running lab, as its users hold it.

use crate::enter::{self, Where};
use crate::holder::channel::Holder;
use crate::holder::protocol::{LabDescription, NodeDescription, Request, RouterDescription};
use crate::line::Distance;
use crate::parts::{self, Progress};
use crate::{LabError, LabOptions, process, requirements};
use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::process::Command;
use tokio::task::JoinSet;

/// A lab. It is over when this value is dropped, and when the process that holds it ends in whatever way.
pub struct Lab {
    description: LabDescription,
    nodes: Vec<Node>,
    router: Option<Router>,
    isp: Option<Machine>,
    holder: Arc<Holder>,
}

/// A machine of a lab.
#[derive(Clone)]
pub struct Machine {
    name: String,
    holder: Arc<Holder>,
}

/// A node of a lab: a [`Machine`] with sshd.
#[derive(Clone)]
pub struct Node {
    machine: Machine,
    description: NodeDescription,
    ssh_private_key: PathBuf,
}

/// The router of a lab: a [`Machine`] with VyOS's API and FRR.
#[derive(Clone)]
pub struct Router {
    machine: Machine,
    description: RouterDescription,
}

impl Lab {
    /// Starts a lab and waits until all machines answer. Whatever is missing for it is installed or built
    /// first, which can take ten minutes the first time; a line on standard error tells of each.
    pub async fn start(options: LabOptions) -> Result<Lab, LabError> {
        options.check()?;
        requirements::check()?;
        let parts = parts::prepare(Progress::tell_what_is_made).await?;
        let upstream = options.upstream.is_some();
        let running: Vec<_> = options.nodes.iter().map(|node| node.running).collect();
        let (holder, description) = Holder::start(&Request::Start { options, parts }).await?;
        let holder = Arc::new(holder);
        let machine = |name: &str| Machine { name: name.to_owned(), holder: Arc::clone(&holder) };
        let node = |node: &NodeDescription| Node {
            machine: machine(&node.name),
            description: node.clone(),
            ssh_private_key: description.ssh_private_key.clone(),
        };
        let nodes: Vec<Node> = description.nodes.iter().map(node).collect();
        let router = description
            .router
            .clone()
            .map(|router| Router { machine: machine(crate::router::NAME), description: router });
        let isp = upstream.then(|| machine(crate::upstream::NAME));
        install(nodes.iter().zip(running).filter(|(_, running)| *running).map(|(node, _)| node.clone()))
            .await?;
        Ok(Lab { nodes, router, isp, holder, description })
    }

    /// The nodes, in the order of the options.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name() == name)
    }

    /// The router, if the lab has one.
    pub fn router(&self) -> Option<&Router> {
        self.router.as_ref()
    }

    /// The machine of this name, whether it is there yet or not: a virtual one is known to those who made it.
    pub fn machine(&self, name: &str) -> Machine {
        Machine { name: name.to_owned(), holder: Arc::clone(&self.holder) }
    }

    /// All that there is to know about the lab, as data.
    pub fn description(&self) -> &LabDescription {
        &self.description
    }

    /// A program that runs on the operator's network, with the host's files.
    pub fn operator(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.holder.command(Where::Operator);
        command.arg(program);
        command
    }

    /// The router upstream, if the lab has one. Its FRR answers to `vtysh` without an instance's name.
    pub fn isp(&self) -> Option<&Machine> {
        self.isp.as_ref()
    }

    /// A program that runs on the network of the client behind the router upstream, with the host's files. It
    /// fails where the lab ends at its router.
    pub fn client(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.holder.command(Where::Client);
        command.arg(program);
        command
    }

    /// Sets how far two of the lab are from each other, both ways: machines by their names, `operator` and
    /// `client`. They have to be on one segment, as the nodes, the router and the operator are. Whoever is
    /// not told is next door. Takes [`LabOptions::lines`].
    pub async fn set_distance(&self, one: &str, other: &str, distance: Distance) -> Result<(), LabError> {
        self.holder
            .ask(&Request::SetDistance { one: one.to_owned(), other: other.to_owned(), distance })
            .await
    }

    /// Ends the lab and waits until nothing of it is left.
    pub async fn stop(self) -> Result<(), LabError> {
        self.holder.end().await
    }
}

impl Machine {
    /// Its hostname.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Cuts the power. The disk stays.
    pub async fn stop(&self) -> Result<(), LabError> {
        self.holder.ask(&Request::PowerOff(self.name.clone())).await
    }

    /// Switches the machine on again and waits until it answers.
    pub async fn start(&self) -> Result<(), LabError> {
        self.holder.ask(&Request::PowerOn(self.name.clone())).await
    }

    /// A program that runs on the machine as root.
    pub fn exec<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.holder.command(Where::Machine(&self.name));
        command.args(arguments);
        command
    }

    /// Where the host finds a file of the machine, as long as that is on.
    pub fn file(&self, path: impl AsRef<Path>) -> Result<PathBuf, LabError> {
        enter::file(self.holder.pid(), &self.name, path.as_ref())
    }
}

impl Deref for Node {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Deref for Router {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Node {
    /// Its IPv4 address.
    pub fn ipv4(&self) -> Ipv4Addr {
        self.description.ipv4
    }

    /// Its IPv6 address.
    pub fn ipv6(&self) -> Ipv6Addr {
        self.description.ipv6
    }

    /// The key that its sshd shows, in one line of OpenSSH's format.
    pub fn host_public_key(&self) -> &str {
        &self.description.host_public_key
    }

    /// Switches a fault of the node on; the crate `microk8s-stand-in` names them and says what their text is
    /// for.
    pub fn switch_on(&self, fault: &str, text: &str) -> Result<(), LabError> {
        let file = self.file(Path::new(crate::node::FAULTS).join(fault))?;
        std::fs::write(&file, text).map_err(LabError::system("write", file))
    }

    /// Switches a fault of the node off again.
    pub fn switch_off(&self, fault: &str) -> Result<(), LabError> {
        let file = self.file(Path::new(crate::node::FAULTS).join(fault))?;
        std::fs::remove_file(&file).map_err(LabError::system("remove", file))
    }

    /// File with the private key of user `ubuntu`, as a program of [`Lab::operator`] sees it.
    pub fn ssh_private_key(&self) -> &Path {
        &self.ssh_private_key
    }
}

impl Router {
    /// Of its HTTPS API.
    pub fn url(&self) -> &str {
        &self.description.url
    }

    /// That its API accepts.
    pub fn api_key(&self) -> &str {
        self.description.api_key.reveal()
    }

    /// The certificate of the authority that signed the one of its API, in PEM.
    pub fn ca_certificate(&self) -> &str {
        &self.description.ca_certificate
    }

    /// File with that certificate, as a program of [`Lab::operator`] sees it.
    pub fn ca_certificate_file(&self) -> &Path {
        &self.description.ca_certificate_file
    }

    /// The way to what VyOS's API has no word for: faults, counters, a reboot. It is another one after the
    /// power was off.
    pub fn control(&self) -> Result<vyos_stand_in::Control, LabError> {
        self.file(crate::router::CONTROL).map(vyos_stand_in::Control::new)
    }

    /// FRR's own shell on the router.
    pub fn vtysh<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.exec(["vtysh", "-N", &self.description.frr_instance]);
        command.args(arguments);
        command
    }
}

/// Installs MicroK8s on these nodes, all at once, and waits until it runs.
async fn install(nodes: impl Iterator<Item = Node>) -> Result<(), LabError> {
    const STEPS: [&[&str]; 2] = [
        &["snap", "install", "microk8s", "--classic", "--channel=1.35/stable"],
        &["microk8s", "status", "--wait-ready", "--timeout", "120"],
    ];
    let mut running = JoinSet::new();
    for node in nodes {
        running.spawn(async move {
            for step in STEPS {
                process::output(&format!("run MicroK8s on {}", node.name()), node.exec(step)).await?;
            }
            Ok(())
        });
    }
    let ended = |error| LabError::failed("run MicroK8s on the nodes", format!("{error}"));
    while let Some(result) = running.join_next().await {
        result.map_err(ended)??;
    }
    Ok(())
}
