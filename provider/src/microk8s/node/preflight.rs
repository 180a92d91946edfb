//! What a machine must have before anything is installed: each would show late otherwise, and as something
//! else.

use super::scripts::PREFLIGHT;
use super::steps::Installation;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::Step;
use crate::microk8s::shared::machine::host_addresses;
use crate::microk8s::shared::machine::sections::sections;
use crate::values::object_name;
use async_trait::async_trait;

/// Refuses a machine that cannot become a node.
pub(crate) struct Preflight;

#[async_trait]
impl Step<Installation> for Preflight {
    fn name(&self) -> &'static str {
        "check the machine"
    }

    async fn check(&self, target: &Installation) -> Result<bool, NodeError> {
        let state = target.state().await?;
        // What runs already has shown that it can.
        if state.snap.is_some() {
            return Ok(true);
        }
        let output = target.machine.ask(&PREFLIGHT, &[]).await?;
        match judge(&state.machine.node_name(), &output.stdout) {
            Ok(()) => Ok(true),
            Err((answer, advice)) => {
                let attempt = format!("checking whether {} can become a node", target.machine.address());
                Err(NodeError::new(attempt, answer).at("host").with_hint(advice))
            }
        }
    }

    async fn run(&self, _: &Installation) -> Result<(), NodeError> {
        Ok(())
    }
}

/// What is missing, and what to do about it. What the machine does not say is not held against it.
fn judge(node_name: &str, printed: &str) -> Result<(), (String, &'static str)> {
    let sections = sections(printed);
    let section = |name: &str| sections.get(name).copied().unwrap_or_default();
    if object_name(node_name).is_err() {
        let answer = format!("Its host name is {node_name:?}, which no node of Kubernetes can have.");
        return Err((
            answer,
            "Give it a name of letters, digits and `-`: `sudo hostnamectl set-hostname <name>`. Nothing was installed.",
        ));
    }
    let memory = section("cgroups").lines().find(|line| line.starts_with("memory\t"));
    if memory.is_some_and(|line| line.trim_end().ends_with("\t0")) {
        return Err((
            "Its kernel has the memory cgroup switched off, without which the kubelet does not start."
                .to_owned(),
            "Add `cgroup_enable=memory cgroup_memory=1` to the kernel's parameters (on a Raspberry Pi to the one line of \
             /boot/firmware/cmdline.txt) and reboot. Nothing was installed.",
        ));
    }
    let kernel = section("without-vxlan").trim();
    if !kernel.is_empty() {
        return Err((
            format!(
                "Its kernel {kernel} has no module vxlan, by which Calico connects the pods of different nodes."
            ),
            "Install the package that has it (on a Raspberry Pi `linux-modules-extra-raspi`, else `linux-modules-extra-$(uname -r)`) \
             and reboot. Nothing was installed.",
        ));
    }
    if host_addresses::has_ipv4(section("addresses")) == Some(false) {
        return Err((
            "It has IPv6 addresses only. MicroK8s needs an IPv4 address on each node: its services have IPv4 addresses first, and \
             nodes join each other by IPv4."
                .to_owned(),
            "Give the machine an IPv4 address, which may be a private one, beside its IPv6 address. Nothing was installed.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPV4: &str =
        r#"[{"ifname": "eth0", "addr_info": [{"local": "10.0.0.11", "prefixlen": 24, "scope": "global"}]}]"#;

    fn printed(memory: u8, without_vxlan: &str, addresses: &str) -> String {
        format!(
            "\u{1e}cgroups\n#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t90\t1\nmemory\t0\t90\t{memory}\n\
             \u{1e}without-vxlan\n{without_vxlan}\n\u{1e}addresses\n{addresses}\n"
        )
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused = |name: &str, printed: &str| judge(name, printed).unwrap_err().0;
        assert_eq!(judge("cp1", &printed(1, "", IPV4)), Ok(()));
        assert_eq!(judge("cp1.example", ""), Ok(()), "a machine that says nothing is not refused");
        assert!(refused("pi_1", &printed(1, "", IPV4)).contains(r#""pi_1""#));
        assert!(refused("pi", &printed(0, "", IPV4)).contains("memory cgroup"));
        assert!(refused("pi", &printed(1, "6.8.0-raspi", IPV4)).contains("6.8.0-raspi has no module vxlan"));
        let ipv6 = IPV4.replace("10.0.0.11", "2001:db8::11");
        assert!(refused("cp1", &printed(1, "", &ipv6)).contains("IPv6 addresses only"));
        let unconfigured = r#"[{"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "scope": "host"}]}]"#;
        assert_eq!(judge("cp1", &printed(1, "", unconfigured)), Ok(()), "reached by other means");
    }
}
