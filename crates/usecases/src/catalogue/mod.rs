//! How is the catalogue of event types read and changed?
//! Use cases for descriptions and their schemas, imports, and what was seen beside the catalogue. There is one catalogue for
//! the installation: a key for all workspaces with the scope `catalogue` changes it, and every key reads what is not hidden.

pub mod describe;
pub mod import;
pub mod read;
pub mod seen;
pub mod versions;

use catalogue::{Mistake, Schema};
use domain::access::api_key::{ApiKey, Scope};
use domain::catalogue::EventTypeDescription;
use domain::event::event_type::EventType;
use domain::problem::{FieldError, Problem};
use serde_json::Value;

use crate::context::Context;
use crate::error::UseCaseError;

/// An event type with the schema that is in force, if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedType {
    /// What describes it.
    pub described: EventTypeDescription,
    /// Its schema.
    pub schema: Option<Value>,
}

/// Requires that the caller may change the catalogue.
fn require_author(caller: &ApiKey) -> Result<(), Problem> {
    caller.require(Scope::Catalogue)?;
    match caller.workspace_id {
        None => Ok(()),
        // No key of a workspace has it, whatever it lists.
        Some(_) => Err(Problem::MissingScope(Scope::Catalogue.as_str())),
    }
}

/// Whether the caller sees an event type: those who change the catalogue see hidden ones.
fn sees(caller: &ApiKey, described: &EventTypeDescription) -> bool {
    !described.settings.hidden || require_author(caller).is_ok()
}

/// An event type as it is in the table, if the caller sees it.
async fn find(
    context: &Context,
    caller: &ApiKey,
    name: &EventType,
) -> Result<EventTypeDescription, UseCaseError> {
    let described = context.store.load_event_type(name).await?.filter(|described| sees(caller, described));
    Ok(described.ok_or(Problem::NotFound("event type"))?)
}

/// The schema in force of an event type.
async fn schema_of(
    context: &Context,
    described: &EventTypeDescription,
) -> Result<Option<Value>, UseCaseError> {
    if described.version == 0 {
        return Ok(None);
    }
    let version = context.store.schema_version(described, described.version).await?;
    Ok(version.map(|version| version.schema))
}

/// Checks a schema and the example that must fit it; `pointer` leads to the schema.
fn check_schema(schema: &Value, example: Option<&Value>, pointer: &str) -> Result<(), Problem> {
    let schema = Schema::compile(schema).map_err(|mistakes| invalid(mistakes, pointer))?;
    let mistakes = example.map(|example| schema.validate(example)).unwrap_or_default();
    if mistakes.is_empty() { Ok(()) } else { Err(invalid(mistakes, "/example")) }
}

/// Mistakes as a problem, below `pointer`.
fn invalid(mistakes: Vec<Mistake>, pointer: &str) -> Problem {
    let below = |Mistake { pointer: at, detail }| FieldError { pointer: format!("{pointer}{at}"), detail };
    Problem::Invalid(mistakes.into_iter().map(below).collect())
}
