//! Objects of a router's configuration: one declaration each, and here what they all do alike.
//!
//! An object is a node of the configuration: a container that exists once, or a tag with a key. The engine sends what
//! differs as one list of deletes and sets, reads back, finds drift on its own leaves only, and takes the whole node
//! away at the end. Creating onto a node that is there already carries on where it is the same, and is refused with
//! the `import` block where it differs.

mod changes;
mod diagnose;
mod foresee;
mod leaving;
mod mapping;
mod node_path;
mod owned;
mod referrers;
mod required;
mod resource;
mod subtree;
mod target;
mod translate;

pub use diagnose::{Subject, no_router};
pub use mapping::{Field, Kind, LeftAlone, ValueFormat, joined};
pub use owned::Owner;
pub use referrers::Named;
pub use resource::RouterResource;
pub use subtree::Subtree;
pub use target::{RouterTarget, RouterTargetDraft};

use crate::connection::router::ConfigTree;
use tfplugin::provider::TypeName;
use tfplugin::{Diagnostic, Diagnostics, Model};

/// What a type is on the router.
pub struct Declaration {
    /// What it is called in messages.
    pub noun: &'static str,
    /// The component that VyOS commits it with: a container that exists once.
    pub component: &'static [&'static str],
    /// Where in it, if it is a tag.
    pub tag: Option<Tag>,
    /// What must be there before it.
    pub requires: Option<Requirement>,
    /// Its attributes.
    pub fields: &'static [Field],
    /// Tags below it that are objects of their own. It is not taken away while any is left.
    pub children: &'static [&'static str],
    /// What others name it as. It is not taken away while anything does.
    pub named: Option<Named>,
}

/// A tag node and the attribute that is its key.
pub struct Tag {
    /// The node's words below the component.
    pub node: &'static [&'static str],
    /// The same for IPv6 keys, where they have a node of their own.
    pub node_of_ipv6: Option<&'static [&'static str]>,
    /// The attribute.
    pub attribute: &'static str,
    /// What the key stands for.
    pub form: ValueFormat,
}

/// Something without which VyOS does not commit an object.
pub struct Requirement {
    /// Its words below the component.
    pub path: &'static [&'static str],
    /// The type that makes it.
    pub type_name: &'static str,
}

/// A type whose objects are nodes of a router's configuration.
pub trait RouterConfig: Model + TypeName {
    /// What it is on the router.
    const DECLARATION: &'static Declaration;

    /// The target in a draft.
    fn target(draft: &Self::Draft) -> &RouterTargetDraft;

    /// Rules between attributes that VyOS would only tell at the commit, or FRR never.
    fn validate_config(config: &Self::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Rules about what is planned: values of before may stay in the place of those that the configuration leaves out.
    fn check_planned(planned: &Self::Draft, diagnostics: &mut Diagnostics) {
        let _ = (planned, diagnostics);
    }

    /// Rules that need the rest of the component: what FRR would refuse after VyOS took it. Asked before anything is
    /// sent; the summary is left to the engine.
    fn fits(&self, component: &ConfigTree) -> Result<(), Box<Diagnostic>> {
        let _ = component;
        Ok(())
    }
}
