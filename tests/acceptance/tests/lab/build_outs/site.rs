//! `make acceptance TARGETS=site.toml`, as a user runs it, with the lab's machines and router as targets.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use crate::by_hand::{configure, shell, vtysh};
use acceptance::whole;
use lab::{Lab, METALLB_CHART};
use std::path::Path;
use std::process::Output;

fn file(lab: &Lab, host_key_of_cp1: &str) -> String {
    let (key, router) = (lab.description().ssh_private_key.display(), lab.router().unwrap());
    let mut text = format!(
        "build_outs = [\"bare-metal-ipv6\"]\n[ssh]\nuser = \"ubuntu\"\nprivate_key_file = \"{key}\"\n\
         [ranges]\npods = \"fd05::/64\"\nload_balancer = [\"2001:db8:f000:7::/64\"]\n\
         [charts]\nmetallb = {{ chart = \"{METALLB_CHART}\" }}\n\
         [router]\nurl = \"{}\"\napi_key_variable = \"EDGE_KEY\"\nca_certificate_file = \"edge.pem\"\naddress = \"10.0.0.1\"\n",
        router.url()
    );
    for node in lab.nodes() {
        let host_key = if node.name() == "cp1" { host_key_of_cp1 } else { node.host_public_key() };
        text +=
            &format!("[machines.{}]\nhost = \"{}\"\nhost_key = \"{host_key}\"\n", node.name(), node.ipv4());
    }
    text
}

async fn run(lab: &Lab, file: &Path, word: Option<&str>) -> (bool, String) {
    let mut command = lab.operator(env!("CARGO_BIN_EXE_site"));
    command.arg(file).env("EDGE_KEY", lab.router().unwrap().api_key()).env_remove("ACCEPTANCE_ERASE");
    command.envs(word.map(|word| ("ACCEPTANCE_ERASE", word)));
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    (status.success(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_out_is_rehearsed_on_targets_that_a_file_names() {
    let lab = Lab::start(whole(2)).await.unwrap();
    let [cp1, cp2] = lab.nodes() else { panic!("two nodes were asked for") };
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site.toml");
    std::fs::write(folder.path().join("edge.pem"), lab.router().unwrap().ca_certificate()).unwrap();
    std::fs::write(&site, file(&lab, cp1.host_public_key())).unwrap();

    let (good, said) = run(&lab, &site, None).await;
    assert!(!good && said.contains("nothing was done: ACCEPTANCE_ERASE=yes allows it"), "{said}");
    for told in ["bare-metal-ipv6", "cp1  10.0.0.11", "cp2  10.0.0.12", "https://10.0.0.1", "protocols bgp"] {
        assert!(said.contains(told), "{told}: {said}");
    }

    let (good, said) = run(&lab, &site, Some("yes")).await;
    assert!(good, "{said}");
    assert!(said.contains("destroyed without a trace: bare-metal-ipv6"), "{said}");
    // It was these machines and this router, and this file's ranges.
    for told in ["Apply complete!", "No changes.", "Destroy complete!", "2001:db8:f000:7::"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!vtysh(lab.router().unwrap(), "show running-config").await.contains("router bgp"));
    assert!(!said.contains(lab.router().unwrap().api_key()), "the key is shown");

    // What is left on a machine or on the router is seen, and stops it.
    shell(cp2, "mkdir -p /var/lib/terraform-provider-microk8s/node").await;
    configure(&lab, r#"[{"op": "set", "path": ["policy", "route-map", "LOAD-BALANCER", "rule", "10", "action", "permit"]}]"#).await;
    let (good, said) = run(&lab, &site, Some("yes")).await;
    assert!(!good && said.contains("nothing was done, since a target is in use"), "{said}");
    for told in ["cp2 has /var/lib/terraform-provider-microk8s", "has `policy route-map LOAD-BALANCER`"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!said.contains("cp1 has"), "{said}");

    // Another machine than the one whose key the file has is not touched.
    std::fs::write(&site, file(&lab, cp2.host_public_key())).unwrap();
    let (good, said) = run(&lab, &site, Some("yes")).await;
    assert!(!good && said.contains("10.0.0.11") && said.contains("Host key verification failed"), "{said}");
}
