//! The one line on standard output, and what is done about the terminal.

use super::listener::Place;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use std::io::{self, Write};

/// Version of the handshake itself, of the provider protocol, and the only protocol that Terraform takes.
const HANDSHAKE: u8 = 1;
const PROTOCOL: u8 = 6;

/// Tells core where to connect and which certificate to expect. After it, standard output leads nowhere that
/// matters: what code prints by mistake is a line in the log.
pub(super) fn shake(place: &Place, certificate: Option<&CertificateDer<'_>>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(line(place.network, &place.address, certificate).as_bytes())?;
    output.flush()?;
    #[cfg(unix)]
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(())
}

fn line(network: &str, address: &str, certificate: Option<&CertificateDer<'_>>) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    format!("{HANDSHAKE}|{PROTOCOL}|{network}|{address}|grpc|{certificate}\n")
}

/// Ctrl-C reaches every process of the terminal, and so does what ends a job of continuous integration, or
/// the terminal's end. Core answers the first two with `StopProvider` and waits for what runs; it dies of the
/// last, and its connection with it. A provider that died of them would lose what it just made, and leave its
/// files.
pub(super) fn ignore_interrupts() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // A signal is swallowed from here on, even when no task waits for it any more.
        drop(signal(SignalKind::interrupt())?);
        drop(signal(SignalKind::terminate())?);
        drop(signal(SignalKind::hangup())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_six_fields_and_unpadded_base64() {
        let certificate = CertificateDer::from(vec![0xfb, 0xff, 0xfe, 0x00]);
        assert_eq!(line("unix", "/tmp/x/s", Some(&certificate)), "1|6|unix|/tmp/x/s|grpc|+//+AA\n");
        assert_eq!(line("unix", "/tmp/x/s", None), "1|6|unix|/tmp/x/s|grpc|\n");
    }
}
