use tfplugin_derive::Parameters;

#[derive(Parameters)]
#[function(name = "things")]
struct NoDocComment {}

/// Things.
#[derive(Parameters)]
struct NoFunction {}

/// Things.
#[derive(Parameters)]
#[function()]
struct NoName {}

/// Things.
#[derive(Parameters)]
#[function(name = "things", summary = "Things")]
struct UnknownOption {}

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
#[function(name = "others")]
struct TwoNames {}

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
struct Unnamed(String);

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
enum NotAStruct {}

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
struct ParameterWithoutDocComment {
    name: String,
}

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
struct ComputedParameter {
    /// What it is.
    name: Computed<String>,
}

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
struct VariadicWithoutVec {
    /// What they are.
    #[parameter(variadic)]
    names: Option<Vec<String>>,
}

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
struct VariadicBeforeOthers {
    /// What they are.
    #[parameter(variadic)]
    names: Vec<String>,
    /// What comes behind.
    last: String,
}

/// Things.
#[derive(Parameters)]
#[function(name = "things")]
struct UnknownOptionOfAParameter {
    /// What it is.
    #[parameter(allow_null)]
    name: String,
}

fn main() {}
