use tfplugin_derive::Model;

/// Things.
#[derive(Model)]
struct NoDocComment {
    #[attribute(required)]
    name: String,
}

/// Things.
#[derive(Model)]
struct NobodySetsIt {
    /// What it is.
    name: String,
}

/// Things.
#[derive(Model)]
struct RequiredOption {
    /// What it is.
    #[attribute(required)]
    name: Option<String>,
}

/// Things.
#[derive(Model)]
struct RequiredComputed {
    /// What it is.
    #[attribute(required)]
    name: Computed<String>,
}

/// Things.
#[derive(Model)]
struct RequiredAndOptional {
    /// What it is.
    #[attribute(required, optional)]
    name: String,
}

/// Things.
#[derive(Model)]
struct OptionalWithoutOption {
    /// What it is.
    #[attribute(optional)]
    name: String,
}

/// Things.
#[derive(Model)]
struct ComputedWithoutComputed {
    /// What it is.
    #[attribute(computed)]
    name: String,
}

/// Things.
#[derive(Model)]
struct DefaultOfAnOption {
    /// What it is.
    #[attribute(default = 1)]
    size: Option<u8>,
}

/// Things.
#[derive(Model)]
struct DefaultAndComputed {
    /// What it is.
    #[attribute(computed, default = 1)]
    size: Computed<u8>,
}

/// Things.
#[derive(Model)]
struct BlockOfAnOption {
    /// What it is.
    #[attribute(block(max_items = 1))]
    disks: Option<Vec<Disk>>,
}

/// Things.
#[derive(Model)]
struct BlockWithoutMaxItems {
    /// What it is.
    #[attribute(block)]
    disks: Vec<Disk>,
}

/// Things.
#[derive(Model)]
struct BlockOfAnotherOption {
    /// What it is.
    #[attribute(block(most = 1))]
    disks: Vec<Disk>,
}

/// Things.
#[derive(Model)]
struct StateForWhatIsConfigured {
    /// What it is.
    #[attribute(optional, use_state_for_unknown)]
    name: Option<String>,
}

/// Things.
#[derive(Model)]
struct AdoptWhatIsComputed {
    /// What it is.
    #[attribute(optional, computed, adopt)]
    name: Computed<Option<String>>,
}

/// Things.
#[derive(Model)]
struct WriteOnlyFormOfWhatTheStateHolds {
    /// What it is.
    #[attribute(optional, write_only_form)]
    name: Option<String>,
}

/// Things.
#[derive(Model)]
struct WriteOnlyWithADefault {
    /// What it is.
    #[attribute(default = 1, write_only)]
    size: u8,
}

/// Things.
#[derive(Model)]
struct WriteOnlyAndRequired {
    /// What it is.
    #[attribute(required, write_only)]
    key: String,
}

/// Things.
#[derive(Model)]
struct IdentityThatChanges {
    /// What it is.
    #[attribute(required, identity)]
    name: String,
}

/// Things.
#[derive(Model)]
struct MutableIdentityThatDoesNotChange {
    /// What it is.
    #[attribute(required, requires_replace, identity(mutable))]
    name: String,
}

/// Things.
#[derive(Model)]
struct SecretIdentity {
    /// What it is.
    #[attribute(required, requires_replace, sensitive, identity)]
    name: String,
}

/// Things.
#[derive(Model)]
struct UnknownKindOfIdentity {
    /// What it is.
    #[attribute(required, identity(address))]
    name: String,
}

/// Things.
#[derive(Model)]
struct UnknownOption {
    /// What it is.
    #[attribute(required, force_new)]
    name: String,
}

fn main() {}
