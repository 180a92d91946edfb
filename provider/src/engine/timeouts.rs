//! How long a person is willing to wait.

use std::time::Duration;
use tfplugin::Object;
use tfplugin::types::Text;

/// How long operations may take before they are given up. Each is a duration such as `90s`, `10m` or `1h30m`.
#[derive(Clone, Debug, PartialEq, Object)]
pub struct Timeouts {
    /// Creating it, with all waiting for what it needs.
    #[attribute(optional)]
    pub create: Option<Text<Duration>>,

    /// Changing it in place.
    #[attribute(optional)]
    pub update: Option<Text<Duration>>,

    /// Taking it away, with all waiting until it is gone.
    #[attribute(optional)]
    pub delete: Option<Text<Duration>>,
}
