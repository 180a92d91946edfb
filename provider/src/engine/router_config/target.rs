//! Which router an object lives on.

use tfplugin::Model;

/// The router that an object lives on.
#[derive(Clone, Debug, Model)]
pub struct RouterTarget {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one. An object
    /// cannot move to another router: a different one makes a new object. The router that it is on is
    /// remembered by its `url`, so that it may get another name.
    #[attribute(optional, identity(mutable))]
    pub router: Option<String>,
}
