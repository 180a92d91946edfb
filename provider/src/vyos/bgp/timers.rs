//! What holds for keepalive and holdtime wherever BGP has them.

use tfplugin::{Diagnostics, Path};

/// FRR refuses 1 and 2.
pub(super) fn holdtime(value: &Option<u16>) -> Result<(), String> {
    match value {
        Some(seconds @ 1..=2) => Err(format!("{seconds} is not 0 and not from 3 to 65535")),
        _ => Ok(()),
    }
}

/// One alone is ignored.
pub(super) fn both_or_none(keepalive: Option<u16>, holdtime: Option<u16>, diagnostics: &mut Diagnostics) {
    let missing = match (keepalive, holdtime) {
        (Some(_), None) => "holdtime",
        (None, Some(_)) => "keepalive",
        _ => return,
    };
    diagnostics.error_at(
        Path::from("timers").attribute(missing),
        "Missing timer",
        "VyOS silently ignores one of keepalive and holdtime without the other. Give both.",
    );
}
