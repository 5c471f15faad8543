//! What becomes of a request that comes to a source's address?
//! Receive, verify, accept, keep, answer. The answer promises: what it acknowledges is durable, the events of a valid
//! request as well as the record of a refused one.
//!
//! Valid, invalid and error are three things. Only an error is answered with 5xx by itself: a provider that gets 4xx may
//! drop its event for good. A refusal is answered as the provider's documentation says.

use std::sync::Arc;
use std::time::Duration;

use domain::access::workspace::Workspace;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::id::ReceivedRequestId;
use domain::policy::outcome::Outcome;
use domain::problem::Problem;
use domain::source::received::{RawRequest, Reason, ReceivedRequest, Verdict};
use domain::source::token::SourceToken;
use domain::source::{DEDUPE_FOR, MAX_BODY_BYTES, Source};
use domain::timestamp::Timestamp;
use providers::adapter::{Answer, OneTime, Refusal};
use tokio::time::Instant;

use crate::accept::event_request::sha256;
use crate::error::{Fault, UseCaseError, chain};
use crate::receive::accept_events::{Stopped, Tally, accept_events};
use crate::receive::examine::{Examined, Found, examine_by_newest};
use crate::receive::receiving::Receiving;

/// The confirmation of an SNS subscription: it must fit into the 15 s that SNS waits.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that was kept, and the answer that its provider gets.
#[derive(Debug)]
pub struct Received {
    /// The source.
    pub source: Arc<Source>,
    /// What was found, as it is kept.
    pub request: ReceivedRequest,
    /// The deliveries that were queued.
    pub deliveries: u32,
    /// The provider's answer.
    pub answer: Answer,
}

/// A body above this size is kept before its events are accepted: they may leave parts of it out, and refer to it.
const KEPT_FIRST_ABOVE_BYTES: usize = 48 * 1024;

/// When a request came, and when it is judged by the secrets in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    pub(super) received_at: Timestamp,
    pub(super) now: Timestamp,
}

/// What was found about a request and done with it.
pub(super) struct Processed {
    pub(super) verdict: Verdict,
    pub(super) refusal: Option<Refusal>,
    pub(super) tally: Tally,
    pub(super) answer: Answer,
}

/// Receives a request. `body_bytes` is the length of its body, which is missing in `raw` if it is too large.
///
/// # Errors
/// [`Problem::NotFound`] when no source has the address; [`Fault`] when the record of it could not be kept.
pub async fn receive_request(
    receiving: &Receiving,
    token: &SourceToken,
    raw: RawRequest,
    body_bytes: usize,
) -> Result<Received, UseCaseError> {
    let (context, began) = (&receiving.intake.context, Instant::now());
    let now = context.clock.now();

    // 1. Whose address is it? Nothing else is said about an unknown one.
    let unknown = Problem::NotFound("address");
    let source = context.cache.source_of_token(token).await?.ok_or_else(|| unknown.clone())?;
    let workspace = context.cache.workspace(source.workspace_id).await?.ok_or(unknown)?;

    // 2. A body that its events may not hold is kept first: they refer to it.
    let id = ReceivedRequestId::new(now, context.randomness.id());
    let begun = ReceivedRequest::begun(id, now, raw.method.clone(), body_bytes);
    let expires_at = workspace.expiry(now);
    let is_kept = raw.body.len() > KEPT_FIRST_ABOVE_BYTES;
    if is_kept {
        context.store.save_received_request(source.key(), &begun, &raw, expires_at).await?;
    }

    // 3. Verify it, and accept its events.
    let processed = match refusal_before_reading(&source, body_bytes) {
        Some(processed) => processed,
        None => {
            let when = When { received_at: now, now };
            process(receiving, Arc::clone(&source), &workspace, (id, &raw), when).await
        }
    };

    // 4. Keep it, with what was found.
    let deliveries = processed.tally.deliveries;
    let mut request = begun;
    request.status = processed.answer.status;
    request.duration_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    let answer = processed.found(&mut request);
    match is_kept {
        true => drop(context.store.update_received_request(source.key(), &request).await?),
        false => context.store.save_received_request(source.key(), &request, &raw, expires_at).await?,
    }
    Ok(Received { source, request, deliveries, answer })
}

/// What needs no look at the request itself.
pub(super) fn refusal_before_reading(source: &Source, body_bytes: usize) -> Option<Processed> {
    if body_bytes > MAX_BODY_BYTES {
        let detail = format!("its body is larger than {MAX_BODY_BYTES} bytes, so it was not kept");
        return Some(Processed::refused(source, Refusal::new(Reason::BodyTooLarge, detail)));
    }
    if !source.settings.active {
        let detail =
            "the source is switched off; switch it on and replay the request, or wait for its repetition";
        return Some(Processed::failed(Reason::SourceInactive, detail));
    }
    None
}

/// Verifies a request and accepts its events.
pub(super) async fn process(
    receiving: &Receiving,
    source: Arc<Source>,
    workspace: &Arc<Workspace>,
    (id, raw): (ReceivedRequestId, &RawRequest),
    when: When,
) -> Processed {
    // 1. Does it come from the provider?
    let (source, examined) = examine_by_newest(receiving, source, raw, when).await;
    let found = match examined {
        Ok(Examined::Valid(found)) => found,
        Ok(Examined::Invalid(refusal)) => return Processed::refused(&source, refusal),
        Ok(Examined::Undecided(refusal)) => return Processed::failed(refusal.reason, refusal.detail),
        Err(fault) => return Processed::faulty(&fault),
    };

    // 2. Was its signature, which does not cover the body, used with another one?
    match is_first_use(receiving, &source, &found, when.now).await {
        Ok(true) => {}
        Ok(false) => {
            let detail = "its token came before with other content, which its signature does not cover";
            return Processed::refused(&source, Refusal::new(Reason::SignatureReused, detail));
        }
        Err(fault) => return Processed::faulty(&fault),
    }

    // 3. Accept its events.
    let mut tally = Tally::default();
    let parts = (id, found.parts.as_slice());
    let accepted = accept_events(&receiving.intake, &source, workspace, parts, &mut tally).await;
    let processed = match accepted {
        Ok(Ok(())) => Processed::valid(found.answer),
        Ok(Err(Stopped { reason, detail })) => Processed::failed(reason, detail),
        Err(fault) => Processed::faulty(&fault),
    };
    let processed = Processed { tally, ..processed };

    // 4. Confirm the subscription that it asks for.
    match found.confirm {
        Some(url) if processed.verdict == Verdict::Valid => confirm(receiving, &url, processed).await,
        _ => processed,
    }
}

async fn is_first_use(
    receiving: &Receiving,
    source: &Source,
    found: &Found,
    now: Timestamp,
) -> Result<bool, Fault> {
    let Some(OneTime { token, content }) = &found.one_time else { return Ok(true) };
    let (token, content) = (sha256(&[token.as_bytes()]), sha256(&[content.as_bytes()]));
    let store = &receiving.intake.context.store;
    Ok(store.claim_one_time_token(source.key(), &token, &content, now.plus(DEDUPE_FOR)).await?)
}

/// Calls the address by which a subscription is confirmed. The adapter has found it to be AWS's own.
async fn confirm(receiving: &Receiving, url: &str, processed: Processed) -> Processed {
    let detail = match EndpointUrl::parse(url, &AllowedTargets::public_only()) {
        Err(error) => error.to_string(),
        Ok(url) => match receiving.egress.fetch(&url, 4_096, CONFIRM_TIMEOUT).await {
            Outcome::Answered(answer) if (200..300).contains(&answer.status) => return processed,
            Outcome::Answered(answer) => format!("SNS answered {}", answer.status),
            Outcome::Unreachable(class) => format!("SNS could not be reached ({})", class.as_str()),
        },
    };
    Processed::failed(
        Reason::ConfirmationFailed,
        format!("the subscription could not be confirmed: {detail}"),
    )
}

impl Processed {
    /// Writes down what was found; the provider's answer.
    pub(super) fn found(self, request: &mut ReceivedRequest) -> Answer {
        let Self { verdict, refusal, tally, answer } = self;
        request.verdict = verdict;
        request.reason = refusal.as_ref().map(|refusal| refusal.reason);
        request.detail = refusal.map(|refusal| refusal.detail);
        request.events = tally.events;
        request.accepted = tally.accepted;
        request.duplicates = tally.duplicates;
        answer
    }

    fn valid(answer: Answer) -> Self {
        Self { verdict: Verdict::Valid, refusal: None, tally: Tally::default(), answer }
    }

    fn refused(source: &Source, refusal: Refusal) -> Self {
        let answer = providers::adapter(source.settings.provider).refused(refusal.reason);
        Self { verdict: Verdict::Invalid, refusal: Some(refusal), tally: Tally::default(), answer }
    }

    /// We could not do it now: the provider repeats its request.
    fn failed(reason: Reason, detail: impl Into<String>) -> Self {
        let answer = Answer::empty(503).with_header("retry-after", "30");
        let refusal = Some(Refusal::new(reason, detail));
        Self { verdict: Verdict::Error, refusal, tally: Tally::default(), answer }
    }

    fn faulty(fault: &Fault) -> Self {
        tracing::error!(
            error = chain(fault),
            "a provider's request could not be processed; it is asked to repeat it"
        );
        Self::failed(Reason::Fault, "Posthorn failed; the provider was asked to repeat the request")
    }
}
