//! What is kept beside the state of every type over SSH.

use serde::{Deserialize, Serialize};

/// What the type itself keeps, and what the engine does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Private<P> {
    /// The type's own.
    #[serde(flatten)]
    pub own: P,
    /// What the resource belongs to. States of versions that did not keep it learn it at the next read.
    #[serde(default, alias = "cluster_id", skip_serializing_if = "Option::is_none")]
    pub(super) identity: Option<String>,
    /// The last refresh got no answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

impl<P> Private<P> {
    /// What the resource belongs to, if that was ever learnt.
    pub(super) fn identity(&self) -> Option<&str> {
        self.identity.as_deref().filter(|identity| !identity.is_empty())
    }
}

/// Of a type that keeps nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NoPrivate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Own {
        #[serde(default)]
        chart: String,
    }

    #[test]
    fn what_versions_before_stored_is_read() {
        let read = |json: &str| serde_json::from_str::<Private<Own>>(json).unwrap();
        assert_eq!(read("{}").identity(), None);
        assert_eq!(read(r#"{"chart": "metallb", "cluster_id": ""}"#).identity(), None);
        let kept = read(r#"{"chart": "metallb", "cluster_id": "x"}"#);
        assert_eq!((kept.identity(), kept.own.chart.as_str()), (Some("x"), "metallb"));
        assert!(read(r#"{"stale": true}"#).stale);
        assert!(serde_json::from_str::<Private<NoPrivate>>("{}").is_ok());
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let kept = Private { own: Own { chart: "metallb".into() }, identity: Some("x".into()), stale: true };
        let read: Private<Own> = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!((read.own, read.identity, read.stale), (kept.own, kept.identity, kept.stale));
        assert_eq!(serde_json::to_string(&Private::<NoPrivate>::default()).unwrap(), "{}");
    }
}
