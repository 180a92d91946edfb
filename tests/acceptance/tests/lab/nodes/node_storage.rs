//! What storage needs on a node: real apt and dpkg with packages of the test's own, systemd and kernel
//! played.

use crate::by_hand::{command, shell};
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};

const NODE: &str = r#"
resource "microk8s_node" "cp1" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
  storage = {}
}
"#;

/// Packages by the names of Ubuntu's, one of which needs another, in a folder that is apt's only source. What
/// the host has of packages, and whether it has all that these need, is not to matter: to dpkg the machine
/// has none at first but one.
pub(crate) const WRITE_PACKAGES: &str = r#"
set -e
rm -rf /etc/apt/sources.list.d
mkdir -p /srv/packages /etc/apt/sources.list.d
cd /srv/packages
package() {
    mkdir -p "build/$1/DEBIAN"
    printf 'Package: %s\nVersion: 99\nArchitecture: all\nMaintainer: lab <lab@example.org>\n%sDescription: played\n' "$1" "$2" >"build/$1/DEBIAN/control"
    dpkg-deb --build "build/$1" "$1.deb" >/dev/null
    cat "build/$1/DEBIAN/control" >>Packages
    printf 'Filename: ./%s.deb\nSize: %s\nSHA256: %s\n\n' "$1" "$(wc -c <"$1.deb")" "$(sha256sum "$1.deb" | cut -d' ' -f1)" >>Packages
}
mkdir -p build/open-iscsi/usr/lib/systemd/system
echo '[Unit]' >build/open-iscsi/usr/lib/systemd/system/iscsid.service
package libopeniscsiusr ''
package open-iscsi 'Depends: libopeniscsiusr
'
package nfs-common ''
package cryptsetup ''
package dmsetup ''
echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list
: >/var/lib/dpkg/status
dpkg --install dmsetup.deb
"#;

const INSTALLED: &str =
    "dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' | grep ' installed$' | sort";
const ADDRESS: &str = "microk8s_node.cp1";
const FILES: [&str; 2] = [
    "/etc/modules-load.d/terraform-provider-microk8s.conf",
    "/etc/multipath/conf.d/terraform-provider-microk8s.conf",
];

#[tokio::test(flavor = "multi_thread")]
async fn is_brought_mended_and_taken_away() {
    let lab = Lab::start(LabOptions::with_nodes(1, false)).await.unwrap();
    let node = &lab.nodes()[0];
    shell(node, WRITE_PACKAGES).await;
    let before = shell(node, INSTALLED).await;
    let workspace = Workspace::new(&lab, NODE.replace("{}", "{ packages = [\"open-iscs\"] }")).await.unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert!(errors[0].detail.contains("Unable to locate package open-iscs"), "{errors:?}");
    assert!(errors[0].code.contains("storage"), "{errors:?}");

    workspace.configure(NODE).unwrap();
    workspace.apply().await.unwrap().succeeded();
    assert_there(node).await;
    workspace.plan().await.unwrap().plans_nothing();
    workspace.run(["state", "rm", ADDRESS]).await.unwrap().succeeded();
    workspace.import(ADDRESS, "10.0.0.11").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    let mends = [
        "dpkg --purge open-iscsi",
        "systemctl disable --now iscsid",
        "rm /etc/multipath/conf.d/*",
        "sed -i /dm_crypt/d /etc/modules-load.d/*",
    ];
    for spoil in mends {
        shell(node, spoil).await;
        workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
        workspace.apply().await.unwrap().succeeded();
        assert_there(node).await;
    }
    // A boot keeps it.
    node.stop().await.unwrap();
    node.start().await.unwrap();
    workspace.plan().await.unwrap().plans_nothing();

    workspace.configure(NODE.replace("  storage = {}\n", "")).unwrap();
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    assert_gone(node, &before).await;
    workspace.plan().await.unwrap().plans_nothing();

    // What something else needs by now stays, and stops nobody.
    workspace.configure(NODE).unwrap();
    workspace.apply().await.unwrap().succeeded();
    let needs = "cd /srv/packages && mkdir -p build/other/DEBIAN && printf 'Package: other\nVersion: 1\nArchitecture: all\n\
                 Maintainer: lab <lab@example.org>\nDepends: nfs-common\nDescription: played\n' >build/other/DEBIAN/control && \
                 dpkg-deb --build build/other other.deb && dpkg --install other.deb";
    shell(node, needs).await;
    workspace.destroy().await.unwrap().succeeded();
    assert!(shell(node, INSTALLED).await.contains("nfs-common installed"));
    shell(node, "dpkg --purge other nfs-common").await;
    assert_gone(node, &before).await;
    shell(node, "! test -e /var/lib/terraform-provider-microk8s").await;
}

async fn assert_there(node: &Node) {
    let installed = shell(node, INSTALLED).await;
    for package in ["open-iscsi", "libopeniscsiusr", "nfs-common", "cryptsetup", "dmsetup"] {
        assert!(installed.contains(&format!("{package} installed\n")), "{package}");
    }
    command(node, &["systemctl", "is-active", "--quiet", "iscsid"]).await;
    assert!(command(node, &["lsmod"]).await.contains("iscsi_tcp "));
    let at_boot = command(node, &["cat", FILES[0]]).await;
    assert!(at_boot.contains("\niscsi_tcp\n") && at_boot.contains("\ndm_crypt\n"), "{at_boot}");
    assert!(command(node, &["cat", FILES[1]]).await.contains("devnode \"^sd[a-z0-9]+\""));
}

async fn assert_gone(node: &Node, before: &str) {
    assert_eq!(shell(node, INSTALLED).await, before);
    for file in FILES {
        shell(node, &format!("! test -e {file}")).await;
    }
}
