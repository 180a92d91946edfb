//! The lab as a hypervisor: virtual machines that are made and destroyed while it runs.
//!
//! A program on the operator's network asks for them through a socket that only the lab sees; [`Hypervisor`]
//! is the client. A virtual machine is like the machines that a lab begins with: a bare node, or a router. It
//! boots with a delay after it was made, as one does that has a disk to be copied and a kernel to be loaded.

use crate::holder::protocol::{self, Reply, Request};
use crate::holder::{self, Asked};
use crate::machine::NewMachine;
use crate::machine::system::KeyPair;
use crate::network::Addresses;
use crate::node::{self, NewNode};
use crate::parts::Parts;
use crate::{LabError, router};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

/// In the lab's own folder, which nobody else sees.
const SOCKET: &str = "hypervisor.socket";
/// Between being made, or switched on, and the first process.
const BOOT_DELAY: Duration = Duration::from_secs(2);

/// A virtual machine to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Guest {
    /// Its hostname.
    pub name: String,
    /// Its IPv4 address, in a /24.
    pub ipv4: Ipv4Addr,
    /// Its IPv6 address, in a /64.
    pub ipv6: Ipv6Addr,
    /// Whom it sends to what is not on its network.
    pub gateway: Option<(Ipv4Addr, Ipv6Addr)>,
    /// Of its network card.
    pub hardware_address: String,
    /// Whether it boots as soon as it is made.
    pub started: bool,
    /// What it is.
    pub image: Image,
}

/// What is on a virtual machine's disk, with what cloud-init adds at the first boot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Image {
    /// A bare Ubuntu server: a node.
    Ubuntu {
        /// The private host key of its sshd in OpenSSH's format; one of its own where nothing is given.
        host_key: Option<crate::Secret>,
        /// The public keys that user `ubuntu` accepts.
        authorized_keys: Vec<String>,
    },
    /// VyOS.
    Vyos {
        /// `vyos_config_commands`: `set` commands of the first configuration.
        commands: Vec<crate::Secret>,
    },
}

/// How a virtual machine is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GuestState {
    /// There is none.
    Absent,
    /// It is off, or boots.
    Off,
    /// It runs, and says what it has on the network.
    On(Vec<Interface>),
}

/// A network interface of a virtual machine, as its guest agent tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Such as `eth0`.
    pub name: String,
    /// In capitals.
    pub hardware_address: String,
    /// Without prefix lengths.
    pub addresses: Vec<IpAddr>,
}

impl Guest {
    pub(crate) fn addresses(&self) -> Addresses {
        Addresses { ipv4: self.ipv4, ipv6: self.ipv6 }
    }
}

/// The way to the hypervisor for a program that runs on the operator's network.
#[derive(Clone, Debug)]
pub struct Hypervisor {
    socket: PathBuf,
}

impl Default for Hypervisor {
    fn default() -> Hypervisor {
        Hypervisor { socket: socket() }
    }
}

impl Hypervisor {
    /// Makes a virtual machine.
    pub async fn add(&self, guest: Guest) -> Result<(), LabError> {
        self.ask(Request::AddGuest(Box::new(guest))).await.map(drop)
    }

    /// Destroys a virtual machine with its disk; nothing where there is none.
    pub async fn remove(&self, name: &str) -> Result<(), LabError> {
        self.ask(Request::RemoveGuest(name.to_owned())).await.map(drop)
    }

    /// Switches a virtual machine on; it boots from then on.
    pub async fn switch_on(&self, name: &str) -> Result<(), LabError> {
        self.ask(Request::PowerOn(name.to_owned())).await.map(drop)
    }

    /// Cuts a virtual machine's power.
    pub async fn switch_off(&self, name: &str) -> Result<(), LabError> {
        self.ask(Request::PowerOff(name.to_owned())).await.map(drop)
    }

    /// How a virtual machine is.
    pub async fn look_at(&self, name: &str) -> Result<GuestState, LabError> {
        match self.ask(Request::LookAtGuest(name.to_owned())).await? {
            Reply::Guest(state) => Ok(state),
            _ => Err(LabError::failed(format!("look at {name}"), "the lab answered something else")),
        }
    }

    async fn ask(&self, request: Request) -> Result<Reply, LabError> {
        let mut stream =
            UnixStream::connect(&self.socket).await.map_err(LabError::system("reach", &self.socket))?;
        protocol::send(&mut stream, &request).await?;
        match protocol::receive(&mut BufReader::new(stream)).await? {
            Some(Reply::Failed(message)) => Err(LabError::Holder(message)),
            Some(reply) => Ok(reply),
            None => Err(LabError::failed("ask the lab", "it has ended")),
        }
    }
}

fn socket() -> PathBuf {
    Path::new(holder::FOLDER).join(SOCKET)
}

/// Takes requests from the lab's programs and passes them on to the holder.
pub(crate) async fn listen(server: &mpsc::Sender<Asked>) -> Result<(), LabError> {
    let socket = socket();
    let listener = UnixListener::bind(&socket).map_err(LabError::system("listen on", &socket))?;
    loop {
        let (stream, _) = listener.accept().await.map_err(LabError::system("listen on", &socket))?;
        tokio::spawn(converse(stream, server.clone()));
    }
}

async fn converse(stream: UnixStream, server: mpsc::Sender<Asked>) -> Result<(), LabError> {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    while let Some(request) = protocol::receive(&mut from).await? {
        let boots = match &request {
            Request::AddGuest(guest) => guest.started.then(|| guest.name.clone()),
            Request::PowerOn(name) => Some(name.clone()),
            _ => None,
        };
        let reply = match request {
            // It is done later, for everybody sees that it boots.
            Request::PowerOn(_) => Reply::Done,
            Request::Start { .. } => Reply::Failed("a lab is started by its owner".to_owned()),
            request => holder::ask(&server, request).await,
        };
        if let (Some(name), Reply::Done) = (boots, &reply) {
            tokio::spawn(boot(name, server.clone()));
        }
        protocol::send(&mut to, &reply).await?;
    }
    Ok(())
}

/// One that does not come up stays off, as whoever looks at it sees; its console says why.
async fn boot(name: String, server: mpsc::Sender<Asked>) {
    tokio::time::sleep(BOOT_DELAY).await;
    holder::ask(&server, Request::PowerOn(name)).await;
}

/// Puts a virtual machine together, where `traffic` with pods that run.
pub(crate) async fn machine(
    guest: &Guest,
    traffic: bool,
    program: &Path,
    parts: &Parts,
) -> Result<NewMachine, LabError> {
    match &guest.image {
        Image::Ubuntu { host_key, authorized_keys } => {
            let host_key = match host_key {
                Some(key) => KeyPair::of_private(key.reveal(), Path::new(holder::FOLDER)).await?,
                None => KeyPair::generate(&guest.name, Path::new(holder::FOLDER)).await?,
            };
            let new = NewNode {
                name: &guest.name,
                addresses: guest.addresses(),
                gateway: guest.gateway.map(|(ipv4, ipv6)| Addresses { ipv4, ipv6 }),
                host_key: &host_key,
                authorized: &authorized_keys.iter().map(|key| format!("{key}\n")).collect::<String>(),
            };
            node::new(&new, traffic, program, parts).map(|(machine, _)| machine)
        }
        Image::Vyos { commands } => {
            let commands = commands.iter().map(|command| command.reveal().to_owned()).collect();
            router::seeded(&guest.name, guest.addresses(), commands, program, parts)
        }
    }
}

/// As `ip -json address` prints it.
#[derive(Deserialize)]
struct Printed {
    ifname: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    addr_info: Vec<PrintedAddress>,
}

#[derive(Deserialize)]
struct PrintedAddress {
    local: IpAddr,
}

/// Reads what `ip -json address` prints.
pub(crate) fn interfaces(printed: &str) -> Result<Vec<Interface>, LabError> {
    let printed: Vec<Printed> = serde_json::from_str(printed).map_err(|error| {
        LabError::failed("read a machine's interfaces", format!("{error} in `{printed}`"))
    })?;
    let interface = |one: Printed| Interface {
        name: one.ifname,
        hardware_address: one.address.to_uppercase(),
        addresses: one.addr_info.into_iter().map(|address| address.local).collect(),
    };
    Ok(printed.into_iter().map(interface).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_read_in_the_kernels_order() {
        let printed = r#"[{"ifname":"lo","address":"00:00:00:00:00:00","addr_info":[{"local":"127.0.0.1"}]},
            {"ifname":"eth0","address":"bc:24:11:0a:00:0b","addr_info":[{"local":"10.0.0.11","prefixlen":24}]}]"#;
        let [lo, eth0] = interfaces(printed).unwrap().try_into().unwrap();
        assert_eq!(lo.name, "lo");
        assert_eq!(eth0.hardware_address, "BC:24:11:0A:00:0B");
        assert_eq!(eth0.addresses, ["10.0.0.11".parse::<IpAddr>().unwrap()]);
        assert!(interfaces("").unwrap_err().to_string().contains("Unable to read a machine's interfaces"));
    }
}
