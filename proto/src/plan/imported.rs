//! Import: by id and by identity are one, for an id only names an identity.

use super::erased::{TypedResource, finish};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::identity::{self, Identity, Wanted};
use crate::model::{Model, StringRule};
use crate::provider::TypeName;
use crate::resource::Resource;
use crate::value::Value;

impl<R: Resource> TypedResource<R>
where
    R::Model: TypeName,
{
    /// Which object is to be imported.
    pub(super) fn wanted(
        context: &Context<R::Provider>,
        wanted: &Wanted,
        rule: StringRule,
    ) -> Result<Identity, Diagnostics> {
        let schema = R::Model::schema();
        let forms = R::import_forms();
        let named = match wanted {
            Wanted::Identity(Value::Object(parts)) => Identity::new(parts.clone()),
            Wanted::Id(id) if identity::has_one(schema) => {
                R::identity_of(context, id).ok_or_else(|| identity::names_nothing::<R::Model>(id, &forms))?
            }
            Wanted::Id(_) | Wanted::Identity(_) => Identity::default(),
        };
        identity::resolve::<R::Model>(schema, wanted, named, &forms, rule)
    }

    pub(super) async fn imported(
        &self,
        context: &Context<R::Provider>,
        wanted: &Wanted,
        rule: StringRule,
        private: &mut R::Private,
    ) -> Result<Value, Diagnostics> {
        let schema = R::Model::schema();
        let identity = Self::wanted(context, wanted, rule)?;
        let model = context.unless_stopped(R::import_state(context, &identity, private)).await?;
        let object = finish(schema, &Value::Null, &model)?;
        identity::check_imported::<R::Model>(schema, &identity, &object)?;
        Ok(object)
    }
}
