//! How is JSON checked by a JSON Schema?
//! By two functions that are handed in: a function that never checks a schema does not carry the library that does.

use domain::action::parameters::misfits_of_names;
use domain::problem::FieldError;
use serde_json::Value;

/// The two functions.
#[derive(Clone, Copy)]
pub struct Schemas {
    mistakes: fn(&Value) -> Vec<FieldError>,
    misfits: fn(&Value, &Value) -> Vec<FieldError>,
}

impl Schemas {
    /// By JSON Schema 2020-12.
    pub fn json_schema() -> Self {
        Self {
            mistakes: |schema| {
                catalogue::Schema::compile(schema).err().into_iter().flatten().map(error).collect()
            },
            misfits: |schema, value| match catalogue::Schema::compile(schema) {
                Ok(schema) => schema.validate(value).into_iter().map(error).collect(),
                Err(mistakes) => mistakes.into_iter().map(error).collect(),
            },
        }
    }

    /// By the names of an object's members alone, for a function without the library.
    pub fn names_only() -> Self {
        Self { mistakes: |_| Vec::new(), misfits: misfits_of_names }
    }

    /// What is wrong with a schema, with pointers into it.
    pub fn mistakes(&self, schema: &Value) -> Vec<FieldError> {
        (self.mistakes)(schema)
    }

    /// What of `value` does not fit the schema, with pointers into the value.
    pub fn misfits(&self, schema: &Value, value: &Value) -> Vec<FieldError> {
        (self.misfits)(schema, value)
    }
}

fn error(catalogue::Mistake { pointer, detail }: catalogue::Mistake) -> FieldError {
    FieldError { pointer, detail }
}

impl std::fmt::Debug for Schemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schemas")
    }
}
