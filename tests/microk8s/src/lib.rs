//! What a lab node has in place of snapd and the MicroK8s snap.
//!
//! [`command::run`] is the node's `snap`, `microk8s`, `journalctl` and `cloud-init`; [`daemon::run`] is the process behind
//! them: it plays snapd and the snap's services. The API server, scheduler, controller manager and datastore are the real
//! programs, started from the node's own files in `/var/snap/microk8s/current/args`; the datastore is etcd in k8s-dqlite's
//! place. Kubelet, calico-node and the pods they would run are stood in for.

mod addons;
mod agent;
mod api;
mod args;
mod cni;
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

pub use config::{DaemonConfig, Programs};
pub use failure::Failure;
pub use faults::Fault;
