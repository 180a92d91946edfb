//! The schema of `proxmox_virtual_environment_vm`, as far as it is played.

use tfplugin::types::Secret;
use tfplugin::{Computed, Model};

/// A virtual machine.
#[derive(Clone, Debug, tfplugin::Model)]
#[resource(type_name = "proxmox_virtual_environment_vm")]
pub(crate) struct Vm {
    /// The server's node.
    #[attribute(required, requires_replace)]
    pub(super) node_name: String,

    /// Its number.
    #[attribute(optional, computed, use_state_for_unknown, requires_replace)]
    pub(super) vm_id: Computed<i64>,

    /// Its number as text.
    #[attribute(computed, use_state_for_unknown)]
    pub(super) id: Computed<String>,

    /// Its name.
    #[attribute(optional)]
    pub(super) name: Option<String>,

    /// What it is for.
    #[attribute(optional)]
    description: Option<String>,

    /// Words to find it by.
    #[attribute(optional)]
    tags: Option<Vec<String>>,

    /// Whether it runs.
    #[attribute(default = true)]
    pub(super) started: bool,

    /// Whether it is switched on with the server.
    #[attribute(default = true)]
    on_boot: bool,

    /// Whether its power is cut before it is destroyed.
    #[attribute(default = false)]
    stop_on_destroy: bool,

    /// Whether it is shut down and started where a change needs that.
    #[attribute(default = true)]
    reboot_after_update: bool,

    /// Its firmware.
    #[attribute(default = "seabios".to_owned())]
    bios: String,

    /// Its mainboard.
    #[attribute(default = String::new())]
    machine: String,

    /// Its disk controller.
    #[attribute(default = "virtio-scsi-pci".to_owned())]
    scsi_hardware: String,

    /// What it boots from.
    #[attribute(optional, computed, use_state_for_unknown)]
    pub(super) boot_order: Computed<Vec<String>>,

    /// Its addresses as the agent tells them, by interface.
    #[attribute(computed, use_state_for_unknown)]
    pub(super) ipv4_addresses: Computed<Vec<Vec<String>>>,

    /// Its addresses as the agent tells them, by interface.
    #[attribute(computed, use_state_for_unknown)]
    pub(super) ipv6_addresses: Computed<Vec<Vec<String>>>,

    /// Its interfaces as the agent tells them.
    #[attribute(computed, use_state_for_unknown)]
    pub(super) network_interface_names: Computed<Vec<String>>,

    /// Hardware addresses of its interfaces.
    #[attribute(optional, computed, use_state_for_unknown)]
    pub(super) mac_addresses: Computed<Vec<String>>,

    /// The guest agent.
    #[attribute(block(max_items = 1))]
    pub(super) agent: Vec<Agent>,

    /// Its processors.
    #[attribute(block(max_items = 1))]
    cpu: Vec<Cpu>,

    /// Its memory.
    #[attribute(block(max_items = 1))]
    memory: Vec<Memory>,

    /// Its disks.
    #[attribute(block(max_items = 31))]
    pub(super) disk: Vec<Disk>,

    /// What cloud-init is told.
    #[attribute(block(max_items = 1))]
    pub(super) initialization: Vec<Initialization>,

    /// Its network cards.
    #[attribute(block(max_items = 32))]
    pub(super) network_device: Vec<NetworkDevice>,

    /// What runs in it.
    #[attribute(block(max_items = 1))]
    operating_system: Vec<OperatingSystem>,

    /// Its serial ports.
    #[attribute(block(max_items = 4))]
    serial_device: Vec<SerialDevice>,
}

/// The guest agent.
#[derive(Clone, Debug, Model)]
pub(crate) struct Agent {
    /// Whether there is one.
    #[attribute(default = false)]
    pub(super) enabled: bool,

    /// How long it is waited for.
    #[attribute(default = "15m".to_owned())]
    pub(super) timeout: String,

    /// Whether it trims disks.
    #[attribute(default = false)]
    trim: bool,

    /// Its channel.
    #[attribute(default = "virtio".to_owned(), name = "type")]
    kind: String,

    /// Which addresses are waited for.
    #[attribute(block(max_items = 1))]
    pub(super) wait_for_ip: Vec<WaitForIp>,
}

/// Which addresses are waited for.
#[derive(Clone, Debug, Default, Model)]
pub(crate) struct WaitForIp {
    /// None.
    #[attribute(default = false)]
    pub(super) disabled: bool,

    /// One of IPv4.
    #[attribute(default = false)]
    pub(super) ipv4: bool,

    /// One of IPv6.
    #[attribute(default = false)]
    pub(super) ipv6: bool,
}

/// Processors.
#[derive(Clone, Debug, Model)]
pub(crate) struct Cpu {
    /// Cores of each.
    #[attribute(default = 1)]
    cores: i64,

    /// How many.
    #[attribute(default = 1)]
    sockets: i64,

    /// Their kind.
    #[attribute(default = "qemu64".to_owned(), name = "type")]
    kind: String,
}

/// Memory.
#[derive(Clone, Debug, Model)]
pub(crate) struct Memory {
    /// Size in MiB.
    #[attribute(default = 512)]
    dedicated: i64,

    /// Least size in MiB.
    #[attribute(default = 0)]
    floating: i64,
}

/// A disk.
#[derive(Clone, Debug, Model)]
pub(crate) struct Disk {
    /// Where it is plugged in.
    #[attribute(required)]
    pub(super) interface: String,

    /// The datastore.
    #[attribute(default = "local-lvm".to_owned())]
    datastore_id: String,

    /// The volume that it begins with. A change does nothing.
    #[attribute(default = String::new())]
    pub(super) import_from: String,

    /// Size in GiB.
    #[attribute(default = 8)]
    size: i64,

    /// How freed blocks are treated.
    #[attribute(default = "ignore".to_owned())]
    discard: String,

    /// Whether it has a thread of its own.
    #[attribute(default = false)]
    iothread: bool,

    /// Whether it says that it is a solid state disk.
    #[attribute(default = false)]
    ssd: bool,
}

/// What cloud-init is told.
#[derive(Clone, Debug, Model)]
pub(crate) struct Initialization {
    /// Where its drive is kept.
    #[attribute(default = "local-lvm".to_owned())]
    datastore_id: String,

    /// Where its drive is plugged in.
    #[attribute(default = "ide2".to_owned())]
    interface: String,

    /// A snippet in the place of all user data.
    #[attribute(optional, computed, use_state_for_unknown, requires_replace)]
    pub(super) user_data_file_id: Computed<String>,

    /// Name servers.
    #[attribute(block(max_items = 1))]
    dns: Vec<Dns>,

    /// Addresses, a block a card.
    #[attribute(block(max_items = 8))]
    pub(super) ip_config: Vec<IpConfig>,

    /// The user, where there is no snippet.
    #[attribute(block(max_items = 1))]
    pub(super) user_account: Vec<UserAccount>,
}

/// Name servers.
#[derive(Clone, Debug, Model)]
pub(crate) struct Dns {
    /// The domain that names are looked for in.
    #[attribute(default = String::new())]
    domain: String,

    /// Their addresses.
    #[attribute(optional)]
    servers: Option<Vec<String>>,
}

/// Addresses of a card.
#[derive(Clone, Debug, Model)]
pub(crate) struct IpConfig {
    /// Of IPv4.
    #[attribute(block(max_items = 1))]
    pub(super) ipv4: Vec<Address>,

    /// Of IPv6.
    #[attribute(block(max_items = 1))]
    pub(super) ipv6: Vec<Address>,
}

/// An address and a gateway.
#[derive(Clone, Debug, Model)]
pub(crate) struct Address {
    /// With a prefix length.
    #[attribute(default = String::new())]
    pub(super) address: String,

    /// Whom the rest goes to.
    #[attribute(default = String::new())]
    pub(super) gateway: String,
}

/// A user.
#[derive(Clone, Debug, Model)]
pub(crate) struct UserAccount {
    /// The name.
    #[attribute(optional)]
    pub(super) username: Option<String>,

    /// The password.
    #[attribute(optional)]
    password: Option<Secret>,

    /// Public keys.
    #[attribute(optional)]
    pub(super) keys: Option<Vec<String>>,
}

/// A network card.
#[derive(Clone, Debug, PartialEq, Model)]
pub(crate) struct NetworkDevice {
    /// The bridge.
    #[attribute(default = "vmbr0".to_owned())]
    bridge: String,

    /// Whether its cable is out.
    #[attribute(default = false)]
    disconnected: bool,

    /// Whether the server's firewall looks at it.
    #[attribute(default = false)]
    firewall: bool,

    /// Its hardware address.
    #[attribute(optional, computed, use_state_for_unknown)]
    pub(super) mac_address: Computed<String>,

    /// Its kind.
    #[attribute(default = "virtio".to_owned())]
    model: String,

    /// Largest packet, 0 for the bridge's own.
    #[attribute(default = 0)]
    mtu: i64,

    /// How many queues.
    #[attribute(default = 0)]
    queues: i64,

    /// Most megabytes a second, 0 for no bound.
    #[attribute(default = 0)]
    rate_limit: i64,

    /// The VLAN, 0 for none.
    #[attribute(default = 0)]
    vlan_id: i64,
}

/// What runs in it.
#[derive(Clone, Debug, Model)]
pub(crate) struct OperatingSystem {
    /// Its kind.
    #[attribute(default = "other".to_owned(), name = "type")]
    kind: String,
}

/// A serial port.
#[derive(Clone, Debug, Model)]
pub(crate) struct SerialDevice {
    /// What it is connected to.
    #[attribute(default = "socket".to_owned())]
    device: String,
}
