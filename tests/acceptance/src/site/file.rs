//! The file that describes a site, and the rules between what it says.

use super::build_outs::{Case, find};
use super::values::{HostKey, HostName, HttpsUrl, Plain, Prefix, Range};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Why a file describes no site.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {problem}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct SiteError {
    file: PathBuf,
    line: Option<usize>,
    problem: String,
}

/// Machines and a router of yours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Which build-outs; all that it has enough for where none is named.
    pub(super) build_outs: Option<Vec<Spanned<String>>>,
    /// The snap channel, in place of the build-outs' own.
    pub(super) channel: Option<Plain>,
    /// For all machines that do not say otherwise.
    #[serde(default)]
    pub(super) ssh: Login,
    /// By host name.
    pub(super) machines: Spanned<BTreeMap<HostName, Machine>>,
    pub(super) router: Option<Router>,
    #[serde(default)]
    pub(super) ranges: Ranges,
    /// Helm charts in place of the build-outs' own, by the name of their variable.
    #[serde(default)]
    pub(super) charts: Charts,
}

/// How a machine is logged in to.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub(super) user: Option<Plain>,
    /// An agent, and what the user's own configuration says, where this is absent.
    pub(super) private_key_file: Option<Plain>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    host: Spanned<Ipv4Addr>,
    #[serde(default)]
    pub(super) role: Role,
    pub(super) user: Option<Plain>,
    pub(super) private_key_file: Option<Plain>,
    /// What `known_hosts` of the user has, where this is absent.
    pub(super) host_key: Option<HostKey>,
}

impl Machine {
    /// Where it is reached.
    pub(super) fn address(&self) -> Ipv4Addr {
        *self.host.get_ref()
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    #[default]
    ControlPlane,
    Worker,
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Router {
    pub(super) url: HttpsUrl,
    /// The environment variable that has a key of its API.
    pub(super) api_key_variable: Spanned<String>,
    /// The system's authorities are trusted where this is absent.
    pub(super) ca_certificate_file: Option<Spanned<PathBuf>>,
    pub(super) address: Ipv4Addr,
    pub(super) as_number: Option<NonZeroU32>,
    pub(super) upstream_interface: Option<Plain>,
    /// What the variable holds.
    #[serde(skip)]
    pub(super) api_key: String,
    /// What the file holds.
    #[serde(skip)]
    pub(super) ca_certificate: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ranges {
    pub(super) pods: Option<Prefix>,
    pub(super) services: Option<Prefix>,
    /// Announced to the router.
    #[serde(default)]
    pub(super) load_balancer: Vec<Prefix>,
    /// Spare addresses of the machines' own network.
    #[serde(default)]
    pub(super) local: Vec<Range>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Charts {
    pub(super) metallb: Option<Chart>,
    pub(super) longhorn: Option<Chart>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chart {
    pub(super) chart: String,
    pub(super) repository: Option<String>,
    pub(super) version: Option<String>,
}

/// What is wrong, and where in the text.
type Fault = (Option<usize>, String);

impl Site {
    /// Reads a file, and what it names: the router's certificate, and the environment variable with its key.
    pub fn read(file: &Path) -> Result<Self, SiteError> {
        let fault = |line, problem| SiteError { file: file.to_owned(), line, problem };
        let text = std::fs::read_to_string(file).map_err(|error| fault(None, error.to_string()))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder, |name| std::env::var(name).ok()).map_err(|(at, problem)| {
            let line = at.and_then(|at| text.get(..at)).map(|before| before.matches('\n').count() + 1);
            fault(line, problem)
        })
    }

    fn parse(text: &str, folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let mut site: Self = toml::from_str(text)
            .map_err(|error| (error.span().map(|span| span.start), error.message().to_owned()))?;
        site.check()?;
        if let Some(router) = &mut site.router {
            let name = &router.api_key_variable;
            let found = variable(name.get_ref()).filter(|key| !key.is_empty());
            router.api_key = found.ok_or_else(|| {
                let name = name.get_ref();
                at(
                    &router.api_key_variable,
                    format!("no key of the router: `{name}` is not set in the environment"),
                )
            })?;
            if let Some(named) = &router.ca_certificate_file {
                let read = std::fs::read_to_string(folder.join(named.get_ref()));
                let read =
                    read.map_err(|error| at(named, format!("{}: {error}", named.get_ref().display())))?;
                router.ca_certificate = Some(read);
            }
        }
        Ok(site)
    }

    /// Rules between what it says.
    fn check(&self) -> Result<(), Fault> {
        let mut hosts = BTreeMap::new();
        for (HostName(name), machine) in self.machines.get_ref() {
            let host = machine.address();
            if let Some(other) = hosts.insert(host, name) {
                return Err(at(&machine.host, format!("{name} and {other} are both at {host}")));
            }
        }
        if !self.machines().any(|(_, machine)| machine.role == Role::ControlPlane) {
            return Err(at(&self.machines, "no machine is a control plane".to_owned()));
        }
        for named in self.build_outs.iter().flatten() {
            let case = find(named.get_ref()).map_err(|known| {
                at(named, format!("there is no build-out {:?}; there are {known}", named.get_ref()))
            })?;
            if let Some(lacking) = case.lacks(self) {
                return Err(at(named, format!("{} needs {lacking}", case.name)));
            }
        }
        Ok(())
    }

    /// Its machines, by host name.
    pub(super) fn machines(&self) -> impl Iterator<Item = (&str, &Machine)> {
        self.machines.get_ref().iter().map(|(HostName(name), machine)| (name.as_str(), machine))
    }

    /// Whether the build-out is to be tried.
    pub(super) fn wants(&self, case: &Case) -> bool {
        self.build_outs.as_ref().is_none_or(|named| named.iter().any(|name| name.get_ref() == case.name))
    }
}

fn at<T>(place: &Spanned<T>, problem: String) -> Fault {
    (Some(place.span().start), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/site.toml"));

    /// What a text is refused with: its line, and what is wrong there.
    fn refused(text: &str) -> (Option<usize>, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("site.toml");
        std::fs::write(&file, text).unwrap();
        let error = Site::read(&file).expect_err(text);
        assert!(error.to_string().starts_with(&format!("{}", file.display())), "{error}");
        (error.line, error.problem)
    }

    /// The sample with something else in a line of it, and the number of that line.
    fn sample_with(old: &str, new: &str) -> (String, usize) {
        let at = SAMPLE.find(old).unwrap_or_else(|| panic!("the sample has no {old:?}"));
        (SAMPLE.replacen(old, new, 1), SAMPLE[..at].matches('\n').count() + 1)
    }

    #[test]
    fn the_sample_reads_but_for_what_is_not_in_its_environment() {
        let folder = tempfile::tempdir().unwrap();
        let key = |name: &str| (name == "VYOS_API_KEY").then(|| "a key".to_owned());
        let missing = Site::parse(SAMPLE, folder.path(), key).unwrap_err();
        assert!(missing.1.contains("edge.pem"), "{missing:?}");
        std::fs::write(folder.path().join("edge.pem"), "a certificate").unwrap();
        let site = Site::parse(SAMPLE, folder.path(), key).unwrap();
        let router = site.router.as_ref().unwrap();
        assert_eq!(
            (router.api_key.as_str(), router.ca_certificate.as_deref()),
            ("a key", Some("a certificate"))
        );
        assert_eq!(site.machines().map(|(name, _)| name).collect::<Vec<_>>(), ["cp1", "cp2", "w1"]);
        let keyless = Site::parse(SAMPLE, folder.path(), |_| None).unwrap_err();
        assert!(keyless.1.contains("`VYOS_API_KEY` is not set"), "{keyless:?}");
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_line() {
        let cases = [
            ("upstream_interface ", "upstream_interfaces", "unknown field `upstream_interfaces`"),
            ("[ranges]", "[range]", "unknown field `range`"),
            ("host = \"192.0.2.12\"", "hots = \"192.0.2.12\"", "unknown field `hots`"),
            ("host = \"192.0.2.12\"", "host = \"cp2\"", "invalid IPv4 address"),
            ("host = \"192.0.2.12\"", "host = \"192.0.2.11\"", "cp2 and cp1 are both at 192.0.2.11"),
            ("\"worker\"", "\"workers\"", "unknown variant `workers`"),
            ("[machines.cp2]", "[machines.CP2]", "\"CP2\" is not a host name"),
            ("\"fd01::/64\"", "\"fd01::/129\"", "\"fd01::/129\" is not an IPv6 prefix"),
            ("\"192.0.2.200-192.0.2.220\"", "\"192.0.2.220-192.0.2.200\"", "is not a range of addresses"),
            ("as_number           = 64512", "as_number = 0", "expected a nonzero u32"),
            ("\"https://192.0.2.1\"", "\"http://192.0.2.1\"", "is not the address of a router's API"),
            ("\"storage\"]", "\"stroage\"]", "there is no build-out \"stroage\"; there are single-node, "),
            ("\"ssh-ed25519 AAAA", "\"ssh-ed25519 BBBB", "is not a public host key"),
        ];
        for (old, new, why) in cases {
            let (text, line) = sample_with(old, new);
            let (at, problem) = refused(&text);
            assert!(problem.contains(why), "{new}: {problem}");
            assert_eq!(at, Some(line), "{new}: {problem}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let machine = "[machines.cp1]\nhost = \"192.0.2.11\"\n";
        let cases = [
            ("", 1, "missing field `machines`"),
            ("machines = {}", 1, "no machine is a control plane"),
            ("[ssh]\n[machines.cp1]\nrole = \"worker\"\n", 2, "missing field `host`"),
            (&format!("{machine}role = \"worker\"\n"), 1, "no machine is a control plane"),
            (
                &format!("build_outs = [\n\"storage\",\n\"single-node\"]\n{machine}"),
                3,
                "single-node needs a range",
            ),
            (
                &format!("build_outs = [\"bare-metal-ipv6\"]\n{machine}"),
                1,
                "bare-metal-ipv6 needs a [router]",
            ),
        ];
        for (text, line, why) in cases {
            let (at, problem) = refused(text);
            assert!(problem.contains(why), "{text}: {problem}");
            assert_eq!(at, Some(line), "{text}: {problem}");
        }
    }
}
