//! `vyos_config`: any part of a router's configuration.

use crate::engine::router_config::{
    Declaration, Field, Form, RouterConfig, RouterTarget, RouterTargetDraft, Section, Tag,
};
use tfplugin::Resource;

/// Any part of a VyOS router's configuration: all that is below one path, for what no other type here speaks of, such as
/// NTP, LLDP, a firewall or an interface.
///
/// The part is Terraform's as a whole: what is below `path` and not in `config`, added by hand on the router, is taken
/// away, and destroying it takes `path` away. So no other resource may be about anything below the same path. Choose a
/// path that is as long as can be. Creating it where the path is there already carries on if nothing differs, and is
/// refused otherwise with the `import` block to use. What differs goes into one commit together with the changes of
/// the other resources of the same router.
///
/// Terraform has `config` in its state and shows it in plans, unless it comes from sensitive variables; messages leave out
/// the values of leaves with names such as `password`, `secret` or `key`. VyOS checks the configuration at apply only.
/// Import id: `<router>/<path>`, such as `edge/service ntp`, or the path where there is only one router. VyOS 1.4 or later.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "vyos_config")]
pub struct Config {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Words from the top to the node, with one blank between them, as they are typed after `set`, such as `service ntp`
    /// or `interfaces ethernet eth1`. Not `service https`, over which the provider talks to the router. A different one
    /// takes the old part away and makes a new one.
    #[attribute(required, replace, check = path)]
    path: String,

    /// All that is below `path`, in the form of `show configuration json`: an object for a node, a string or number for a
    /// leaf's value, a list of them for a leaf of several, `{}` for a leaf or tag with nothing below. Such as
    /// `{ server = { "ntp.example.net" = { prefer = {} } }, allow-client = { address = ["10.0.0.0/8", "fd00::/8"] } }`.
    /// Where `path` leads to a leaf, its value alone. Members that are null are left out.
    #[attribute(required)]
    config: Section,
}

impl RouterConfig for Config {
    const DECLARATION: &'static Declaration = &Declaration {
        noun: "configuration",
        component: &[],
        tag: Some(Tag { node: &[], node_of_ipv6: None, attribute: "path", form: Form::Path }),
        needs: None,
        fields: &[Field::section("config")],
        children: &[],
        named: None,
    };

    fn target(draft: &ConfigDraft) -> &RouterTargetDraft {
        &draft.target
    }
}

/// VyOS commits changes of its API in the background and tells nobody how that went.
const API: [&str; 2] = ["service", "https"];

fn path(value: &str) -> Result<(), String> {
    if value.contains(['\'', '"', '\n', '\t']) || value.split(' ').any(str::is_empty) {
        return Err(format!(
            "{value:?} is no path, which is words with one blank between them, without quotes, such as \"service ntp\""
        ));
    }
    let holds_api = value.split(' ').zip(API).all(|(word, api)| word == api);
    match holds_api {
        true => Err(format!(
            "the provider talks to the router over `{}`, which is in `{value}`; VyOS changes it in the background, where \
             nobody sees whether that went well. Change it on the router, and choose a longer path for the rest",
            API.join(" ")
        )),
        false => Ok(()),
    }
}
