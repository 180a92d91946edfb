//! Whole build-outs, applied, planned again and destroyed.

mod build_out;
mod control_plane_and_workers;
mod guide;
mod proxmox;
mod single_node;
mod site;
mod storage;
mod tofu;
