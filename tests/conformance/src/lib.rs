//! What the provider relies on of its targets, as facts that anybody can hold against a target of theirs.
//!
//! A fact is data, with its source, the releases that it is about and the day on which it was read or tried.
//! The same facts are held against the stand-ins in every run of the tests, so that a lab can be believed as
//! far as they go, and against a real target by whoever has one. Nothing is written but what a fact says, and
//! all of it is taken away again.

mod facts;
pub mod microk8s;
mod report;
pub mod vyos;

pub use facts::FactError;
pub use report::Report;
