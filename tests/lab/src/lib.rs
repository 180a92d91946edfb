//! A rehearsal lab on one Linux machine: nodes with a real sshd, a VyOS router in front of a real FRR, and an
//! operator's place from which terraform, kubectl and ssh reach them.
//!
//! ```text
//! operator 10.0.0.2 ─┐
//! router   10.0.0.1 ─┼─ bridge (10.0.0.0/24, fd00:10::/64)
//! cp1      10.0.0.11 ┤
//! cp2      10.0.0.12 ┘
//! ```
//!
//! Where it is asked for, the world goes on behind the router: on its second interface a router that speaks
//! OSPF with it and nothing else, and a client behind that.
//!
//! ```text
//! router eth1 198.51.100.1 ── 198.51.100.2 isp 203.0.113.1 ── 203.0.113.2 client
//!             fd00:20::1      fd00:20::2       fd00:30::1     fd00:30::2
//! ```
//!
//! [`Lab::start`] makes one process, the holder, first of its own PID, mount and network namespaces. All that
//! the lab has (machines, mounts, network) lives inside those, so the kernel takes all of it away when the
//! holder ends; and the holder ends when its standard input does, that is when the process that started the
//! lab is gone, however it went. Two labs on one machine do not see each other.
//!
//! A node and the router are both a [machine]: a root file system that is an overlay over the one of this
//! host, an own hostname, an own process tree. What a machine writes stays in its disk, which a power cycle
//! keeps. On a node, the lab's own program plays `snap`, `journalctl`, `cloud-init` and some of the system
//! (crate `microk8s-stand-in`); on the router it is VyOS's HTTPS API (crate `vyos-stand-in`). Services of a
//! machine log to its `/var/log/<service>.log`.
//!
//! # From a shell
//!
//! ```text
//! lab parts                                  find, install or build everything that a lab needs
//! lab up --nodes 3 --running                 a lab with MicroK8s on its nodes, and a shell in it
//! lab exec --nodes 1 -- terraform apply      a lab for one command; ends with its exit code
//! lab enter --holder 4711 --machine cp1 -- bash
//! ```
//!
//! # From a test
//!
//! ```no_run
//! # async fn example() -> Result<(), lab::LabError> {
//! use lab::{Lab, LabOptions, RouterOptions};
//!
//! let router = Some(RouterOptions::default());
//! let lab = Lab::start(LabOptions { router, ..LabOptions::with_nodes(2, false) }).await?;
//! let mut ssh = lab.operator("ssh");
//! ssh.arg("-F").arg(&lab.description().ssh_config).args(["cp1", "hostname"]);
//! if let Some(cp2) = lab.node("cp2") {
//!     cp2.switch_on("install-slow", "20")?; // a fault of the stand-in for snapd
//!     cp2.stop().await?; // cuts the power
//! }
//! lab.stop().await
//! # }
//! ```
//!
//! # Distance
//!
//! With [`LabOptions::lines`] any two machines of a segment can be told how far they are from each other and
//! how much gets lost between them: see [`Lab::set_distance`].
//!
//! # Virtual machines
//!
//! The lab is a [hypervisor] too: a program in it, such as the stand-in for the Proxmox provider, makes nodes
//! and routers while it runs, and destroys them.
//!
//! # What it takes
//!
//! Root on Linux, in a container only where that may mount; `/etc`, `/usr` and `/var` on the root file
//! system; Go for the programs of the control plane that are not there already. Debian packages that are
//! missing are installed, and their services told not to start. Apart from these, from the cache of [parts]
//! and from the two empty folders `/run/lab` and `/run/netns`, nothing of the host is changed. Neither
//! systemd nor a version of cgroups matters.
#![cfg(target_os = "linux")]

pub mod enter;
mod error;
pub mod holder;
pub mod hypervisor;
mod lab;
mod line;
pub mod machine;
mod network;
mod node;
pub mod operator;
mod options;
pub mod parts;
mod process;
mod requirements;
mod router;
mod secret;
mod upstream;

pub use error::LabError;
pub use holder::protocol::{LabDescription, NodeDescription, RouterDescription};
pub use lab::{Lab, Machine, Node, Router};
pub use line::Distance;
pub use node::{FRR_K8S_CHART, METALLB_CHART};
pub use options::{LabOptions, NodeOptions, RouterOptions, UpstreamOptions};
pub use secret::Secret;
pub use vyos_stand_in::Version as VyosVersion;
