//! Misuse of the derive macros.
use tfplugin::{Computed, Object};

/// Things.
#[derive(Clone, Object)]
struct Thing {
    /// A name.
    #[attribute(computed)]
    name: String,
}

fn main() {
    let _ = Computed::Known(1);
}
