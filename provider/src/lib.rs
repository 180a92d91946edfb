//! Terraform provider for MicroK8s clusters and the VyOS routers in front of them.
//!
//! `provider` is the provider block and the one table of everything that is served; `connection` the three ways out of
//! the process; `engine` one engine per kind of target; the rest is a family of types each, one file per Terraform type.

pub mod agreement;
pub mod asn;
pub mod calico;
pub mod connection;
pub mod engine;
pub mod metallb;
pub mod microk8s;
pub mod provider;
pub mod vyos;
