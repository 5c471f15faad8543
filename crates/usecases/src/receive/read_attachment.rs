//! Which file came with a request?
//! An attachment of an e-mail, read from the kept body.

use domain::access::api_key::{ApiKey, Scope};
use domain::id::{ReceivedRequestId, SourceId};
use domain::problem::Problem;
use domain::source::received::Verdict;
use providers::adapter::Attachment;
use providers::request::Request;

use crate::error::UseCaseError;
use crate::manage::manage_source::find_source;
use crate::receive::receiving::Receiving;

/// The file with this number, from 0, as the event's `data.attachments` counts them.
///
/// # Errors
/// [`Problem::NotFound`] when there is none; [`Problem::MissingScope`] without `sources`.
pub async fn read_attachment(
    receiving: &Receiving,
    caller: &ApiKey,
    source: SourceId,
    (request, number): (ReceivedRequestId, usize),
) -> Result<Attachment, UseCaseError> {
    let context = &receiving.intake.context;
    let source = find_source(context, caller, Scope::Sources, source).await?;
    let kept = context.store.load_received_request(source.key(), request, context.clock.now()).await?;
    let (found, raw) = kept.ok_or(Problem::NotFound("received request"))?;
    // The file of a request that was not verified may be a stranger's.
    if found.verdict != Verdict::Valid {
        return Err(Problem::NotFound("attachment").into());
    }
    let request = Request { method: &raw.method, url: &raw.target, headers: &raw.headers, body: &raw.body };
    let attachment = providers::adapter(source.settings.provider).attachment(&request, number);
    Ok(attachment.ok_or(Problem::NotFound("attachment"))?)
}
