//! Waiting for the guest agent, and what it tells of the network.

use super::model::{Vm, WaitForIp};
use crate::server::{Record, Server, failed};
use lab::hypervisor::{GuestState, Interface};
use std::net::IpAddr;
use std::time::Duration;
use tfplugin::Context;
use tfplugin::{Diagnostic, Diagnostics};
use tokio::time::{Instant, sleep};

/// The real provider asks once a second.
const INTERVAL: Duration = Duration::from_millis(200);

/// Fills in what the agent of a machine tells, once it has the addresses that are waited for. Without an
/// agent that answers in time there is a warning, and nothing is known.
pub(super) async fn tell(context: &Context<Server>, vm: &mut Vm, record: &Record) -> Result<(), Diagnostics> {
    let interfaces = match vm.agent.first().filter(|agent| agent.enabled && vm.started) {
        Some(agent) => {
            let wait = agent.wait_for_ip.first().cloned().unwrap_or_default();
            let timeout = humantime::parse_duration(&agent.timeout).map_err(|error| {
                failed("wait for the guest agent", format!("{:?}: {error}", agent.timeout))
            })?;
            interfaces(context, record, &wait, timeout).await?
        }
        None => None,
    };
    let cards = vm.network_device.iter().filter_map(|card| card.mac_address.known().cloned()).collect();
    let told = interfaces.as_deref().unwrap_or_default();
    vm.network_interface_names = told.iter().map(|one| one.name.clone()).collect::<Vec<_>>().into();
    vm.ipv4_addresses = addresses(told, IpAddr::is_ipv4).into();
    vm.ipv6_addresses = addresses(told, IpAddr::is_ipv6).into();
    vm.mac_addresses = match &interfaces {
        Some(told) => told.iter().map(|one| one.hardware_address.clone()).collect::<Vec<_>>(),
        None => cards,
    }
    .into();
    Ok(())
}

fn addresses(interfaces: &[Interface], family: impl Fn(&IpAddr) -> bool) -> Vec<Vec<String>> {
    let of = |one: &Interface| {
        one.addresses.iter().filter(|address| family(address)).map(ToString::to_string).collect()
    };
    interfaces.iter().map(of).collect()
}

async fn interfaces(
    context: &Context<Server>,
    record: &Record,
    wait: &WaitForIp,
    timeout: Duration,
) -> Result<Option<Vec<Interface>>, Diagnostics> {
    let deadline = Instant::now() + timeout;
    while Instant::now() < deadline && !context.cancelled().is_cancelled() {
        let state = context.provider().hypervisor.look_at(&record.guest).await;
        match state.map_err(|error| failed("ask the guest agent", error))? {
            GuestState::On(told) if record.has_agent && (wait.disabled || has_enough(&told, wait)) => {
                return Ok((!wait.disabled).then_some(told));
            }
            _ => sleep(INTERVAL).await,
        }
    }
    context.warn(Diagnostic::warning(
        "error waiting for network interfaces from QEMU agent",
        format!(
            "timeout while waiting for the QEMU agent on VM {:?} to publish the network interfaces",
            record.guest
        ),
    ));
    Ok(None)
}

/// Whether the addresses that are waited for are there: any global one where nothing is said.
fn has_enough(interfaces: &[Interface], wait: &WaitForIp) -> bool {
    let global: Vec<_> = interfaces
        .iter()
        .filter(|one| one.name != "lo")
        .flat_map(|one| &one.addresses)
        .filter(|address| match address {
            IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
            IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
        })
        .collect();
    let (ipv4, ipv6) = (global.iter().any(|one| one.is_ipv4()), global.iter().any(|one| one.is_ipv6()));
    match (wait.ipv4, wait.ipv6) {
        (false, false) => ipv4 || ipv6,
        (wants4, wants6) => (ipv4 || !wants4) && (ipv6 || !wants6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, addresses: &[&str]) -> Interface {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Interface { name: name.into(), hardware_address: String::new(), addresses }
    }

    #[test]
    fn addresses_are_waited_for_by_family() {
        let lo = interface("lo", &["127.0.0.1", "::1"]);
        let half = [lo.clone(), interface("eth0", &["fe80::1", "fd00::11"])];
        let both = WaitForIp { ipv4: true, ipv6: true, ..WaitForIp::default() };
        assert!(!has_enough(std::slice::from_ref(&lo), &WaitForIp::default()));
        assert!(has_enough(&half, &WaitForIp::default()) && !has_enough(&half, &both));
        assert!(has_enough(&[lo, interface("eth0", &["10.0.0.11", "fd00::11"])], &both));
    }

    #[test]
    fn every_interface_has_an_entry_in_every_list() {
        let told = [interface("lo", &["127.0.0.1"]), interface("cali1", &[])];
        assert_eq!(addresses(&told, IpAddr::is_ipv4), [vec!["127.0.0.1".to_owned()], vec![]]);
        assert_eq!(addresses(&told, IpAddr::is_ipv6), [Vec::<String>::new(), vec![]]);
    }
}
