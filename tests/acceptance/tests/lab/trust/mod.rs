//! What is refused, and what peers that are not to be trusted cannot do.

mod bad_input;
mod hostile;
mod hostile_peers;
mod secrets;
