//! What a lab node has in place of snapd and the MicroK8s snap.
//!
//! [`command::run`] is the node's `snap`, `microk8s`, `journalctl`, `cloud-init`, `systemctl`, `modprobe` and
//! `lsmod`; [`daemon::run`] is the process behind them: it plays snapd and the snap's services. The API
//! server, scheduler, controller manager and datastore are the real programs, started from the node's own
//! files in `/var/snap/microk8s/current/args`; the datastore is etcd in k8s-dqlite's place. Kubelet,
//! calico-node and the pods they would run are stood in for.
//!
//! Where a node of a lab differs from a real one:
//!
//! | what | in the lab |
//! |---|---|
//! | releases | every channel runs the same control plane; only what is listed and what the node reports differ |
//! | kube-proxy | its flags are checked, no rules are made |
//! | pods | run at once and do nothing; a job's are done at once; a node has one IPAM block of each pool |
//! | datastore | a vote once given is kept by an idle or lost member; of two members left of three both vote |
//! | joining and leaving | take seconds; nothing is waited for that cannot happen here; a member is taken out of the datastore while it still runs |
//! | leader election | a node's former processes give up their leases when kubelite starts again |
//! | add-ons | dns, metallb (without webhooks) and community; the others of `core` are listed and cannot be enabled; those of added repositories run their own scripts |
//! | system | units and modules are noted as active or loaded, and do nothing; apt and dpkg are the host's real ones |
//! | dbctl | reads and writes etcd, one archive entry for each key and value as the migrator has them |
//! | not there | helm, ctr, images, inspect, reset, the strict snap |

mod addons;
mod agent;
mod api;
mod args;
mod cni;
mod containers;
mod failure;
mod host;
mod journal;
mod kubectl;
mod kubelet;
mod launch;
mod layout;
mod outcome;
mod pki;
mod services;
mod snap;
mod socket;

pub mod command;
pub mod config;
pub mod daemon;
pub mod faults;

pub use config::{DaemonConfig, Programs, Traffic};
pub use failure::Failure;
pub use faults::Fault;
