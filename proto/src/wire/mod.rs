//! Between the protocol's messages and what the rest of the crate works with.

mod diagnostic;
mod function;
mod printable;
mod schema;
mod value;

pub(crate) use diagnostic::{attribute_path, diagnostics};
pub(crate) use function::function;
pub(crate) use printable::printable;
pub(crate) use schema::schema;
pub(crate) use value::{from_dynamic, to_dynamic};

macro_rules! compiled {
    ($($(#[$doc:meta])* $name:ident: $package:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[expect(
            unreachable_pub,
            clippy::all,
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            reason = "compiled from the protocol's definition, which has more than is used"
        )]
        pub(crate) mod $name {
            tonic::include_proto!($package);
        }
    )*};
}

compiled! {
    /// The provider's own service.
    tfplugin6: "tfplugin6",
    /// What go-plugin expects of every plugin.
    goplugin: "plugin",
    /// Whether the process is well.
    health: "grpc.health.v1",
}
