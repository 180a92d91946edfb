//! Values that several families of types share, and the checks of them. Knows no connection and no type.

mod address_range;
mod asn;
mod go_duration;
mod host;
mod number;
mod object_names;
mod one_line;

pub use address_range::AddressRange;
pub use asn::Asn;
pub use go_duration::GoDuration;
pub use host::Host;
pub use number::within;
pub use object_names::{namespace_name, object_name, some_namespace, some_object};
pub use one_line::one_line;
