//! `GET …/attachments/{number}`: the bytes of a file that came with an e-mail.

use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use domain::id::{ReceivedRequestId, SourceId};
use domain::problem::Problem;
use http_kit::{Caller, ErrorResponse, Id};
use usecases::receive::read_attachment::read_attachment;
use usecases::receive::receiving::Receiving;

/// Whatever the sender says it is, a browser must not show it.
type Download = ([(HeaderName, &'static str); 3], Vec<u8>);

/// Read an attachment
///
/// The bytes of a file that came with an e-mail. Name and type are in the event's `data.attachments`, whose place is the
/// number. The file comes from a stranger: it is sent as a download of no known type.
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/requests/{request}/attachments/{number}",
    operation_id = "read_attachment",
    tag = "Sources",
    params(("number" = usize, Path, description = "The place of the file in `data.attachments`, from 0.")),
    responses((status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream")),
)]
pub(crate) async fn read(
    State(receiving): State<Receiving>,
    caller: Caller,
    Id(source): Id<SourceId>,
    Id(request): Id<ReceivedRequestId>,
    Path(parts): Path<Vec<(String, String)>>,
) -> Result<Download, ErrorResponse> {
    let number = parts.iter().find(|(name, _)| name == "number").map(|(_, number)| number);
    let number =
        number.and_then(|text| text.parse().ok().filter(|number: &usize| number.to_string() == *text));
    let number = number.ok_or(Problem::NotFound("attachment"))?;
    let attachment = read_attachment(&receiving, &caller, source, (request, number)).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CONTENT_DISPOSITION, "attachment"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, attachment.bytes))
}
