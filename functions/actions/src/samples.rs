//! `POST /v1/sources/{source}/sample`: does a source work?
//! A request as the provider would make it, sent to the source's real address.

use api::samples::{SampleRequest, SampleSent};
use axum::Json;
use domain::id::SourceId;
use domain::policy::outcome::Outcome;
use domain::source::scheme::Scheme;
use http_kit::{Caller, ErrorResponse, Id, UnderClaim};
use usecases::act::actions::Actions;
use usecases::act::send_sample;

/// Stands in an answer in place of a value that is a secret.
const HIDDEN: &str = "***";

/// Send a sample to a source
///
/// A request as the provider would make it, signed with the source's newest secret, and sent to its public address. It
/// becomes an event like any other. For a provider that signs with a key of its own, the source accepts a key made for this
/// sample, for a minute.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/sample",
    operation_id = "send_sample",
    tag = "Sources",
    responses((status = 200, description = "The request, and the status of its answer.", body = SampleSent)),
)]
pub(crate) async fn send(
    UnderClaim(actions): UnderClaim<Actions>,
    caller: Caller,
    Id(source): Id<SourceId>,
) -> Result<Json<SampleSent>, ErrorResponse> {
    let sent = send_sample::send_sample(&actions, &caller, source).await?;
    let (status, error) = match &sent.reply.outcome {
        Outcome::Answered(answer) => (Some(answer.status), None),
        Outcome::Unreachable(class) => (None, Some(*class)),
    };
    let secret_header = match sent.source.settings.scheme() {
        Scheme::StaticHeader => sent.source.settings.options.header.as_deref().unwrap_or("authorization"),
        _ => "",
    };
    let headers = sent.sample.headers.into_iter().map(|(name, value)| {
        let shown = if name.eq_ignore_ascii_case(secret_header) { HIDDEN.to_owned() } else { value };
        (name, shown)
    });
    let request = SampleRequest {
        method: sent.sample.method.to_owned(),
        url: sent.url,
        headers: headers.collect(),
        body: String::from_utf8_lossy(&sent.sample.body).into_owned(),
    };
    let duration_ms = u64::try_from(sent.reply.duration.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(SampleSent { request, status, error, duration_ms, received_request_id: sent.received }))
}
