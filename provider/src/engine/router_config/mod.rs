//! Objects of a router's configuration: one declaration each, and here what they all do alike.
//!
//! An object is a node of the configuration: a container that exists once, or a tag with a key. The engine
//! sends what differs as one list of deletes and sets, reads back, finds drift on its own leaves only, and
//! takes the whole node away at the end. Creating onto a node that is there already carries on where it is
//! the same, and is refused with the `import` block where it differs.

mod changes;
mod conf_rules;
mod declaration;
mod diagnose;
mod foresee;
mod layout;
mod leaving;
mod list;
mod mapping;
mod node_path;
mod owned;
mod references;
mod resource;
mod seen;
mod subtree;
mod target;
mod translate;
mod uncovered;

pub use declaration::{Declaration, Paths};
pub use diagnose::{Subject, no_router};
pub use layout::{Layout, Tag, layout};
pub use list::{RouterObjects, RouterPaths};
pub use mapping::{Field, Kind, LeftAlone, ValueFormat};
pub use owned::Owner;
pub use references::{FamilyMember, References, Refers, attribute_references};
pub use resource::RouterResource;
pub use subtree::Subtree;
pub use target::RouterTarget;

use crate::connection::router::{ConfigTree, Veto};
use tfplugin::provider::TypeName;
use tfplugin::{Diagnostics, Model};

/// A type whose objects are nodes of a router's configuration.
pub trait RouterConfig: Model + TypeName + FamilyMember {
    /// What it is on the router.
    const DECLARATION: Declaration;

    /// Rules between attributes that VyOS would only tell at the commit, or FRR never.
    fn validate_config(config: &Self::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Rules about what is planned: values of before may stay in the place of those that the configuration
    /// leaves out.
    fn check_planned(planned: &Self::Draft, diagnostics: &mut Diagnostics) {
        let _ = (planned, diagnostics);
    }

    /// Rules that need the rest of the component: what FRR would refuse after VyOS took it. Asked before
    /// anything is sent.
    fn fits(&self, component: &ConfigTree) -> Result<(), Veto> {
        let _ = component;
        Ok(())
    }
}
