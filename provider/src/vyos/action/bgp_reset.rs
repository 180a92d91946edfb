//! Action `vyos_bgp_reset`.

use super::{check_router, failed, router};
use crate::connection::router::Router;
use crate::session::Session;
use crate::vyos::show::bgp_neighbors::{COMMAND, PeerSession, sessions};
use crate::vyos::show::look;
use std::collections::BTreeMap;
use std::net::IpAddr;
use tfplugin::model::Set;
use tfplugin::types::Semantic;
use tfplugin::{Action, Context, Diagnostic, Diagnostics, Model, Progress};

const NOUN: &str = "BGP sessions";

/// Resets BGP sessions of a VyOS router softly (`reset bgp <neighbor> soft`): routes are exchanged again, by
/// what filters and route maps say now, and the session stays up.
///
/// Inbound, a neighbor is asked to send its routes again, which all but the oldest understand; or what it
/// sent is read again, where the neighbor has `soft_reconfiguration_inbound`. Sessions that are not
/// established are reported and left out: they have no routes. Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
#[action(type_name = "vyos_bgp_reset")]
pub struct BgpReset {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one.
    #[attribute(optional)]
    router: Option<String>,

    /// Addresses of the neighbors. One that the router does not have is an error, and none is reset then.
    /// Default: all that the router has.
    #[attribute(optional, validate = not_empty)]
    neighbors: Option<Set<Semantic<IpAddr>>>,

    /// `in` for what the neighbors send, `out` for what the router sends. Default: both.
    #[attribute(optional, validate = check_direction)]
    direction: Option<String>,
}

fn not_empty(neighbors: &Option<Set<Semantic<IpAddr>>>) -> Result<(), String> {
    match neighbors {
        Some(Set(none)) if none.is_empty() => {
            Err("name at least one neighbor, or leave the attribute out".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_direction(direction: &Option<String>) -> Result<(), String> {
    match direction.as_deref() {
        None | Some("in" | "out") => Ok(()),
        Some(other) => Err(format!("{other:?} is neither `in` nor `out`")),
    }
}

impl Action for BgpReset {
    type Provider = Session;
    type Config = Self;

    async fn plan(context: &Context<Session>, config: &BgpResetDraft) -> Result<(), Diagnostics> {
        check_router(context, NOUN, &config.router)
    }

    async fn invoke(
        context: &Context<Session>,
        config: Self,
        progress: &Progress,
    ) -> Result<(), Diagnostics> {
        let router = router(context, NOUN, config.router.as_deref())?;
        let seen = look(None, context.cancelled(), || COMMAND.ask(&router, sessions)).await;
        let all = match seen {
            Ok(all) => all,
            Err(gave_up) => COMMAND.not_yet(&router, gave_up)?,
        };
        let chosen = config.chosen(&all).map_err(|unknown| {
            let detail = format!(
                "`show bgp neighbors` at {} does not have {}. Nothing was reset.",
                router.url(),
                unknown.join(", ")
            );
            let summary = format!("Unable to reset {NOUN} on router {:?}", router.name());
            Diagnostic::error(summary, detail).at("neighbors")
        })?;
        for (address, session) in chosen {
            if session.is_established() {
                context.unless_stopped(reset(&router, address, config.direction.as_deref())).await?;
                progress.report(format!("{}: {address} was reset", router.name())).await;
            } else {
                let state = &session.state;
                progress.report(format!("{}: {address} is {state} and was left out", router.name())).await;
            }
        }
        Ok(())
    }
}

impl BgpReset {
    /// The sessions that are meant; the addresses of those that the router does not have.
    fn chosen<'a>(
        &self,
        all: &'a BTreeMap<String, PeerSession>,
    ) -> Result<Vec<(&'a str, &'a PeerSession)>, Vec<String>> {
        let Some(Set(wanted)) = &self.neighbors else {
            return Ok(all.iter().map(|(address, session)| (address.as_str(), session)).collect());
        };
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for address in wanted.iter().map(Semantic::canonical) {
            match all.get_key_value(&address) {
                Some((address, session)) => found.push((address.as_str(), session)),
                None => unknown.push(address),
            }
        }
        if unknown.is_empty() { Ok(found) } else { Err(unknown) }
    }
}

/// Resets one session. What FRR refuses it prints, and VyOS answers with success.
async fn reset(router: &Router, address: &str, direction: Option<&str>) -> Result<(), Diagnostics> {
    let words: Vec<&str> = ["bgp", address, "soft"].into_iter().chain(direction).collect();
    let path = format!("reset {}", words.join(" "));
    let said = router.reset(&words).await;
    let said = said.map_err(|error| failed("reset", NOUN, &path, router, &error))?;
    match said.trim() {
        "" => Ok(()),
        said => {
            let summary = format!("Unable to reset {NOUN} on router {:?}", router.name());
            Err(Diagnostic::error(summary, format!("`{path}` at {} printed:\n{said}", router.url())).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_router_has_is_chosen() {
        let printed = r#"{"10.0.0.11": {"bgpState": "Established"}, "2001:db8::11": {"bgpState": "Idle"}}"#;
        let all = sessions(printed).unwrap();
        let chosen = |neighbors: Option<&[&str]>| {
            let set = |all: &[&str]| Set(all.iter().map(|one| Semantic::parse(one).unwrap()).collect());
            let reset = BgpReset { router: None, neighbors: neighbors.map(set), direction: None };
            let found = reset.chosen(&all);
            found.map(|found| found.into_iter().map(|(address, _)| address.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(chosen(None).unwrap(), ["10.0.0.11", "2001:db8::11"]);
        assert_eq!(chosen(Some(&["2001:DB8:0::11"])).unwrap(), ["2001:db8::11"]);
        assert_eq!(chosen(Some(&["10.0.0.11", "10.0.0.12"])).unwrap_err(), ["10.0.0.12"]);
    }
}
