//! What if a request was refused for a wrong secret?
//! The replay of a received request: it is verified and accepted again, as of the instant when it came, by the secrets that
//! the source has now. Events that were accepted before are duplicates.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::changes::Changes;
use domain::audit::{Action, Change};
use domain::id::{ReceivedRequestId, SourceId};
use domain::problem::Problem;
use domain::source::Source;
use domain::source::received::ReceivedRequest;
use serde_json::json;

use crate::error::UseCaseError;
use crate::manage::manage_source::find_source;
use crate::receive::receive_request::{When, process, refusal_before_reading};
use crate::receive::receiving::Receiving;

/// Verifies and accepts a received request again; what was found now.
///
/// # Errors
/// [`Problem::NotFound`] when the source or the request does not exist any more; [`Problem::MissingScope`] without
/// `sources`.
pub async fn replay_request(
    receiving: &Receiving,
    caller: &ApiKey,
    source: SourceId,
    request: ReceivedRequestId,
) -> Result<(Source, ReceivedRequest), UseCaseError> {
    // 1. Which request?
    let context = &receiving.intake.context;
    let source = find_source(context, caller, Scope::Sources, source).await?;
    let workspace = context.cache.workspace(source.workspace_id).await?.ok_or(Problem::NotFound("source"))?;
    let now = context.clock.now();
    let kept = context.store.load_received_request(source.key(), request, now).await?;
    let (mut kept, raw) = kept.ok_or(Problem::NotFound("received request"))?;

    // 2. Write the audit entry before anything is sent.
    let changes = Changes::asked_for([("request_id", json!(request))]);
    let change = Change::of_source(Action::SourceRequestReplayed, &source, changes);
    context.store.save_audit_entry(&context.entry(caller, change)).await?;

    // 3. Verify and accept it, as of when it came.
    let when = When { received_at: kept.received_at, now };
    let processed = match refusal_before_reading(&source, kept.body_bytes) {
        Some(processed) => processed,
        None => process(receiving, Arc::new(source.clone()), &workspace, (request, &raw), when).await,
    };

    // 4. Keep what was found.
    processed.found(&mut kept);
    kept.replayed_at = Some(now);
    context.store.update_received_request(source.key(), &kept).await?;
    Ok((source, kept))
}
