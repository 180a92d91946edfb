//! Which host key is recorded and which passes a pin, against a real sshd and a peer that lies.

use super::testing::{Sshd, directory, keygen};
use super::*;
use std::path::Path;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

async fn keygen_with(arguments: &[&str]) -> String {
    let output = Command::new("ssh-keygen").args(arguments).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// A peer that prints `lines` before it passes on what a real sshd says; its port.
async fn prints_before(lines: String, sshd: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let lines = lines.clone();
            tokio::spawn(async move {
                near.write_all(lines.as_bytes()).await.unwrap();
                let mut far = TcpStream::connect(("127.0.0.1", sshd)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    port
}

/// RFC 4253, 4.2: a server may send other lines before its version, and `ssh -v` shows them.
#[tokio::test]
async fn a_server_that_prints_a_line_of_sshs_log_passes_no_pin_but_its_own() {
    let sshd = Sshd::start().await;
    let other = sshd.directory.path().join("other");
    keygen(&other).await;
    let other_key = read(&other.with_extension("pub"));
    let fingerprint = keygen_with(&["-l", "-f", other.to_str().unwrap()]).await;
    let fingerprint = fingerprint.split(' ').nth(1).unwrap();
    let lines = format!(
        "Server host key: ssh-ed25519 {fingerprint}\r\ndebug1: Server host key: ssh-ed25519 {fingerprint}\r\n"
    );
    let settings = Settings { port: Some(prints_before(lines, sshd.port).await), ..sshd.settings() };
    // The key is known, of another machine.
    std::fs::write(sshd.directory.path().join("known_hosts"), format!("cp2 {other_key}")).unwrap();
    let host = Ssh::new(settings.clone()).host("127.0.0.1");
    assert_eq!(host.host_key().await.unwrap(), Some(sshd.host_key()));
    host.pin(&other_key);
    let refused = host.run(&["true"], None).await.unwrap_err();
    assert_eq!(refused.kind(), SshErrorKind::HostKeyRefused, "{refused}");
    let host = Ssh::new(settings).host("127.0.0.1");
    host.pin(&sshd.host_key());
    assert!(host.run(&["true"], None).await.unwrap().succeeded());
}

/// Whatever lets `ssh` trust a key, the key that it checked is the one that is recorded, and the only one
/// that a pin lets pass.
#[tokio::test]
async fn the_recorded_key_is_the_one_that_ssh_checked() {
    let sshd = Sshd::start().await;
    let folder = sshd.directory.path().to_owned();
    let key = sshd.host_key();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    std::fs::write(folder.join("hashed"), format!("{name} {key}\n")).unwrap();
    keygen_with(&["-H", "-f", folder.join("hashed").to_str().unwrap()]).await;
    let hashed = read(&folder.join("hashed"));
    assert!(hashed.starts_with("|1|"), "{hashed}");
    let command = folder.join("keys");
    std::fs::write(&command, format!("#!/bin/sh\necho \"$1 {key}\"\n")).unwrap();
    let command = format!("KnownHostsCommand /bin/sh {} %H\n", command.display());
    let shared = format!("ControlMaster auto\nControlPath {}/shared\n", folder.display());
    use HostKeyCheck::{AcceptNew, InsecureAcceptAnyHostKey, Strict};
    let cases = [
        ("a new host", String::new(), "", AcceptNew),
        (
            "any host",
            format!("{name} ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQC7\n"),
            "",
            InsecureAcceptAnyHostKey,
        ),
        ("a known host", format!("{name} {key}\n"), "", Strict),
        ("a known host beside others", format!("cp1 {key}\n# x\n{name},cp2 {key} comment\n"), "", Strict),
        ("a hashed name", hashed, "", Strict),
        ("the user's alias", format!("alias {key}\n"), "HostKeyAlias alias\n", Strict),
        ("the user's command", String::new(), &command, Strict),
        ("a connection that the user shares", String::new(), &shared, AcceptNew),
    ];
    for (case, known_hosts, config, check) in cases {
        let settings = Settings { host_key_check: check, ..sshd.settings() };
        let file = settings.config_file.clone().unwrap();
        std::fs::write(&file, format!("{}{config}", read(Path::new(&file)))).unwrap();
        std::fs::write(folder.join("known_hosts"), &known_hosts).unwrap();
        let host = Ssh::new(settings).host("127.0.0.1");
        let recorded = host.host_key().await.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(recorded, Some(key.clone()), "{case}");
        assert_eq!(
            read(&folder.join("known_hosts")),
            known_hosts,
            "{case}: the user's own file is only read"
        );
        keygen_with(&["-q", "-t", "ed25519", "-N", "", "-f", folder.join(case).to_str().unwrap()]).await;
        host.pin(&read(&folder.join(case).with_extension("pub")));
        let refused = host.run(&["true"], None).await.unwrap_err();
        assert_eq!(refused.kind(), SshErrorKind::HostKeyRefused, "{case}: {refused}");
    }
}

#[tokio::test]
async fn a_host_that_a_certificate_vouches_for_has_no_recorded_key_and_may_be_pinned() {
    let directory = directory().await;
    let file = |name: &str| directory.path().join(name).display().to_string();
    keygen(&directory.path().join("ca")).await;
    keygen_with(&["-q", "-s", &file("ca"), "-I", "cp1", "-h", "-n", "127.0.0.1", &file("host.pub")]).await;
    let ca = read(&directory.path().join("ca.pub"));
    let options = vec![format!("HostCertificate={}", file("host-cert.pub"))];
    let sshd = Sshd::start_in(directory, &[], options).await;
    let settings = Settings { host_key_check: HostKeyCheck::Strict, ..sshd.settings() };
    std::fs::write(sshd.directory.path().join("known_hosts"), format!("@cert-authority * {ca}")).unwrap();
    let host = Ssh::new(settings).host("127.0.0.1");
    assert_eq!(host.host_key().await.unwrap(), None);
    host.pin(&sshd.host_key());
    assert!(host.run(&["true"], None).await.unwrap().succeeded());
    assert_eq!(host.host_key().await.unwrap(), Some(sshd.host_key()));
    host.pin(&ca);
    assert_eq!(host.run(&["true"], None).await.unwrap_err().kind(), SshErrorKind::HostKeyRefused);
}

#[tokio::test]
async fn behind_a_jump_host_the_key_is_the_one_of_the_host_itself() {
    let (jump, sshd) = (Sshd::start().await, Sshd::start().await);
    let settings = sshd.settings();
    let jump_key = jump.directory.path().join("user");
    let config = format!(
        "Host jump\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n  StrictHostKeyChecking no\n\
         Host 127.0.0.1\n  ProxyJump jump\nHost *\n  UserKnownHostsFile {}\n",
        jump.port,
        jump_key.display(),
        sshd.directory.path().join("known_hosts").display()
    );
    std::fs::write(settings.config_file.as_ref().unwrap(), config).unwrap();
    let host = Ssh::new(settings).host("127.0.0.1");
    assert_eq!(host.host_key().await.unwrap(), Some(sshd.host_key()));
    host.pin(&jump.host_key());
    assert_eq!(host.run(&["true"], None).await.unwrap_err().kind(), SshErrorKind::HostKeyRefused);
}
