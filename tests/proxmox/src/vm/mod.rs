//! `proxmox_virtual_environment_vm`: a machine of the lab.

mod agent;
mod cloud_init;
mod model;

use crate::server::{Record, Server, failed};
use cloud_init::UserData;
use lab::hypervisor::{Guest, GuestState};
use model::{Address, NetworkDevice, Vm};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use tfplugin::Context;
use tfplugin::{Diagnostics, Knowable, Plan, Resource};

/// How virtual machines come and go.
pub(crate) struct VmResource;

const CREATE: &str = "create the VM";

impl Resource for VmResource {
    type Provider = Server;
    type Model = Vm;
    type Private = ();

    /// What the agent told is not known any more when a card changes or the machine is switched.
    async fn modify_plan(_: &Context<Server>, plan: &mut Plan<Vm, ()>) -> Result<(), Diagnostics> {
        let Some(prior) = &plan.prior else { return Ok(()) };
        let same_cards = match &*plan.planned.network_device {
            Knowable::Known(cards) => *cards == prior.network_device,
            Knowable::Unknown => false,
        };
        if !same_cards || plan.planned.started.known() != Some(&prior.started) {
            let planned = &mut plan.planned;
            planned.ipv4_addresses.set_unknown();
            planned.ipv6_addresses.set_unknown();
            planned.network_interface_names.set_unknown();
        }
        Ok(())
    }

    async fn create(context: &Context<Server>, mut vm: Vm, (): &mut ()) -> Result<Vm, Diagnostics> {
        let server = context.provider();
        let user_data = user_data(server, &vm)?;
        let number = server.take_number(vm.vm_id.known().copied())?;
        vm.vm_id = number.into();
        vm.id = number.to_string().into();
        name_cards(&mut vm, number);
        let made = make(server, &vm, number, user_data).await;
        let record = match made {
            Ok(record) => record,
            Err(errors) => {
                server.forget(number)?;
                return Err(errors);
            }
        };
        if vm.boot_order.known().is_none() {
            vm.boot_order = vm.disk.iter().map(|disk| disk.interface.clone()).collect::<Vec<_>>().into();
        }
        agent::tell(context, &mut vm, &record).await?;
        Ok(vm)
    }

    async fn read(context: &Context<Server>, mut prior: Vm, (): &mut ()) -> Result<Option<Vm>, Diagnostics> {
        let Some(record) = record(context.provider(), &prior)? else { return Ok(None) };
        let state = context.provider().hypervisor.look_at(&record.guest).await;
        match state.map_err(|error| failed("read the VM", error))? {
            GuestState::Absent => return Ok(None),
            GuestState::Off => prior.started = false,
            GuestState::On(_) => prior.started = true,
        }
        agent::tell(context, &mut prior, &record).await?;
        Ok(Some(prior))
    }

    async fn update(
        context: &Context<Server>,
        prior: Vm,
        mut planned: Vm,
        (): &mut (),
    ) -> Result<Vm, Diagnostics> {
        let server = context.provider();
        let record = record(server, &prior)?.ok_or_else(|| failed("update the VM", "it is gone"))?;
        let switched = match (prior.started, planned.started) {
            (false, true) => server.hypervisor.switch_on(&record.guest).await,
            (true, false) => server.hypervisor.switch_off(&record.guest).await,
            _ => Ok(()),
        };
        switched.map_err(|error| failed("switch the VM", error))?;
        let number = planned.vm_id.known().copied().unwrap_or_default();
        name_cards(&mut planned, number);
        agent::tell(context, &mut planned, &record).await?;
        Ok(planned)
    }

    async fn delete(context: &Context<Server>, prior: Vm, (): ()) -> Result<(), Diagnostics> {
        let server = context.provider();
        let Some(record) = record(server, &prior)? else { return Ok(()) };
        let removed = server.hypervisor.remove(&record.guest).await;
        removed.map_err(|error| failed("destroy the VM", error))?;
        server.forget(prior.vm_id.known().copied().unwrap_or_default())
    }
}

fn record(server: &Server, vm: &Vm) -> Result<Option<Record>, Diagnostics> {
    server.noted(vm.vm_id.known().copied().unwrap_or_default())
}

/// Cards without a hardware address get one of Proxmox's own range.
fn name_cards(vm: &mut Vm, number: i64) {
    let [.., high, middle, low] = number.to_be_bytes();
    for (index, card) in vm.network_device.iter_mut().enumerate() {
        if card.mac_address.known().is_none() {
            let last = low.wrapping_add(u8::try_from(index).unwrap_or(u8::MAX).wrapping_mul(64));
            card.mac_address = format!("BC:24:11:{high:02X}:{middle:02X}:{last:02X}").into();
        }
    }
}

/// The snippet of the machine, or what the server makes of its `user_account`.
fn user_data(server: &Server, vm: &Vm) -> Result<UserData, Diagnostics> {
    let Some(told) = vm.initialization.first() else { return Ok(UserData::default()) };
    let Some(id) = told.user_data_file_id.known().filter(|id| !id.is_empty()) else {
        let keys = told.user_account.first().and_then(|account| account.keys.as_deref());
        return Ok(UserData::of_account(keys.unwrap_or_default()));
    };
    let snippet = server.read_volume(id)?;
    let snippet = snippet.ok_or_else(|| failed(CREATE, format!("volume '{id}' does not exist")))?;
    UserData::read(&snippet).map_err(|error| failed(CREATE, error))
}

/// Makes the machine in the lab.
async fn make(server: &Server, vm: &Vm, number: i64, user_data: UserData) -> Result<Record, Diagnostics> {
    let image = vm.disk.first().map(|disk| disk.import_from.clone()).unwrap_or_default();
    if server.read_volume(&image)?.is_none() {
        return Err(failed(
            CREATE,
            format!("the first disk is imported from {image:?}, and no such volume exists"),
        ));
    }
    let name =
        user_data.hostname.clone().or_else(|| vm.name.clone()).unwrap_or_else(|| format!("vm{number}"));
    let record = Record { guest: name, has_agent: user_data.has_agent(&image) };
    let guest = guest(vm, &record.guest, user_data, &image).map_err(|reason| failed(CREATE, reason))?;
    server.hypervisor.add(guest).await.map_err(|error| failed(CREATE, error))?;
    server.note(number, &record)?;
    Ok(record)
}

fn guest(vm: &Vm, name: &str, user_data: UserData, image: &str) -> Result<Guest, String> {
    let config = vm.initialization.first().and_then(|told| told.ip_config.first());
    let config = config.ok_or("it has no `ip_config`, and the lab has no DHCP")?;
    let (ipv4, gateway4) = address::<Ipv4Addr>(config.ipv4.first(), 24)?;
    let (ipv6, gateway6) = address::<Ipv6Addr>(config.ipv6.first(), 64)?;
    let card: &NetworkDevice = vm.network_device.first().ok_or("it has no network card")?;
    Ok(Guest {
        name: name.to_owned(),
        ipv4,
        ipv6,
        gateway: gateway4.zip(gateway6),
        hardware_address: card.mac_address.known().cloned().unwrap_or_default(),
        started: vm.started,
        image: user_data.image(image),
    })
}

/// A static address and its gateway.
fn address<A: FromStr>(given: Option<&Address>, prefix: u8) -> Result<(A, Option<A>), String> {
    let given = given.ok_or("the lab has addresses of both families, and one is missing")?;
    let refused =
        || format!("{:?} is no static address with the prefix length {prefix} of the lab", given.address);
    let (address, length) = given.address.split_once('/').ok_or_else(refused)?;
    if length != prefix.to_string() {
        return Err(refused());
    }
    let address = address.parse().map_err(|_| refused())?;
    let gateway = match given.gateway.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| format!("{text:?} is no address of a gateway"))?),
    };
    Ok((address, gateway))
}

#[cfg(test)]
mod tests;
