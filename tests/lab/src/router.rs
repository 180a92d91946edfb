//! What makes a machine of the lab the router: VyOS's HTTPS API, played by the lab's own program, in front of
//! FRR.

use crate::holder::protocol::RouterDescription;
use crate::machine::disk::{Disk, DiskFile};
use crate::machine::system::{self, random_id};
use crate::machine::{Answer, Machine, NewMachine, PROGRAM, Service};
use crate::network::{Addresses, Link, Place};
use crate::parts::Parts;
use crate::{LabError, RouterOptions, Secret, VyosVersion, operator};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vyos_stand_in::{CA_FILE, RouterConfig};

/// Its hostname, which is also the name of its FRR instance.
pub(crate) const NAME: &str = "router";
const HTTPS_PORT: u16 = 443;
/// Where the router keeps its certificates and its configuration.
const FOLDER: &str = "/var/lib/vyos-stand-in";
/// What the router's process reads at its start.
const CONFIGURATION: &str = "/etc/vyos-stand-in.json";
/// Where tests reach what VyOS's API has no word for.
pub(crate) const CONTROL: &str = "/run/vyos-stand-in.sock";

/// A router whose certificate does not exist yet.
pub(crate) struct Starting {
    authority: PathBuf,
    api_key: Secret,
}

/// Puts the router together, where `upstream` with a second interface.
pub(crate) fn new(
    options: &RouterOptions,
    upstream: bool,
    program: &Path,
    parts: &Parts,
) -> Result<(NewMachine, Starting), LabError> {
    let api_key = Secret::new(random_id()?);
    let configuration = RouterConfig {
        api_key: api_key.reveal().to_owned(),
        version: options.version,
        commit_delay: options.commit_delay,
        ..configuration(NAME, Addresses::ROUTER)
    };
    let upstream = upstream.then_some(Link::UPSTREAM_OF_ROUTER);
    let links = [Link::to_nodes(Addresses::ROUTER)].into_iter().chain(upstream).collect();
    let place = Place { namespace: NAME.into(), links, gateway: None };
    let new = machine(&configuration, place, program, parts)?;
    let authority = Disk::of(&new.machine).place_of(&format!("{}/{CA_FILE}", FOLDER.trim_start_matches('/')));
    Ok((new, Starting { authority, api_key }))
}

/// Puts together a router of this name whose first configuration is the factory's and these commands, as
/// cloud-init leaves it.
pub(crate) fn seeded(
    name: &str,
    addresses: Addresses,
    commands: Vec<String>,
    program: &Path,
    parts: &Parts,
) -> Result<NewMachine, LabError> {
    let configuration = RouterConfig { commands, ..configuration(name, addresses) };
    let place =
        Place { namespace: format!("vm-{name}"), links: vec![Link::to_nodes(addresses)], gateway: None };
    machine(&configuration, place, program, parts)
}

fn configuration(name: &str, addresses: Addresses) -> RouterConfig {
    RouterConfig {
        listen: SocketAddr::new(addresses.ipv4.into(), HTTPS_PORT),
        certificate_names: vec![addresses.ipv6.to_string(), name.to_owned()],
        api_key_id: "lab".into(),
        api_key: String::new(),
        commands: Vec::new(),
        version: VyosVersion::default(),
        commit_delay: Duration::ZERO,
        minute: Duration::from_secs(60),
        instance: name.into(),
        directory: FOLDER.into(),
        control: CONTROL.into(),
        frr: true,
    }
}

fn machine(
    configuration: &RouterConfig,
    place: Place,
    program: &Path,
    parts: &Parts,
) -> Result<NewMachine, LabError> {
    let name = &configuration.instance;
    let mut files = system::files(name)?;
    files.push(DiskFile::configuration("etc/vyos-stand-in.json", configuration)?);
    let machine = Machine {
        name: name.clone(),
        place,
        shared: crate::machine::shared(program, parts),
        services: vec![Service::new("vyos", PROGRAM, &["vyos", CONFIGURATION])],
        answers: vec![Answer::Vyos(CONTROL.into())],
    };
    Ok(NewMachine { machine, files })
}

impl Starting {
    /// To be called when the router is up.
    pub(crate) fn describe(self) -> Result<RouterDescription, LabError> {
        let ca_certificate =
            fs::read_to_string(&self.authority).map_err(LabError::system("read", &self.authority))?;
        Ok(RouterDescription {
            ipv4: Addresses::ROUTER.ipv4,
            ipv6: Addresses::ROUTER.ipv6,
            url: format!("https://{}", Addresses::ROUTER.ipv4),
            api_key: self.api_key,
            ca_certificate,
            ca_certificate_file: operator::show_authority(&self.authority)?,
            frr_instance: NAME.into(),
        })
    }
}
