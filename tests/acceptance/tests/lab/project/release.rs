//! A release as registries and mirrors take it: what is in it, how it is signed, and that terraform and tofu
//! install it.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use crate::project::user::{REGISTRIES, User, copy_of, lock_of, root, stripped_plugin, text};
use acceptance::Cli;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;
use tokio::process::Command;

const NAME: &str = concat!("terraform-provider-microk8s_", env!("CARGO_PKG_VERSION"));
const PASSPHRASE: &str = "made up for this test";

/// The plugin of this build, packed as the release of the one platform that it is for.
struct Release {
    folder: TempDir,
}

impl Release {
    async fn packed() -> Self {
        let release = Self { folder: tempfile::tempdir().unwrap() };
        stripped_plugin(&release.platform()).await;
        release.pack().await;
        release
    }

    /// Where the binary of the one platform is.
    fn platform(&self) -> PathBuf {
        let folder = self.folder.path().join("binaries/linux_amd64");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    async fn pack(&self) {
        let binaries = self.folder.path().join("binaries");
        succeeds(script("package").arg(binaries).arg(self.files())).await;
    }

    fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.files().join(format!("{NAME}_{ending}"))
    }

    async fn sign(&self, key: &Key) -> Output {
        let mut sign = script("sign");
        sign.arg(self.files()).env("RELEASE_KEY", &key.private).env("RELEASE_KEY_PASSPHRASE", PASSPHRASE);
        sign.output().await.unwrap()
    }
}

/// A key that signs releases.
struct Key {
    ring: TempDir,
    private: String,
}

impl Key {
    async fn made(algorithm: &str) -> Self {
        let mut key = Self { ring: tempfile::tempdir().unwrap(), private: String::new() };
        key.gpg(&["--quick-generate-key", "Releases <releases@example.com>", algorithm, "sign", "never"])
            .await;
        key.private = key.gpg(&["--armor", "--export-secret-keys"]).await;
        key
    }

    async fn gpg(&self, arguments: &[&str]) -> String {
        let mut gpg = Command::new("gpg");
        gpg.args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE])
            .args(arguments)
            .env("GNUPGHOME", self.ring.path());
        String::from_utf8(succeeds(&mut gpg).await.stdout).unwrap()
    }
}

fn script(name: &str) -> Command {
    Command::new(root().join(".ci/release").join(name))
}

async fn succeeds(command: &mut Command) -> Output {
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    output
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_what_registries_ask_for() {
    let release = Release { folder: tempfile::tempdir().unwrap() };
    // Whatever it is: it is packed and not run.
    fs::write(release.platform().join("terraform-provider-microk8s"), "a program").unwrap();
    succeeds(script("sbom").arg(release.files())).await;
    release.pack().await;
    let key = Key::made("rsa2048").await;
    let output = release.sign(&key).await;
    assert!(output.status.success(), "{}", text(&output));
    let expected = ["SHA256SUMS", "SHA256SUMS.sig", "linux_amd64.zip", "manifest.json", "sbom.cdx.json"];
    assert_eq!(names(&release.files()), expected.map(|ending| format!("{NAME}_{ending}")));

    let signature = release.file("SHA256SUMS.sig").display().to_string();
    key.gpg(&["--verify", &signature, &release.file("SHA256SUMS").display().to_string()]).await;
    let armored = fs::read(&signature).unwrap().starts_with(b"-----");
    assert!(!armored, "registries want the signature in binary");

    let mut check = Command::new("sha256sum");
    let check =
        check.args(["--check", "--strict"]).arg(release.file("SHA256SUMS")).current_dir(release.files());
    let checked = text(&succeeds(check).await);
    let of = ["linux_amd64.zip", "manifest.json", "sbom.cdx.json"];
    assert_eq!(checked, of.map(|ending| format!("{NAME}_{ending}: OK\n")).concat());

    let manifest = fs::read_to_string(release.file("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["metadata"]["protocol_versions"], serde_json::json!(["6.0"]));

    let contents = fs::read_to_string(release.file("sbom.cdx.json")).unwrap();
    let contents: serde_json::Value = serde_json::from_str(&contents).unwrap();
    let crates = contents["components"].as_array().unwrap();
    let found = crates.iter().find(|one| one["name"] == "tokio").unwrap();
    assert_eq!(found["licenses"][0]["expression"], "MIT");
    assert_eq!(found["hashes"][0]["content"].as_str().unwrap().len(), 64, "{found}");

    let listing = text(&succeeds(Command::new("unzip").arg("-Z").arg(release.file("linux_amd64.zip"))).await);
    let program = format!("terraform-provider-microk8s_v{}", env!("CARGO_PKG_VERSION"));
    let line = listing.lines().find(|line| line.ends_with(&program)).unwrap_or_default();
    assert!(line.starts_with("-rwxr-xr-x"), "{listing}");
    assert!(listing.lines().any(|line| line.ends_with(" LICENSE")), "{listing}");

    // Every crate of the list of contents stands above a text that it comes with.
    let mut unzip = Command::new("unzip");
    let texts = unzip.arg("-p").arg(release.file("linux_amd64.zip")).arg("THIRD-PARTY-LICENSES.txt");
    let texts = String::from_utf8(succeeds(texts).await.stdout).unwrap();
    let without = crates.iter().filter(|one| {
        let line = format!("\n{} {} (", one["name"].as_str().unwrap(), one["version"].as_str().unwrap());
        !one["purl"].is_null() && !texts.contains(&line)
    });
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&serde_json::Value>::new());
    for words in ["Apache License", "Permission is hereby granted", "Copyright (c) Tokio Contributors"] {
        assert!(texts.contains(words), "no {words:?} in the licence texts");
    }

    // The same binaries make the same release, bit by bit.
    let sums = fs::read(release.file("SHA256SUMS")).unwrap();
    release.pack().await;
    assert_eq!(fs::read(release.file("SHA256SUMS")).unwrap(), sums);
}

/// A release binary may not grow beyond what its users should have to download.
#[tokio::test(flavor = "multi_thread")]
async fn a_binary_that_is_too_large_is_no_release() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("binary");
    // Zeros weigh nothing once they are packed, noise all that it has.
    fs::write(&binary, vec![0; 8_000_000]).unwrap();
    succeeds(script("size").arg(&binary)).await;
    let mut noise = fs::File::open("/dev/urandom").unwrap().take(6_300_000);
    std::io::copy(&mut noise, &mut fs::File::create(&binary).unwrap()).unwrap();
    let output = script("size").arg(&binary).output().await.unwrap();
    assert!(
        !output.status.success() && text(&output).contains("at most 6300000 are allowed"),
        "{}",
        text(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_registries_refuse_signs_nothing() {
    let release = Release { folder: tempfile::tempdir().unwrap() };
    fs::create_dir(release.files()).unwrap();
    fs::write(release.file("SHA256SUMS"), "").unwrap();
    let output = release.sign(&Key::made("ed25519").await).await;
    assert!(!output.status.success() && text(&output).contains("neither RSA nor DSA"), "{}", text(&output));
    assert!(!release.file("SHA256SUMS.sig").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_and_tofu_install_it_from_a_mirror() {
    let release = Release::packed().await;
    let user = User::new();
    let mirror = user.home().join("mirror");
    let settings =
        format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n");
    fs::write(user.home().join(".terraformrc"), settings).unwrap();
    for (cli, registry) in [Cli::Terraform, Cli::Tofu].into_iter().zip(REGISTRIES) {
        // The zips as they are: no tool is needed between the page of a release and a mirror.
        let place = mirror.join(registry).join("baremetal/microk8s");
        fs::create_dir_all(&place).unwrap();
        let zip = release.file("linux_amd64.zip");
        fs::copy(&zip, place.join(zip.file_name().unwrap())).unwrap();

        let program = cli.program().await.unwrap();
        let (_whole, folder) = copy_of("single-node");
        user.runs(&program, &["init", "-no-color"], &folder).await;
        let version = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(lock_of(&folder).contains(&version), "{}", lock_of(&folder));
        user.runs(&program, &["validate", "-no-color"], &folder).await;
    }
}

/// The notes of a release are its section of the changelog, and there is no release without one.
#[tokio::test(flavor = "multi_thread")]
async fn its_notes_are_what_the_changelog_says() {
    let notes = text(&succeeds(script("notes").arg("Unreleased")).await);
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(notes.starts_with("### ") && changelog.contains(notes.trim()), "{notes}");
    let output = script("notes").arg("0.0.7").output().await.unwrap();
    assert!(
        !output.status.success() && text(&output).contains("no section \"## 0.0.7\""),
        "{}",
        text(&output)
    );
}
