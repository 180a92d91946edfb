//! What operators' commands do to a machine in memory: restarts, certificates, backups.

use super::commands::Ended;
use super::{Fault, State};
use crate::microk8s::shared::machine::scripts::{
    BACK_UP, CERTIFICATES, READINESS, REFRESH_CERTIFICATE, RESTART_SERVICES,
};

impl State {
    pub(super) fn maintain(&mut self, last: u8, name: &str, arguments: &[&str]) -> Ended {
        let machine = self.machines.get_mut(&last).unwrap();
        let late = self.faults.iter().position(|fault| matches!(fault, Fault::StartsAfter(_)));
        match name {
            name if name == RESTART_SERVICES.name => {
                machine.running.clone_from(&machine.files);
                machine.serves = late.is_none();
            }
            name if name == READINESS.name => {
                match late.and_then(|at| self.faults.get_mut(at)) {
                    Some(Fault::StartsAfter(left)) if !machine.serves && *left > 0 => *left -= 1,
                    Some(_) if !machine.serves => machine.serves = true,
                    _ => {}
                }
                let locks = machine.locks.iter().copied().collect::<Vec<_>>().join("\n");
                let state = if machine.is_up(&self.faults) { "active" } else { "inactive" };
                let ready = if state == "active" { "True: kubelet is posting" } else { "connection refused" };
                let certificate = machine.certificate;
                return (
                    0,
                    format!(
                        "\u{1e}locks\n{locks}\n\u{1e}certificate\n{certificate}  -\n\u{1e}services\n\
                         microk8s.daemon-containerd  enabled  active  -\nmicrok8s.daemon-kubelite  enabled  {state}  -\n\
                         \u{1e}node\n{ready}"
                    ),
                );
            }
            name if name == CERTIFICATES.name => {
                let days = machine.certificate * 100;
                return (
                    0,
                    format!(
                        "\u{1e}expiry\nThe CA certificate will expire in 3649 days.\n\
                         The server certificate will expire in {days} days.\n\u{1e}digest\n{days}  -\n"
                    ),
                );
            }
            name if name == REFRESH_CERTIFICATE.name => {
                machine.certificate += u32::from(!self.faults.contains(&Fault::CertificateStays));
            }
            name if name == BACK_UP.name => {
                let [folder, prefix] = arguments else { panic!("{arguments:?}") };
                return (0, format!("{folder}/{prefix}-20261130T120000Z.tar.gz 412 81234\n"));
            }
            name => panic!("no answer to {name:?}"),
        }
        (0, String::new())
    }
}
