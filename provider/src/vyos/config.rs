//! `vyos_config`: any part of a router's configuration.

use crate::engine::router_config::{Declaration, LeftAlone, RouterConfig, RouterTarget, Subtree};
use tfplugin::{Diagnostics, Model};

/// Any part of a VyOS router's configuration: all that is below one path, for what no other type covers, such
/// as NTP, LLDP, a firewall or an interface.
///
/// The part is Terraform's as a whole: what is below `path` and not in `config`, added by hand on the router,
/// is removed, and destroying it removes `path`, with those parents that creating it made and that are empty
/// then. So no other resource may be about anything below the same path, which is an error of the plan; a map
/// or set that another resource leaves out is not its own and may be filled here. Choose a path that is as
/// long as can be. What VyOS itself writes is left alone and not shown, unless `config` contains it: `hw-id`
/// of an interface, without which the names of network cards may swap at the next boot, `physical-device` of
/// a wireless one, and the empty `plaintext-password` of the installer's user. Creating it where the path
/// already exists succeeds if nothing differs, and otherwise fails with the `import` block to use. What
/// differs is committed once, together with the changes of the other resources of the same router.
///
/// Terraform has `config` in its state and shows it in plans, unless it comes from sensitive variables;
/// messages leave out the values of leaves with names such as `password`, `secret` or `key`. VyOS checks the
/// configuration at apply only. Import id: `<router>/<path>`, such as `edge/service ntp`, or the path where
/// there is only one router. VyOS 1.4 or later.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_config")]
pub struct Config {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Words from the top to the node, with one blank between them, as they are typed after `set`, such as
    /// `service ntp` or `interfaces ethernet eth1`. Not `service https`, over which the provider talks to the
    /// router. A different one removes the old part and creates a new one.
    #[attribute(required, requires_replace, identity, validate = path)]
    path: String,

    /// All that is below `path`, in the form of `show configuration json`: an object for a node, a string or
    /// number for a leaf's value, a list of them for a leaf of several, `{}` for a leaf or tag with nothing
    /// below. Such as `{ server = { "ntp.example.net" = { prefer = {} } }, allow-client = { address =
    /// ["10.0.0.0/8", "fd00::/8"] } }`. Where `path` leads to a leaf, its value alone. Members that are null
    /// are left out. Not a leaf that VyOS replaces by another while it commits: `plaintext-password` of a
    /// login or of a user of SNMPv3, in place of which `encrypted-password` is written.
    #[attribute(required)]
    config: Subtree,
}

impl RouterConfig for Config {
    const DECLARATION: Declaration = Declaration::tag("configuration", "", "{path}").left_alone(LEFT_ALONE);

    fn validate_config(config: &ConfigDraft, diagnostics: &mut Diagnostics) {
        let (Some(path), Some(below)) = (config.path.known(), config.config.known()) else { return };
        for end in below.tree().ends() {
            let words: Vec<_> = path.split(' ').chain(end.iter().map(String::as_str)).collect();
            let Some((_, leaf)) = words.split_last() else { continue };
            let rewritten = REWRITTEN.iter().find(|one| {
                one.path.len() == leaf.len() && one.path.iter().zip(leaf).all(|(a, b)| *a == "*" || a == b)
            });
            if let Some(Rewritten { becomes, hint, .. }) = rewritten {
                let detail = format!(
                    "VyOS replaces `{}` by `{becomes}` while it commits, so it would never be there. Write `{becomes}` in \
                     its place: {hint}.",
                    leaf.join(" ")
                );
                diagnostics.error_at("config", "A leaf that VyOS rewrites", detail);
            }
        }
    }
}

/// Leaves that VyOS writes by itself: `vyos-interface-rescan` when it finds a network card, the installer for
/// its user.
const LEFT_ALONE: &[LeftAlone] = &[
    // Without them the names of network cards may swap at the next boot.
    LeftAlone { path: &["interfaces", "ethernet", "*", "hw-id"], value: None, stays: true },
    LeftAlone { path: &["interfaces", "wireless", "*", "hw-id"], value: None, stays: true },
    LeftAlone { path: &["interfaces", "wireless", "*", "physical-device"], value: None, stays: true },
    LeftAlone {
        path: &["system", "login", "user", "*", "authentication", "plaintext-password"],
        value: Some(""),
        stays: false,
    },
];

/// A leaf that VyOS takes and replaces by another while it commits.
struct Rewritten {
    /// From the top; `*` stands for any word.
    path: &'static [&'static str],
    /// The other leaf, beside it.
    becomes: &'static str,
    /// Where its value comes from.
    hint: &'static str,
}

const OF_SNMP: &str =
    "the localized key that VyOS shows in its place once the password has been set on the router";

/// What `system_login.py` and `service_snmp.py` of VyOS 1.4 and 1.5 rewrite.
const REWRITTEN: &[Rewritten] = &[
    Rewritten {
        path: &["system", "login", "user", "*", "authentication", "plaintext-password"],
        becomes: "encrypted-password",
        hint: "the output of `mkpasswd -m sha-512`",
    },
    Rewritten {
        path: &["service", "snmp", "v3", "user", "*", "auth", "plaintext-password"],
        becomes: "encrypted-password",
        hint: OF_SNMP,
    },
    Rewritten {
        path: &["service", "snmp", "v3", "user", "*", "privacy", "plaintext-password"],
        becomes: "encrypted-password",
        hint: OF_SNMP,
    },
];

/// VyOS commits changes of its API in the background and tells nobody how that went.
const API: [&str; 2] = ["service", "https"];

/// What is typed before a path in VyOS' configuration mode. No node at the top has such a name.
const COMMANDS: [&str; 8] = ["set", "delete", "edit", "show", "comment", "copy", "rename", "run"];

fn path(value: &str) -> Result<(), String> {
    if value.contains(['\'', '"', '\n', '\t']) || value.split(' ').any(str::is_empty) {
        return Err(format!(
            "{value:?} is not a valid path: separate words by single spaces, without quotes, as in \"service ntp\""
        ));
    }
    if let Some(command) = COMMANDS.iter().find(|command| value.split(' ').next() == Some(*command)) {
        return Err(format!(
            "{value:?} begins with `{command}`, which is a command and not part of the path: leave it out, as in \"service ntp\""
        ));
    }
    let holds_api = value.split(' ').zip(API).all(|(word, api)| word == api);
    match holds_api {
        true => Err(format!(
            "`{value}` contains `{}`, over which the provider connects to the router; VyOS applies changes of it in the \
             background and does not report whether they succeeded. Change it on the router, and choose a longer path for the rest",
            API.join(" ")
        )),
        false => Ok(()),
    }
}
