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
//! [`Lab::start`] makes one process, the holder, first of its own PID, mount and network namespaces. All that the lab
//! has (machines, mounts, network) lives inside those, so the kernel takes all of it away when the holder ends; and
//! the holder ends when its standard input does, that is when the process that started the lab is gone, however it
//! went. Two labs on one machine do not see each other.
//!
//! A node and the router are both a [machine](machine): a root file system that is an overlay over the one of this
//! host, an own hostname, an own process tree. What a machine writes stays in its disk, which a power cycle keeps.
#![cfg(target_os = "linux")]

mod channel;
pub mod enter;
mod error;
pub mod holder;
mod init;
mod lab;
pub mod machine;
mod network;
mod node;
pub mod operator;
mod options;
pub mod parts;
mod process;
mod protocol;
mod requirements;
mod router;
mod secret;

pub use error::LabError;
pub use lab::{Lab, Machine, Node, Router};
pub use options::{LabOptions, NodeOptions, RouterOptions};
pub use protocol::{LabDescription, NodeDescription, RouterDescription};
pub use secret::Secret;
pub use vyos_stand_in::Version as VyosVersion;
