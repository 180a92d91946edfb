//! The routers that the provider block names, and which of them is meant.

use super::timing::Timing;
use super::{Router, RouterSettings};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The routers that the provider block names.
pub struct Routers {
    /// Nothing at all, or nothing of one of them, may be known while planning.
    routers: Option<BTreeMap<String, Option<Arc<Router>>>>,
}

/// Why there is no router.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouterLookupError {
    /// Its entry in the provider block is not known yet, as it may be while planning.
    #[error("its entry in the provider's `routers` is not known yet")]
    NotKnownYet,
    /// None has that name.
    #[error("the provider block has no router {name:?}; {}", known(.routers))]
    Unnamed {
        /// The name asked for.
        name: String,
        /// The names there are.
        routers: Vec<String>,
    },
    /// No name was given and there is not exactly one router.
    #[error("no router is named here, and {}", known(.routers))]
    Ambiguous {
        /// The names there are.
        routers: Vec<String>,
    },
}

fn known(routers: &[String]) -> String {
    match routers {
        [] => "its `routers` are empty".to_owned(),
        names => format!("its routers are {}", names.join(", ")),
    }
}

/// The address of an API in one spelling: a router is known by it. Without user and password, which are no
/// part of an address and may be secret.
pub(super) fn identity(url: &str) -> String {
    let Ok(mut parsed) = reqwest::Url::parse(url) else { return url.to_owned() };
    // Neither is refused where there is a host, and the provider block takes no other url.
    let _ = parsed.set_username("").and_then(|()| parsed.set_password(None));
    parsed.set_query(None);
    parsed.set_fragment(None);
    parsed.as_str().trim_end_matches('/').to_owned()
}

impl Routers {
    /// Connects to none of them. Those without settings are to be known at apply.
    pub fn new(settings: BTreeMap<String, Option<RouterSettings>>) -> Self {
        let router = |(name, settings): (String, Option<RouterSettings>)| {
            let router = settings.map(|known| Arc::new(Router::new(name.clone(), known, Timing::default())));
            (name, router)
        };
        Self { routers: Some(settings.into_iter().map(router).collect()) }
    }

    /// Routers that are to be known at apply.
    pub fn unknown() -> Self {
        Self { routers: None }
    }

    /// The router of that name; the only one where no name is given.
    pub fn get(&self, name: Option<&str>) -> Result<Arc<Router>, RouterLookupError> {
        let all = self.routers.as_ref().ok_or(RouterLookupError::NotKnownYet)?;
        let names = || all.keys().cloned().collect();
        let found = match name {
            Some(name) => all
                .get(name)
                .ok_or_else(|| RouterLookupError::Unnamed { name: name.to_owned(), routers: names() })?,
            None => match all.values().next().filter(|_| all.len() == 1) {
                Some(only) => only,
                None => return Err(RouterLookupError::Ambiguous { routers: names() }),
            },
        };
        found.clone().ok_or(RouterLookupError::NotKnownYet)
    }

    /// The router that a state is about: the one that it remembers by its [`Router::identity`], whatever it
    /// is called now, else the one that it names.
    pub fn remembered(
        &self,
        identity: Option<&str>,
        name: Option<&str>,
    ) -> Result<Arc<Router>, RouterLookupError> {
        let all = self.routers.as_ref().ok_or(RouterLookupError::NotKnownYet)?;
        let Some(identity) = identity else { return self.get(name) };
        let mut same = all.values().flatten().filter(|router| router.identity() == identity).peekable();
        let Some(first) = same.peek().map(|first| Arc::clone(first)) else {
            let named = self.get(name);
            // One that is not known yet may turn out to be the one.
            return if named.is_err() && all.values().any(Option::is_none) {
                Err(RouterLookupError::NotKnownYet)
            } else {
                named
            };
        };
        // Two entries may be one router.
        Ok(same.find(|router| Some(router.name()) == name).map_or(first, Arc::clone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_spelling() {
        for (url, expected) in [
            ("https://10.0.0.1", "https://10.0.0.1"),
            ("https://10.0.0.1:443/", "https://10.0.0.1"),
            ("HTTPS://Edge.Example.org//", "https://edge.example.org"),
            ("https://user:hidden@edge.example.org:8443/api/", "https://edge.example.org:8443/api"),
            ("https://[2001:DB8:0::1]", "https://[2001:db8::1]"),
        ] {
            assert_eq!(identity(url), expected, "{url}");
        }
    }
}
