//! The Proxmox provider `bpg/proxmox`, played: its virtual machines are machines of the lab.
//!
//! It has the part of the real schemas that build-outs use, and behaves as those resources do where a
//! build-out can tell: what is unknown at a plan, what replaces a machine, what cloud-init makes of a
//! snippet, when a guest agent answers. It runs on the operator's network of a lab; what the Proxmox server
//! would keep is in the lab's memory.
//!
//! What it does otherwise, on purpose:
//!
//! * The real provider marks its plans as those of the legacy SDK, which lets it put defaults where the
//!   schema has none. Here such arguments are optional and computed with a default: configurations see the
//!   same values.
//! * `network_device` is a block, not a list of objects that may be written as blocks: `network_device = []`
//!   is refused.
//! * A card's hardware address is that of the first boot. Nothing is downloaded, no disk is kept but that of
//!   the machine itself, and all addresses are static ones of both families.
//! * There are neither imports nor data sources.
#![cfg(target_os = "linux")]

mod download_file;
mod file;
mod provider;
mod server;
mod vm;

fn main() -> std::process::ExitCode {
    tfplugin::serve::<provider::Proxmox>()
}
