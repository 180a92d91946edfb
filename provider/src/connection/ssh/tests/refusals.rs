//! Machines that let nobody in: the cause is found within seconds, and the cure is named.

use super::*;
use crate::connection::retry::RetryError;
use crate::connection::ssh::testing;
use std::time::Instant;

/// Against an sshd with these options: why it lets nobody in, and how long it took to find out.
async fn refused(options: &[&str], change: impl FnOnce(&Path, &mut Settings)) -> (SshError, Duration) {
    let directory = testing::directory().await;
    keygen_locked(directory.path()).await;
    let options = options.iter().map(|&option| option.to_owned()).collect();
    let sshd = Sshd::start_in(directory, &[], options).await;
    let mut settings = sshd.settings();
    change(sshd.directory.path(), &mut settings);
    let began = Instant::now();
    let refused = Ssh::new(settings).host("127.0.0.1").run(&["true"], None).await.unwrap_err();
    (refused, began.elapsed())
}

fn write(path: &Path, text: &str, mode: u32) -> String {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    path.display().to_string()
}

/// Two keys with a passphrase, `locked` and `locked-pem`.
async fn keygen_locked(folder: &Path) {
    for (name, form) in [("locked", &["-t", "ed25519"][..]), ("locked-pem", &["-t", "rsa", "-m", "PEM"])] {
        let mut command = tokio::process::Command::new("ssh-keygen");
        command.args(["-q", "-N", "secret"]).args(form).arg("-f").arg(folder.join(name));
        assert!(command.status().await.unwrap().success());
    }
}

fn use_file(settings: &mut Settings, file: String) {
    (settings.private_key, settings.private_key_file) = (None, Some(file));
}

#[tokio::test]
async fn a_user_that_a_cloud_image_turns_away_is_named_at_once() {
    // As cloud-init writes it into root's authorized_keys.
    const TURNED_AWAY: &str = r#"ForceCommand=echo 'Please login as the user "ubuntu" rather than the user "root".';echo;sleep 10;exit 142"#;
    let (refused, took) = refused(&[TURNED_AWAY], |_, _| {}).await;
    assert_eq!(refused.kind(), SshErrorKind::CommandNotRun, "{refused}");
    assert!(refused.to_string().contains(r#"Please login as the user "ubuntu""#), "{refused}");
    assert!(refused.hint().contains("set `ssh.user`"), "{refused}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_login_that_is_slower_than_the_network_is_waited_for() {
    let slow = "ForceCommand=sleep 11; exec sh -c \"$SSH_ORIGINAL_COMMAND\"".to_owned();
    let sshd = Sshd::start_in(testing::directory().await, &[], vec![slow]).await;
    Ssh::new(sshd.settings()).host("127.0.0.1").host_key().await.unwrap();
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_named_with_its_reason() {
    type Change = fn(&Path, &mut Settings);
    let cases: [(&str, Change, &str); 5] = [
        (
            "a passphrase",
            |folder, settings| use_file(settings, folder.join("locked").display().to_string()),
            "has a passphrase",
        ),
        (
            "a passphrase, in PEM",
            |folder, settings| {
                let text = std::fs::read_to_string(folder.join("locked-pem")).unwrap();
                settings.private_key = Some(Secret::new(text));
            },
            "has a passphrase",
        ),
        (
            "a public key",
            |folder, settings| {
                let public = std::fs::read_to_string(folder.join("host.pub")).unwrap();
                use_file(settings, write(&folder.join("public"), &public, 0o600));
            },
            "This is a public key",
        ),
        (
            "a damaged key",
            |folder, settings| {
                let damaged = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n";
                use_file(settings, write(&folder.join("damaged"), damaged, 0o600));
            },
            "cannot be read",
        ),
        (
            "a key of the client's own configuration",
            |folder, settings| {
                let config = folder.join("config");
                let text = std::fs::read_to_string(&config).unwrap();
                let file = folder.join("locked").display().to_string();
                write(&config, &format!("{text}IdentitiesOnly yes\nIdentityFile {file}\n"), 0o600);
                settings.private_key = None;
            },
            "has a passphrase",
        ),
    ];
    for (case, change, cause) in cases {
        let (refused, took) = refused(&["PasswordAuthentication=no"], change).await;
        assert_eq!(refused.kind(), SshErrorKind::KeyRefused, "{case}: {refused}");
        assert!(refused.hint().contains(cause), "{case}: {refused}");
        assert!(took < Duration::from_secs(5), "{case}: {took:?}");
    }
    let open = |folder: &Path, settings: &mut Settings| {
        let text = std::fs::read_to_string(folder.join("user")).unwrap();
        use_file(settings, write(&folder.join("open"), &text, 0o644));
    };
    let (refused, _) = refused(&["PasswordAuthentication=no"], open).await;
    assert!(refused.hint().contains("chmod 600"), "{refused}");
}

#[tokio::test]
async fn a_sudo_of_another_language_is_understood() {
    let directory = testing::directory().await;
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let says = "case ${LC_ALL:-de} in C) echo 'sudo: a password is required' ;; *) echo 'sudo: Ein Passwort ist notwendig' ;; \
                esac >&2; exit 1";
    for (name, text) in [("id", "echo 1000"), ("sudo", says)] {
        write(&bin.join(name), &format!("#!/bin/sh\n{text}\n"), 0o755);
    }
    let forced = format!("ForceCommand=PATH={}:$PATH exec sh -c \"$SSH_ORIGINAL_COMMAND\"", bin.display());
    let sshd = Sshd::start_in(directory, &[], vec![forced]).await;
    let refused = Ssh::new(sshd.settings()).host("127.0.0.1").ask(&COUNT, &[]).await.unwrap_err();
    assert_eq!(refused.kind(), SshErrorKind::CommandNotRun, "{refused}");
    assert!(refused.hint().contains("NOPASSWD"), "{refused}");
}

#[tokio::test]
async fn an_sshd_that_forwards_no_ports_is_named_as_the_cause() {
    let options = vec!["AllowTcpForwarding=no".to_owned()];
    let sshd = Sshd::start_in(testing::directory().await, &[], options).await;
    let host = Ssh::new(sshd.settings()).host("127.0.0.1");
    let socket = host.forward(sshd.port).await.unwrap();
    assert!(host.why_no_forward().await.is_none());
    assert_eq!(hello(&socket).await, "");
    let why = host.why_no_forward().await.unwrap();
    assert!(why.hint().contains("AllowTcpForwarding"), "{why}");
    assert_eq!(host.forward(sshd.port).await.unwrap_err(), why);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_final_after_a_while() {
    let settings = Settings { resolve_limit: Duration::from_secs(2), ..Settings::default() };
    let host = Ssh::new(settings).host("no-such-machine.invalid");
    let began = Instant::now();
    let Err(RetryError::Failed(error)) = host.reach(&seconds(60)).await else { panic!("it is waited for") };
    assert!(error.hint().starts_with("The name does not resolve"), "{error}");
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_users_own_time_to_connect_holds() {
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        port: Some(silent.local_addr().unwrap().port()),
        config_file: Some(write(&directory.path().join("config"), "ConnectTimeout 2\n", 0o600)),
        ..Settings::default()
    };
    let began = Instant::now();
    let late = Ssh::new(settings).host("127.0.0.1").run(&["true"], None).await.unwrap_err();
    assert_eq!(late.kind(), SshErrorKind::NotReachable, "{late}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
