//! What a state holds, where it may be what no configuration could say.

use crate::draft::Draft;
use crate::model::Model;
use crate::plan::write_only;
use crate::provider::TypeName;
use crate::schema::Schema;
use crate::value::{Value, ValueError};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

/// An object of the model `T` as it was read, planned or stored. What others put into an object is not bound
/// to the rules for what is written: a value that `T` has no form for, such as a word where `T` wants an
/// address, is kept as it is, so that it shows as drift and its object can be changed and destroyed.
pub struct Held<T> {
    object: Value,
    /// Read when it is first asked for.
    model: OnceLock<Result<T, ValueError>>,
}

impl<T: Model> Held<T> {
    /// An object whose values are of the types in the schema.
    pub fn new(object: Value) -> Self {
        Self { object, model: OnceLock::new() }
    }

    /// The values, write-only ones included where it was planned.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// As the model; an error names the first value that it has no form for. It is read once, however often
    /// it is asked for.
    pub fn model(&self) -> Result<&T, ValueError> {
        self.model.get_or_init(|| T::decode(&self.object)).as_ref().map_err(Clone::clone)
    }

    /// As the model without what that has no form for; nothing where that cannot be left out.
    pub fn nearest(&self) -> Option<T> {
        let mut object = self.object.clone();
        // Ends: every round makes one value null, or a null unknown.
        loop {
            match T::decode(&object) {
                Ok(model) => return Some(model),
                Err(error) => match object.at_mut(&error.path)? {
                    Value::Unknown(_) => return None,
                    null @ Value::Null => *null = Value::unknown(),
                    other => *other = Value::Null,
                },
            }
        }
    }
}

/// A draft and the object that it was read from.
pub(crate) struct Drafted<D> {
    pub(crate) draft: D,
    object: Value,
}

/// A planned object as typed code sees it before apply. What is kept from a state and has no form is not
/// known to it. What is equal in `like` is not read again.
pub(crate) fn draft<D: Draft>(
    planned: &Value,
    config: &Value,
    like: Option<&Drafted<D>>,
) -> Result<Drafted<D>, ValueError> {
    let mut object = planned.clone();
    // Ends: every round makes one value unknown.
    loop {
        let draft = match like {
            Some(like) => D::decode_like(&object, &like.draft, &like.object),
            None => D::decode(&object),
        };
        let error = match draft {
            Ok(draft) => return Ok(Drafted { draft, object }),
            Err(error) => error,
        };
        let is_kept = config.at(&error.path).is_none_or(Value::is_null);
        match object.at_mut(&error.path) {
            Some(value) if is_kept && !value.is_unknown() => *value = Value::unknown(),
            _ => return Err(error),
        }
    }
}

impl<T: Clone> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self { object: self.object.clone(), model: self.model.clone() }
    }
}

/// Hidden: it may hold secrets.
impl<T> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}

impl<T: Model> Model for Held<T> {
    type Draft = T::Draft;

    fn schema() -> &'static Schema {
        T::schema()
    }

    fn decode(object: &Value) -> Result<Self, ValueError> {
        Ok(Self::new(object.clone()))
    }

    fn encode(&self) -> Value {
        write_only::fill(&T::schema().attributes, &self.object, &Value::Null)
    }
}

impl<T: TypeName> TypeName for Held<T> {
    const TYPE_NAME: &'static str = T::TYPE_NAME;
    const VERSION: i64 = T::VERSION;

    fn upgrade(version: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
        T::upgrade(version, state)
    }

    const IDENTITY_VERSION: i64 = T::IDENTITY_VERSION;

    fn upgrade_identity(version: i64, identity: &mut BTreeMap<String, Value>) -> Result<(), String> {
        T::upgrade_identity(version, identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Semantic;
    use crate::{Model, Path};
    use std::net::Ipv4Addr;

    /// A thing.
    #[derive(Clone, Debug, Model)]
    #[resource(type_name = "test_thing")]
    struct Thing {
        /// Where it is.
        #[attribute(optional)]
        address: Option<Semantic<Ipv4Addr>>,
        /// How large it is.
        #[attribute(required)]
        size: u8,
        /// A key.
        #[attribute(optional, write_only)]
        secret: Option<String>,
    }

    fn held(address: &str, size: i64) -> Held<Thing> {
        let text = |text: &str| Value::String(text.to_owned());
        let members =
            [("address", text(address)), ("size", Value::Number(size.into())), ("secret", text("s"))];
        let object = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Held::decode(&Value::Object(object)).unwrap()
    }

    #[test]
    fn what_has_no_form_is_held_as_it_is_and_left_out_where_it_can_be() {
        let odd = held("2001:db8::1", 7);
        assert_eq!(odd.encode().attribute("address").as_str(), Some("2001:db8::1"));
        assert!(odd.encode().attribute("secret").is_null(), "write-only values are not stored");
        assert_eq!(odd.model().unwrap_err().path, Path::from("address"));
        let nearest = odd.nearest().unwrap();
        assert!(nearest.address.is_none() && nearest.size == 7 && nearest.secret.is_some());
        assert!(held("10.0.0.1", 256).nearest().is_none());
        assert!(held("10.0.0.1", 255).model().is_ok());
    }
}
