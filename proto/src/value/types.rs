//! Type constraints and their JSON form.

use std::collections::BTreeMap;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Text.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Any type; the value says which.
    Dynamic,
    /// Ordered elements of one type.
    List(Box<Type>),
    /// Unordered elements of one type.
    Set(Box<Type>),
    /// Elements of one type by key.
    Map(Box<Type>),
    /// A fixed number of elements.
    Tuple(Vec<Type>),
    /// Named attributes.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// The JSON form, as in `Attribute.type` and in the header of a dynamic value.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Tuple(elements) => json!(["tuple", elements.iter().map(Self::to_json).collect::<Vec<_>>()]),
            Self::Object(attributes) => {
                let members: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, of)| (name.clone(), of.to_json())).collect();
                json!(["object", members])
            }
        }
    }

    /// Reads the JSON form.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        let bad = || format!("{json} is not a type constraint");
        if let Some(name) = json.as_str() {
            return match name {
                "string" => Ok(Self::String),
                "number" => Ok(Self::Number),
                "bool" => Ok(Self::Bool),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(bad()),
            };
        }
        let parts = json.as_array().ok_or_else(bad)?;
        let (Some(kind), Some(of)) = (parts.first().and_then(|kind| kind.as_str()), parts.get(1)) else {
            return Err(bad());
        };
        match kind {
            "list" => Ok(Self::List(Box::new(Self::from_json(of)?))),
            "set" => Ok(Self::Set(Box::new(Self::from_json(of)?))),
            "map" => Ok(Self::Map(Box::new(Self::from_json(of)?))),
            "tuple" => {
                let elements = of.as_array().ok_or_else(bad)?;
                Ok(Self::Tuple(elements.iter().map(Self::from_json).collect::<Result<_, _>>()?))
            }
            "object" => {
                let members = of.as_object().ok_or_else(bad)?;
                let member =
                    |(name, of): (&String, &serde_json::Value)| Ok((name.clone(), Self::from_json(of)?));
                Ok(Self::Object(members.iter().map(member).collect::<Result<_, String>>()?))
            }
            _ => Err(bad()),
        }
    }
}
