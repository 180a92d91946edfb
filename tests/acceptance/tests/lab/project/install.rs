//! What `make install` puts into a user's plugin folder is found by `init` alone, of terraform and of tofu,
//! for every build-out.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use crate::project::user::{BUILD_OUTS, REGISTRIES, User, copy_of, lock_of, root, stripped_plugin};
use acceptance::{Cli, plugin, put_proxmox_into};
use std::fs;

async fn every_build_out_is_initialised(cli: Cli, registry: &str) {
    let (user, builds) = (User::new(), tempfile::tempdir().unwrap());
    user.install(stripped_plugin(builds.path()).await.to_str().unwrap()).await;
    put_proxmox_into(&user.plugins(), registry).unwrap();
    let [version] = user.installed(registry).try_into().unwrap();
    let found = fs::read_dir(root().join("examples/build-outs")).unwrap().count();
    assert_eq!(found, BUILD_OUTS.len());
    let program = cli.program().await.unwrap();
    for build_out in BUILD_OUTS {
        let (_whole, folder) = copy_of(build_out);
        user.runs(&program, &["init", "-no-color"], &folder).await;
        let lock = lock_of(&folder);
        let entry = format!("provider \"{registry}/baremetal/microk8s\" {{\n  version = \"{version}\"");
        assert!(lock.contains(&entry), "{build_out}: {lock}");
        user.runs(&program, &["validate", "-no-color"], &folder).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_initialises_every_build_out() {
    every_build_out_is_initialised(Cli::Terraform, REGISTRIES[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tofu_initialises_every_build_out() {
    every_build_out_is_initialised(Cli::Tofu, REGISTRIES[1]).await;
}

/// A lock file holds the checksum of a version: another build of the same version would be refused.
#[tokio::test(flavor = "multi_thread")]
async fn each_build_has_a_version_of_its_own() {
    let (user, builds) = (User::new(), tempfile::tempdir().unwrap());
    let program = Cli::Terraform.program().await.unwrap();
    let file = stripped_plugin(builds.path()).await;
    user.install(file.to_str().unwrap()).await;
    let (_whole, folder) = copy_of("single-node");
    user.runs(&program, &["init", "-no-color"], &folder).await;
    let before = lock_of(&folder);

    let said = user.install(file.to_str().unwrap()).await;
    assert!(said.contains("installed already"), "{said}");
    assert_eq!(user.installed(REGISTRIES[0]).len(), 1);

    let mut changed = fs::read(&file).unwrap();
    changed.push(0);
    fs::write(&file, changed).unwrap();
    user.install(file.to_str().unwrap()).await;
    for registry in REGISTRIES {
        assert_eq!(user.installed(registry).len(), 2, "{registry}");
    }
    user.runs(&program, &["init", "-no-color"], &folder).await;
    assert_eq!(lock_of(&folder), before);
    user.runs(&program, &["init", "-no-color", "-upgrade"], &folder).await;
    let newest = user.installed(REGISTRIES[0]).pop().unwrap();
    assert!(lock_of(&folder).contains(&format!("version = \"{newest}\"")), "{newest}: {}", lock_of(&folder));
    user.runs(&program, &["validate", "-no-color"], &folder).await;

    user.install("--remove").await;
    for registry in REGISTRIES {
        assert!(user.installed(registry).is_empty(), "{registry}");
    }
}

/// A block of settings that turns the plugin folder off is named, with what to add to it.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_hide_the_folder_are_named() {
    let user = User::new();
    let settings = user.home().join(".terraformrc");
    fs::write(&settings, "provider_installation {\n  direct {}\n}\n").unwrap();
    let said = user.install(plugin().unwrap().to_str().unwrap()).await;
    assert!(said.contains(&format!("Warning: {}", settings.display())), "{said}");
    assert!(
        said.contains(&format!("filesystem_mirror {{ path = \"{}\" }}", user.plugins().display())),
        "{said}"
    );
}
