//! MicroK8s: what its commands print, how they end, and what they leave behind.

mod case;
mod nodes;
mod run;

pub use case::{Case, facts};
pub use nodes::{Ended, Node, NodesError, from_environment};
pub use run::run;
