//! What a plugin costs terraform: time from exec to the handshake line with mutual TLS, and peak memory of a
//! plan. Ours beside a provider of one resource on terraform-plugin-framework, in turns in one run, so that
//! the ratio holds where the machine is noisy.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures processes and has nothing else to do meanwhile"
)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that cannot run should say so and stop"
)]

use nix::sys::resource::{UsageWho, getrusage};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// As terraform sets it; not a secret.
const MAGIC_COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
/// Names the plugin that this program stands in front of, to account for it.
const ACCOUNT_FOR: &str = "BENCH_ACCOUNT_FOR";
/// File that the account is added to.
const ACCOUNT: &str = "BENCH_ACCOUNT";
const LAUNCHES: usize = 40;
const PLANS: usize = 5;

struct Plugin {
    label: &'static str,
    program: PathBuf,
    source: &'static str,
    resource: &'static str,
}

fn main() {
    if let Some(program) = std::env::var_os(ACCOUNT_FOR) {
        return account_for(Path::new(&program));
    }
    let folder = tempfile::tempdir().unwrap();
    let ours = Plugin {
        label: "this provider",
        program: release_plugin(),
        source: "baremetal/microk8s",
        resource: "resource \"microk8s_node\" \"this\" {\n  host    = \"192.0.2.1\"\n  channel = \"1.35/stable\"\n}\n",
    };
    let framework = Plugin {
        label: "terraform-plugin-framework 1.19.0",
        program: framework_plugin(folder.path()),
        source: "bench/bench",
        resource: "resource \"bench_thing\" \"this\" {\n  name = \"a\"\n}\n",
    };
    let certificate = client_certificate();
    let mut times: [Vec<Duration>; 2] = Default::default();
    for _ in 0..=LAUNCHES {
        for (plugin, times) in [&ours, &framework].into_iter().zip(&mut times) {
            times.push(launch(&plugin.program, &certificate));
        }
    }
    // The first launch of each brings the program into memory and is not counted.
    let medians = times.map(|times| median(times[1..].iter().map(Duration::as_secs_f64).collect()) * 1000.0);
    report("exec to handshake, mutual TLS, ms", &ours, &framework, medians);
    let memory = [&ours, &framework]
        .map(|plugin| median((0..PLANS).map(|_| plan_memory(plugin, folder.path())).collect()));
    report("peak memory of the plugin during a plan, MiB", &ours, &framework, memory);
}

fn report(what: &str, ours: &Plugin, other: &Plugin, values: [f64; 2]) {
    println!(
        "{what}: {} {:.1}, {} {:.1}, ratio {:.2}",
        ours.label,
        values[0],
        other.label,
        values[1],
        values[0] / values[1]
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn launch(program: &Path, certificate: &str) -> Duration {
    let begin = Instant::now();
    let mut child = Command::new(program)
        .env("TF_PLUGIN_MAGIC_COOKIE", MAGIC_COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .env("PLUGIN_CLIENT_CERT", certificate)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let taken = begin.elapsed();
    assert!(
        line.starts_with("1|6|") && line.trim_end().len() > 200,
        "no handshake with a certificate: {line}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    taken
}

/// A certificate like core's: P-521, its own authority.
fn client_certificate() -> String {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
    let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.self_signed(&key).unwrap().pem()
}

/// Peak resident memory in MiB of the largest plugin process of one `terraform plan`.
fn plan_memory(plugin: &Plugin, folder: &Path) -> f64 {
    let place = tempfile::tempdir_in(folder).unwrap();
    let name = plugin.source.split_once('/').unwrap().1;
    let front = place.path().join(format!("terraform-provider-{name}"));
    std::os::unix::fs::symlink(std::env::current_exe().unwrap(), front).unwrap();
    let account = place.path().join("account");
    let configuration = place.path().join("cli.tfrc");
    let overrides = format!(
        "provider_installation {{\n  dev_overrides {{\n    {:?} = {:?}\n  }}\n}}\n",
        plugin.source,
        place.path()
    );
    std::fs::write(&configuration, overrides).unwrap();
    let required = format!(
        "terraform {{\n  required_providers {{\n    {name} = {{ source = {:?} }}\n  }}\n}}\n",
        plugin.source
    );
    std::fs::write(place.path().join("main.tf"), format!("{required}{}", plugin.resource)).unwrap();
    let output = Command::new("terraform")
        .args(["plan", "-no-color", "-input=false"])
        .current_dir(place.path())
        .env("TF_CLI_CONFIG_FILE", configuration)
        .env(ACCOUNT_FOR, &plugin.program)
        .env(ACCOUNT, &account)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let accounts = std::fs::read_to_string(account).unwrap();
    accounts.lines().map(|line| line.parse::<f64>().unwrap() / 1024.0).fold(0.0, f64::max)
}

/// Runs the plugin in the place of this program and writes down what it took.
fn account_for(program: &Path) {
    let status = Command::new(program).env_remove(ACCOUNT_FOR).status().unwrap();
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    let file = std::env::var_os(ACCOUNT).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
    std::io::Write::write_all(&mut file, format!("{peak}\n").as_bytes()).unwrap();
    assert!(status.success() || status.code().is_none(), "{status}");
}

fn release_plugin() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(3).unwrap().join("release/terraform-provider-microk8s");
    assert!(built.is_file(), "there is no {}: run `make build` first", built.display());
    built
}

fn framework_plugin(folder: &Path) -> PathBuf {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/framework");
    let program = folder.join("framework");
    let status = Command::new("go")
        .args(["build", "-trimpath", "-ldflags", "-s -w", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(module)
        .env("CGO_ENABLED", "0")
        .status()
        .unwrap();
    assert!(status.success(), "go build failed");
    program
}
