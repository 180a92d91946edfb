//! How long a person is willing to wait.

use std::time::Duration;
use tfplugin::Object;
use tfplugin::types::Text;

/// How long operations may take before they are given up. Each is a duration such as `90s`, `10m` or `1h30m`.
#[derive(Clone, Debug, PartialEq, Object)]
pub struct Timeouts {
    /// Creating it, with all waiting for what it needs: a duration such as `90s`, `10m` or `1h30m`.
    #[attribute(optional)]
    pub create: Option<Text<Duration>>,

    /// Changing it in place: a duration as in `create`.
    #[attribute(optional)]
    pub update: Option<Text<Duration>>,

    /// Taking it away, with all waiting until it is gone: a duration as in `create`.
    #[attribute(optional)]
    pub delete: Option<Text<Duration>>,
}
