//! What a plan says of a virtual machine: what is known, and what replaces it.

use crate::provider::Proxmox;
use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, UNKNOWN};

const VM: &str = "proxmox_virtual_environment_vm";

async fn server() -> Harness<Proxmox> {
    let provider =
        json!({"endpoint": "https://pve:8006/", "api_token": "lab@pve!lab=secret", "ssh": [{"agent": true}]});
    Harness::new(&provider).await.unwrap()
}

fn vm(user_data: &str) -> Json {
    json!({
        "node_name": "pve",
        "name": "cp1",
        "agent": [{"enabled": true, "wait_for_ip": [{"ipv4": true}]}],
        "disk": [{"interface": "scsi0", "import_from": "local:import/noble.qcow2"}],
        "initialization": [{
            "user_data_file_id": user_data,
            "ip_config": [{"ipv4": [{"address": "10.0.0.11/24"}], "ipv6": [{"address": "fd00::11/64"}]}],
        }],
        "network_device": [{"bridge": "vmbr1"}],
    })
}

#[tokio::test]
async fn a_static_address_is_known_at_plan_and_what_the_agent_tells_is_not() {
    let planned = server().await.plan(VM, None, &vm(UNKNOWN)).await.unwrap();
    let shown = format!("{:?}", planned.object);
    let known = planned.object.attribute("initialization");
    assert!(format!("{known:?}").contains("10.0.0.11/24"), "{shown}");
    for unknown in
        ["id", "vm_id", "ipv4_addresses", "ipv6_addresses", "mac_addresses", "network_interface_names"]
    {
        assert!(planned.object.attribute(unknown).is_unknown(), "{unknown}: {shown}");
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_told() {
    let found = Harness::<Proxmox>::new(&json!({"endpoint": "http://pve"})).await;
    assert!(found.is_err());
    let planned = server().await.validate(VM, &json!({"node_name": "pve", "disk": [{}]}));
    assert!(planned.is_err(), "a disk needs an interface");
}
