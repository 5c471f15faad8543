//! `/v1/sources/{source}/requests`: what came to a source, and what was found about it.

use api::openapi::RawBody;
use api::page::PageQuery;
use api::sources::{ReceivedQuery, ReceivedRequest, ReceivedRequestDetail};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use domain::id::{ReceivedRequestId, SourceId};
use http_kit::{Answer, Caller, Id, Page};
use usecases::manage::management::Management;
use usecases::manage::read_received_requests::{self, WholeRequest};

/// A stranger's bytes are never shown by a browser as part of this site.
const AS_A_FILE: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "application/octet-stream"),
    (CONTENT_DISPOSITION, "attachment"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// List the received requests of a source
///
/// What came to the address, refused requests included, newest first, as long as the workspace keeps events.
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/requests",
    operation_id = "list_received_requests",
    tag = "Sources",
    params(ReceivedQuery, PageQuery),
    responses((status = 200, description = "A page of received requests.", body = api::page::Page<ReceivedRequest>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
    Page { filter: ReceivedQuery { verdict }, rows }: Page<ReceivedRequestId, ReceivedQuery>,
) -> Answer<Json<api::page::Page<ReceivedRequest>>> {
    let page =
        read_received_requests::list_received_requests(&management, &caller, source, verdict, rows).await?;
    let rows = page.rows.into_iter().map(ReceivedRequest::of);
    Ok(Json(api::page::Page::of(rows, page.next, page.previous)))
}

/// Read a received request
///
/// With a key that has the scope `sources`, headers and the beginning of the body are shown as well. The values of
/// `Authorization`, `Cookie`, `Proxy-Authorization` and of a header that the source is known by are always hidden.
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/requests/{request}",
    operation_id = "read_received_request",
    tag = "Sources",
    responses((status = 200, description = "The request.", body = ReceivedRequestDetail)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
    Id(request): Id<ReceivedRequestId>,
) -> Answer<Json<ReceivedRequestDetail>> {
    let whole = read_received_requests::read_received_request(&management, &caller, source, request).await?;
    let WholeRequest { source, received, raw } = whole;
    let detail = ReceivedRequestDetail::of(received);
    Ok(Json(match raw {
        Some(raw) => detail.with_content(&raw, &source.settings),
        None => detail,
    }))
}

/// Read the body of a received request
///
/// The whole body, byte for byte, as a file.
#[utoipa::path(
    get,
    path = "/v1/sources/{source}/requests/{request}/body",
    operation_id = "read_received_body",
    tag = "Sources",
    responses((status = 200, description = "The body.", body = RawBody, content_type = "application/octet-stream")),
)]
pub(crate) async fn body(
    State(management): State<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
    Id(request): Id<ReceivedRequestId>,
) -> Answer<([(HeaderName, &'static str); 3], Vec<u8>)> {
    let body = read_received_requests::read_received_body(&management, &caller, source, request).await?;
    Ok((AS_A_FILE, body))
}

#[cfg(test)]
mod tests {
    use domain::source::MAX_BODY_BYTES;

    /// Lambda answers with 6 MB at most, of which a body that is no text takes a third more than its length. Headers and
    /// the braces around them are some kilobytes.
    #[test]
    fn the_longest_body_fits_an_answer_of_lambda() {
        let as_base64 = MAX_BODY_BYTES.div_ceil(3) * 4;
        assert!(as_base64 + 64 * 1_024 < 6 * 1_024 * 1_024, "{as_base64}");
    }
}
