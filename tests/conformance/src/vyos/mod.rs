//! VyOS: what its HTTPS API takes, refuses and answers.

mod case;
mod run;
mod target;
mod values;

pub use case::{Case, facts};
pub use run::run;
pub use target::{Target, TargetError, Trust};
