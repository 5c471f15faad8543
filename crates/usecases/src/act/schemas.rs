//! How is JSON checked by a JSON Schema?
//! By a function that is handed in: a function that never checks a schema does not carry the library that does.

use std::sync::Arc;

use catalogue::{Mistake, Validate};
use domain::action::Action;
use domain::action::parameters::{closed, misfits_of_names};
use domain::id::EndpointId;
use domain::problem::FieldError;
use serde_json::Value;

use crate::accept::conformance::Compile;

/// The most schemas that one process keeps compiled.
const VALIDATORS: u64 = 500;

/// How schemas are compiled.
#[derive(Clone, Copy)]
pub struct Schemas(Compile);

impl Schemas {
    /// By JSON Schema 2020-12.
    pub fn json_schema() -> Self {
        Self(catalogue::validator)
    }

    /// By the names of an object's members alone, for a function without the library.
    pub fn names_only() -> Self {
        Self(|schema| {
            let schema = schema.clone();
            let mistake = |FieldError { pointer, detail }| Mistake { pointer, detail };
            Ok(Arc::new(move |value: &Value| {
                misfits_of_names(&schema, value).into_iter().map(mistake).collect()
            }))
        })
    }

    /// What is wrong with a schema, with pointers into it.
    pub fn mistakes(self, schema: &Value) -> Vec<FieldError> {
        (self.0)(schema).err().into_iter().flatten().map(error).collect()
    }
}

/// The schemas of actions, each compiled once while there is room. Clones share them.
#[derive(Clone)]
pub struct Validators {
    schemas: Schemas,
    // What a revision has never changes.
    compiled: moka::future::Cache<(EndpointId, u64, Part), Validate>,
}

/// Which schema of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Parameters,
    Result,
}

impl Validators {
    /// With none compiled yet.
    pub fn new(schemas: Schemas) -> Self {
        Self { schemas, compiled: moka::future::Cache::builder().max_capacity(VALIDATORS).build() }
    }

    /// What of `parameters` does not fit the action, with pointers into them.
    pub(crate) async fn misfits_of_parameters(&self, action: &Action, parameters: &Value) -> Vec<FieldError> {
        let key = (action.endpoint_id(), action.revision, Part::Parameters);
        let check = self.check(key, || closed(&action.settings.parameters)).await;
        check(parameters).into_iter().map(error).collect()
    }

    /// The check of a result by the action's `result_schema`; `None` if it has none.
    pub(crate) async fn check_of_result(&self, action: &Action) -> Option<Validate> {
        let schema = action.settings.result_schema.as_ref()?;
        let key = (action.endpoint_id(), action.revision, Part::Result);
        Some(self.check(key, || schema.clone()).await)
    }

    async fn check(&self, key: (EndpointId, u64, Part), schema: impl FnOnce() -> Value + Send) -> Validate {
        let compile = async {
            // A schema is checked when it is saved. One that cannot be compiled any more fits nothing.
            (self.schemas.0)(&schema()).unwrap_or_else(|mistakes| Arc::new(move |_: &Value| mistakes.clone()))
        };
        self.compiled.get_with(key, compile).await
    }
}

/// A mistake as the API shows it.
pub(crate) fn error(Mistake { pointer, detail }: Mistake) -> FieldError {
    FieldError { pointer, detail }
}

impl std::fmt::Debug for Schemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schemas")
    }
}

impl std::fmt::Debug for Validators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Validators")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use serde_json::json;

    static COMPILED: AtomicUsize = AtomicUsize::new(0);

    fn counted(schema: &Value) -> Result<Validate, Vec<Mistake>> {
        COMPILED.fetch_add(1, Ordering::Relaxed);
        catalogue::validator(schema)
    }

    #[tokio::test]
    async fn a_schema_is_compiled_once_for_each_revision_of_an_action() {
        let validators = Validators::new(Schemas(counted));
        let id = |byte| EndpointId::from_bytes([byte; 16]);
        for (key, schema, misfits, compiled) in [
            ((id(1), 1, Part::Parameters), json!({ "type": "object" }), 1, 1),
            ((id(1), 1, Part::Parameters), json!({ "type": "object" }), 1, 1),
            ((id(1), 1, Part::Result), json!({ "type": "integer" }), 0, 2),
            ((id(1), 2, Part::Parameters), json!({ "type": "integer" }), 0, 3),
            ((id(2), 1, Part::Parameters), json!({ "type": "text" }), 1, 4),
            ((id(1), 1, Part::Parameters), json!({ "type": "object" }), 1, 4),
        ] {
            let check = validators.clone().check(key, || schema.clone()).await;
            assert_eq!(check(&json!(7)).len(), misfits, "{key:?}");
            assert_eq!(COMPILED.load(Ordering::Relaxed), compiled, "{key:?}");
        }
    }
}
