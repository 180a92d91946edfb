//! Repositories of add-ons on a node, and an add-on that comes from one.

use crate::by_hand::{command, shell};
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions};

const REPOSITORY: &str = r#"
resource "microk8s_addon_repository" "own" {
  host = "10.0.0.11"
  name = "own"
  url  = "/srv/addons"
}
"#;

const ADDON: &str = r#"
resource "microk8s_addon" "echo" {
  host       = "10.0.0.11"
  name       = "echo"
  repository = microk8s_addon_repository.own.name
  arguments  = ["fd00::1-fd00::9", "two words"]
}
"#;

/// A repository with one add-on, which notes its arguments in the cluster: two branches, and a tag on the
/// first.
const WRITE_REPOSITORY: &str = r#"
set -e
export GIT_AUTHOR_NAME=lab GIT_AUTHOR_EMAIL=lab@example.org GIT_COMMITTER_NAME=lab GIT_COMMITTER_EMAIL=lab@example.org
mkdir -p /srv/addons/addons/echo
cd /srv/addons
cat >addons.yaml <<'END'
microk8s-addons:
  description: Add-ons of our own
  addons:
    - name: echo
      description: Notes its arguments
      version: "1.0"
      check_status: service/echo
      supported_architectures: [amd64, arm64]
END
cat >addons/echo/enable <<'END'
#!/bin/sh
set -e
/snap/bin/microk8s kubectl create configmap echo --from-literal="arguments=$#: $*"
/snap/bin/microk8s kubectl create service clusterip echo --tcp=80
END
cat >addons/echo/disable <<'END'
#!/bin/sh
exec /snap/bin/microk8s kubectl delete configmap/echo service/echo
END
chmod +x addons/echo/*
git init --quiet --initial-branch main
git add .
git commit --quiet --message first
git tag --annotate --message one v1
git checkout --quiet -b next
git commit --quiet --allow-empty --message second
git checkout --quiet main
"#;

const ADDRESS: &str = "microk8s_addon_repository.own";

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_cloned_followed_and_removed_after_its_addons() {
    let lab = Lab::start(LabOptions::with_nodes(1, true)).await.unwrap();
    let node = &lab.nodes()[0];
    shell(node, WRITE_REPOSITORY).await;
    let commit = async |name: &str| {
        command(node, &["git", "-C", "/srv/addons", "rev-parse", &format!("{name}^{{commit}}")])
            .await
            .trim()
            .to_owned()
    };
    let workspace = Workspace::new(&lab, format!("{REPOSITORY}{ADDON}")).await.unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(workspace.state(ADDRESS).await.unwrap()["commit"], commit("main").await);
    let get =
        ["/snap/bin/microk8s", "kubectl", "get", "configmap", "echo", "-o", "jsonpath={.data.arguments}"];
    assert_eq!(command(node, &get).await, "2: fd00::1-fd00::9 two words");

    workspace.run(["state", "rm", ADDRESS]).await.unwrap().succeeded();
    workspace.import(ADDRESS, "10.0.0.11/own").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // Another commit is cloned in place of the first; a tag and the branch that it is on are not the same.
    for name in ["v1", "next"] {
        let reference = format!("url  = \"/srv/addons\"\n  reference = \"{name}\"");
        workspace
            .configure(format!("{}{ADDON}", REPOSITORY.replace("url  = \"/srv/addons\"", &reference)))
            .unwrap();
        workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
        workspace.apply().await.unwrap().succeeded();
        workspace.plan().await.unwrap().plans_nothing();
        assert_eq!(workspace.state(ADDRESS).await.unwrap()["commit"], commit(name).await);
    }

    // What somebody checked out by hand shows, and is put right.
    let clone = "/var/snap/microk8s/common/addons/own";
    workspace.configure(format!("{REPOSITORY}{ADDON}")).unwrap();
    workspace.apply().await.unwrap().succeeded();
    shell(node, &format!("cd {clone} && git checkout --quiet --detach v1")).await;
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    // The rest of an interrupted clone is no repository, and does not stand in the way of one. Nor does what
    // its add-on left in the cluster.
    command(node, &["rm", &format!("{clone}/addons.yaml")]).await;
    workspace
        .plan()
        .await
        .unwrap()
        .plans(&[(ADDRESS, Action::Create), ("microk8s_addon.echo", Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    workspace.destroy().await.unwrap().succeeded();
    shell(node, &format!("! test -e {clone}")).await;
    let services = command(node, &["/snap/bin/microk8s", "kubectl", "get", "services", "-o", "name"]).await;
    assert_eq!(services, "service/kubernetes\n", "the add-on was disabled before its scripts went");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_cloned_says_why_on_its_attribute() {
    let lab = Lab::start(LabOptions::with_nodes(1, true)).await.unwrap();
    let node = &lab.nodes()[0];
    shell(node, WRITE_REPOSITORY).await;
    let workspace = Workspace::new(&lab, REPOSITORY).await.unwrap();
    let refused = [
        ("url  = \"/srv/addons\"\n  reference = \"nxt\"", "reference = \"nxt\""),
        ("url  = \"/srv/nothing\"", "url  = \"/srv/nothing\""),
    ];
    for (line, code) in refused {
        workspace.configure(REPOSITORY.replace("url  = \"/srv/addons\"", line)).unwrap();
        let errors = workspace.apply().await.unwrap().failed();
        assert_eq!(errors[0].summary, "Unable to add add-on repository own on 10.0.0.11");
        assert_eq!(errors[0].code.trim(), code, "{errors:?}");
    }
    // One that is there already is taken over if it is the same, and left alone if it is another.
    command(node, &["/snap/bin/microk8s", "addons", "repo", "add", "own", "/srv/addons/.git"]).await;
    workspace.configure(REPOSITORY).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert!(errors[0].detail.contains("cloned from /srv/addons/.git"), "{errors:?}");
    command(node, &["/snap/bin/microk8s", "addons", "repo", "add", "own", "/srv/addons", "--force"]).await;
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    let known = ADDON.replace("\"echo\"\n", "\"metallb-frr\"\n");
    workspace.configure(format!("{REPOSITORY}{known}")).unwrap();
    let plan = workspace.plan().await.unwrap();
    assert_eq!(plan.warnings()[0].summary, "Add-on metallb-frr has known troubles", "{plan:?}");

    // A machine that does not answer loses nothing.
    workspace.configure(REPOSITORY).unwrap();
    node.stop().await.unwrap();
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert!(plan.warnings()[0].summary.starts_with("Unable to read 10.0.0.11"), "{plan:?}");
    let errors = workspace.destroy().await.unwrap().failed();
    assert!(errors[0].detail.contains("terraform state rm"), "{errors:?}");
}
