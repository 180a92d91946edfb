//! What operators do to a node: restarts, certificates, backups.

use super::{Root, SHELLS, answer, machine};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tokio::process::Command;

#[tokio::test]
async fn what_operators_do_is_one_command() {
    let root = Root::with_microk8s();
    for program in ["snap/bin/microk8s", "bin/snap"] {
        root.program(program, "printf '%s|' \"$@\"");
    }
    let restarted = root.says(&machine::RESTART_SERVICES, &["microk8s.daemon-kubelite"]).await;
    assert_eq!(restarted, "restart|microk8s.daemon-kubelite|");
    let renewed = root.says(&machine::REFRESH_CERTIFICATE, &["server.crt"]).await;
    assert_eq!(renewed, "refresh-certs|-e|server.crt|");
    let seen = root.says(&machine::CERTIFICATES, &["ca.crt"]).await;
    let digest = "7e6518373b1a8cf5eed9717076284744ba44ace422c7877442aebcceecc42a23  -\n";
    assert_eq!(seen, format!("§expiry\nrefresh-certs|-c|§digest\n{digest}"));
}

/// An archive without keys is none, whatever `dbctl` says, and does not stay.
#[tokio::test]
async fn a_backup_is_what_has_the_keys_of_a_cluster_in_it() {
    let root = Root::new();
    for (program, words) in [("mkdir", "mkdir"), ("tar", "tar"), ("date", "echo 20261130T120000Z #")] {
        root.program(&format!("bin/{program}"), &format!("PATH=/usr/bin:/bin exec {words} \"$@\""));
    }
    let dbctl = |key: &str| {
        format!(
            "PATH=/usr/bin:/bin; folder=$(mktemp -d); mkdir $folder/a; printf %s '{key}' >$folder/a/0.key\n\
             tar -czf \"$4\" -C $folder a; echo \"The backup is: $4\""
        )
    };
    let directory = root.path("srv/back ups");
    let file = directory.join("cp1-20261130T120000Z.tar.gz");
    let run = async |shell: &str| {
        let mut command = Command::new(root.path("bin").join(shell));
        command.args(["-c", &root.text_of(&machine::BACK_UP), "sh"]).arg(&directory).arg("cp1").env_clear();
        command.env("PATH", root.path("bin")).output().await.unwrap()
    };
    for shell in SHELLS {
        root.program("snap/bin/microk8s", &dbctl("/registry/namespaces/default"));
        let made = run(shell).await;
        let bytes = fs::metadata(&file).unwrap().len();
        assert_eq!(answer(&made), format!("{} 1 {bytes}\n", file.display()), "{shell}");
        let modes = [&directory, &file].map(|path| fs::metadata(path).unwrap().permissions().mode() & 0o777);
        assert_eq!(modes, [0o700, 0o600], "{shell}");

        root.program("snap/bin/microk8s", &dbctl("/registry/leases/a"));
        let empty = run(shell).await;
        assert_eq!(empty.status.code(), Some(65), "{shell}: {empty:?}");
        assert!(!file.exists(), "{shell}");
        root.program(
            "snap/bin/microk8s",
            "echo 'Please ensure the kubernetes apiserver is running'; exit 10",
        );
        let refused = run(shell).await;
        assert_eq!((refused.status.code(), file.exists()), (Some(10), false), "{shell}: {refused:?}");
    }
}
