//! What is beyond the router: one that speaks nothing but OSPF with it, and a client behind that.

use crate::machine::disk::DiskFile;
use crate::machine::system;
use crate::machine::{Answer, Machine, NewMachine, Service};
use crate::network::{Link, Place};
use crate::{LabError, UpstreamOptions};
use std::path::Path;

/// The upstream router's hostname.
pub(crate) const NAME: &str = "isp";
/// The client's network namespace.
pub(crate) const CLIENT: &str = "client";

/// Starts FRR's daemons, each with a configuration of its own, and stays as long as the last of them.
const ROUTE: &str = "install --directory --owner=frr --group=frr /var/run/frr
for daemon in zebra ospfd; do
    /usr/lib/frr/$daemon -A 127.0.0.1 -f /etc/frr/lab-$daemon.conf &
done
exec /usr/lib/frr/ospf6d -A ::1 -f /etc/frr/lab-ospf6d.conf";

/// It knows its two segments and what it is told by OSPF.
const OSPF: &str = "interface eth0
 ip ospf area 0
 ip ospf hello-interval HELLO
 ip ospf dead-interval DEAD
interface eth1
 ip ospf area 0
 ip ospf passive
router ospf
 ospf router-id 198.51.100.2
";
const OSPF_V3: &str = "interface eth0
 ipv6 ospf6 area 0
 ipv6 ospf6 hello-interval HELLO
 ipv6 ospf6 dead-interval DEAD
interface eth1
 ipv6 ospf6 area 0
 ipv6 ospf6 passive
router ospf6
 ospf6 router-id 198.51.100.2
";

/// Puts the upstream router together.
pub(crate) fn new(options: &UpstreamOptions) -> Result<NewMachine, LabError> {
    let with_timers = |text: &str| {
        let UpstreamOptions { hello_interval, dead_interval } = options;
        text.replace("HELLO", &hello_interval.to_string()).replace("DEAD", &dead_interval.to_string())
    };
    let mut files = system::files(NAME)?;
    files.extend([
        DiskFile::text("etc/frr/lab-zebra.conf", ""),
        DiskFile::text("etc/frr/lab-ospfd.conf", with_timers(OSPF)),
        DiskFile::text("etc/frr/lab-ospf6d.conf", with_timers(OSPF_V3)),
        DiskFile::text("etc/frr/vtysh.conf", ""),
    ]);
    let links = vec![Link::UPSTREAM_OF_ISP, Link::OUTSIDE_OF_ISP];
    let machine = Machine {
        name: NAME.into(),
        place: Place { namespace: NAME.into(), links, gateway: None },
        shared: Vec::new(),
        services: vec![Service::new("frr", "/bin/sh", &["-c", ROUTE])],
        answers: ["ospfd", "ospf6d"].map(|daemon| Answer::Socket(vty_of(daemon))).to_vec(),
    };
    Ok(NewMachine { machine, files })
}

/// Where a daemon of FRR listens for its shell.
fn vty_of(daemon: &str) -> String {
    Path::new("/var/run/frr").join(format!("{daemon}.vty")).display().to_string()
}

/// The client's place.
pub(crate) fn client() -> Place {
    Place {
        namespace: CLIENT.into(),
        links: vec![Link::CLIENT],
        gateway: Some(Link::OUTSIDE_OF_ISP.addresses),
    }
}
