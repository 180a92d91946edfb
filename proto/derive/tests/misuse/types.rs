use tfplugin_derive::Model;

#[derive(Model)]
struct NoDocComment {}

/// Things.
#[derive(Model)]
struct Unnamed(String);

/// Things.
#[derive(Model)]
enum NotAStruct {}

/// Things.
#[derive(Model)]
#[resource()]
struct NoTypeName {}

/// Things.
#[derive(Model)]
#[resource(type_name = "things_thing", schema_version = 1)]
struct UnknownOption {}

/// Things.
#[derive(Model)]
#[resource(type_name = "things_thing", version = 1)]
struct NoUpgrade {}

/// Things.
#[derive(Model)]
#[resource(type_name = "things_thing", upgrade = rename)]
struct NoVersion {}

/// Things.
#[derive(Model)]
#[data_source(type_name = "things_thing", version = 1, upgrade = rename)]
struct VersionOfADataSource {}

/// Things.
#[derive(Model)]
#[resource(type_name = "things_thing", upgrade_identity = rename)]
struct NoIdentityVersion {}

/// Things.
#[derive(Model)]
#[resource(type_name = "things_thing")]
#[data_source(type_name = "things_thing")]
struct TwoTypes {}

/// Things.
#[derive(Model)]
#[ephemeral_resource(type_name = "things_thing", version = 1, upgrade = rename)]
struct VersionOfAnEphemeralResource {}

/// Things.
#[derive(Model)]
#[ephemeral_resource(type_name = "things_thing")]
struct ReplacedThoughEphemeral {
    /// What it is.
    #[attribute(required, requires_replace)]
    name: String,
}

/// Things.
#[derive(Model)]
#[data_source(type_name = "things_thing")]
struct WriteOnlyThoughRead {
    /// What it is.
    #[attribute(optional, write_only)]
    name: Option<String>,
}

fn main() {}
