//! (plugin layer)
fn main() {}
