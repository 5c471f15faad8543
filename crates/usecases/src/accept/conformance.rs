//! Does an event fit the catalogue?
//! The check of a strict workspace: its type is described and not archived, and its payload fits the schema in force. A
//! workspace that is not strict costs no read.
//!
//! How a schema is compiled is injected, so that only the function that checks events holds a validator.

use std::fmt;
use std::sync::Arc;

use catalogue::{Mistake, Validate};
use domain::access::workspace::Workspace;
use domain::catalogue::EventTypeDescription;
use domain::catalogue::near::near;
use domain::catalogue::strictness::{Misfit, Strictness};
use domain::event::event_type::EventType;
use domain::problem::FieldError;
use domain::timestamp::Timestamp;
use serde_json::Value;
use store::StoreError;

use crate::accept::event_request::EventRequest;
use crate::context::Context;
use crate::context::loading_cache::LoadingCache;
use crate::error::{Fault, UseCaseError};
use crate::telemetry::count_misfits::MisfitCounter;

/// Makes a schema a [`Validate`].
pub type Compile = fn(&Value) -> Result<Validate, Vec<Mistake>>;

/// The most schemas that one process keeps compiled.
const VALIDATORS: u64 = 500;

/// A version of a schema. A name that was deleted and described again has other versions.
type VersionKey = (EventType, Timestamp, u32);

/// Checks events against the catalogue. Clones share what they have compiled and counted.
#[derive(Clone)]
pub(crate) struct Conformance {
    compile: Compile,
    /// Versions never change, so they stay as long as there is room.
    validators: LoadingCache<VersionKey, Validate>,
    pub(crate) counter: MisfitCounter,
}

impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance").finish_non_exhaustive()
    }
}

impl Conformance {
    pub(crate) fn new(compile: Compile) -> Self {
        let validators = LoadingCache::new(VALIDATORS);
        Self { compile, validators, counter: MisfitCounter::default() }
    }

    /// Refuses or counts an event that does not fit, as the workspace says.
    ///
    /// # Errors
    /// [`domain::problem::Problem::Invalid`] where the workspace refuses; [`Fault`] when the table cannot be read.
    pub(crate) async fn check(
        &self,
        context: &Context,
        workspace: &Workspace,
        request: &EventRequest,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        if workspace.strict.is_off() {
            return Ok(());
        }
        let Some(misfit) = self.misfit(context, request).await? else { return Ok(()) };
        match (workspace.strict, misfit) {
            (Strictness::Refuse, Misfit::Undescribed(_)) => {
                let names = context.cache.event_type_names().await?;
                let mut shown = Vec::new();
                for name in near(&request.event_type, names.iter()) {
                    // A producer shall not learn of hidden types, and cannot send archived ones.
                    let described = context.cache.event_type(name).await?;
                    if described.is_some_and(|found| !found.settings.hidden && !found.settings.archived) {
                        shown.push(name.clone());
                    }
                }
                Err(Misfit::Undescribed(shown).problem().into())
            }
            (Strictness::Refuse, misfit) => Err(misfit.problem().into()),
            (Strictness::Off | Strictness::Warn, misfit) => {
                self.counter.count(workspace.id, &request.event_type, misfit, now);
                Ok(())
            }
        }
    }

    /// Why an event does not fit; `None` if it does.
    async fn misfit(&self, context: &Context, request: &EventRequest) -> Result<Option<Misfit>, Fault> {
        let described = context.cache.event_type(&request.event_type).await?;
        let described = match Misfit::of_type(described.as_deref()) {
            Ok(described) => described,
            Err(misfit) => return Ok(Some(misfit)),
        };
        let Some(validate) = self.validator(context, described).await? else { return Ok(None) };
        let mistakes = match serde_json::from_str::<Value>(request.data.get()) {
            Ok(payload) => validate(&payload),
            // JSON, but with a number that is too large to be read.
            Err(error) => {
                vec![Mistake { pointer: String::new(), detail: format!("cannot be read: {error}") }]
            }
        };
        let below = |Mistake { pointer, detail }| FieldError { pointer: format!("/data{pointer}"), detail };
        let errors: Vec<_> = mistakes.into_iter().map(below).collect();
        Ok((!errors.is_empty()).then_some(Misfit::Mismatch(errors)))
    }

    /// The check of the schema in force; `None` where there is none.
    async fn validator(
        &self,
        context: &Context,
        described: &EventTypeDescription,
    ) -> Result<Option<Validate>, Fault> {
        if described.version == 0 {
            return Ok(None);
        }
        let key = (described.name.clone(), described.created_at, described.version);
        let load = || async {
            let version = context.store.schema_version(described, described.version).await?;
            // A description that is deleted at this moment has lost it: that is not remembered.
            let Some(version) = version else { return Ok::<_, StoreError>(None) };
            Ok(Some((self.compile)(&version.schema).unwrap_or_else(|mistakes| {
                let (name, version) = (&described.name, described.version);
                tracing::warn!(event_type = %name, version, ?mistakes, "a schema of the catalogue cannot be compiled; its events are not checked");
                Arc::new(|_: &Value| Vec::new())
            })))
        };
        self.validators.find_or_load(key, load).await
    }
}
