//! Terraform provider for MicroK8s clusters and the VyOS routers in front of them.
//!
//! From the bottom up: `values` is what several families share; `connection` is the three ways out of the
//! process; `session` what one run works with; `engine` one engine per kind of target; `calico`, `metallb`,
//! `microk8s` and `vyos` a family of types each; `functions` what expressions call; `cross_checks` the rules
//! over several types; `provider` serves all of it, and nothing below imports it.

pub mod adopt;
pub mod calico;
pub mod connection;
pub mod cross_checks;
pub mod engine;
mod functions;
pub mod metallb;
pub mod microk8s;
pub mod provider;
pub mod session;
pub mod values;
pub mod vyos;
