//! Attributes that say one of a few words. The checks are named by `check` words of attributes.

/// A check for each name, of an optional attribute.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident: $($word:literal)|+;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(value: &Option<String>) -> Result<(), String> {
            one_of(value.as_deref(), &[$($word),+])
        }
    )*};
}

choices! {
    /// What BGP does when either side restarts.
    graceful_restart: "enable" | "disable" | "restart-helper";
    /// How a BGP route came to be.
    origin: "egp" | "igp" | "incomplete";
    /// What the registry says of a route's origin.
    rpki: "invalid" | "notfound" | "valid";
    /// The type of an external OSPF metric, as route-maps say it.
    metric_type: "type-1" | "type-2";
    /// Where a route comes from.
    protocol: "babel" | "bgp" | "connected" | "isis" | "kernel" | "ospf" | "ospfv3" | "rip" | "ripng" | "static" | "table"
        | "vnc";
    /// A family of addresses.
    family: "ipv4" | "ipv6";
    /// What OSPF takes a network for.
    ospf_network: "broadcast" | "non-broadcast" | "point-to-multipoint" | "point-to-point";
    /// What OSPFv3 takes a network for.
    ospfv3_network: "broadcast" | "point-to-point";
    /// How routers prove who they are.
    ospf_authentication: "plaintext-password" | "md5";
}

/// What a rule does with what it matches.
pub(super) fn action(value: &str) -> Result<(), String> {
    one_of(Some(value), &["permit", "deny"])
}

fn one_of(value: Option<&str>, known: &[&str]) -> Result<(), String> {
    match value {
        Some(word) if !known.contains(&word) => {
            let known: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
            Err(format!("{word:?} is none of {}", known.join(", ")))
        }
        _ => Ok(()),
    }
}
