//! `/v1/sessions`: log in to the console, and out.
//! An API key, or a token that works once, is exchanged for a session: the console keeps no key.

use api::sessions::{NewSession, OpenSession};
use axum::http::{HeaderMap, StatusCode};
use domain::access::login::{CALLER_PREFIXES, ONE_TIME_PREFIX};
use http_kit::api_key_header::{api_key, token};
use http_kit::{Caller, Created, ErrorResponse, InRequest, OptionalBody};
use usecases::login::sessions::{end_session, open_session, session_opener};
use usecases::manage::management::Management;

use crate::v1::Answer;

/// Open a session
///
/// With an API key, or with the one-time token of the link that local mode prints (`Authorization: Bearer pho_…`). The answer
/// shows the token of the session, which authenticates like the key for 12 hours, but not longer than the key.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    operation_id = "create_session",
    tag = "Sessions",
    request_body = Option<OpenSession>,
    responses((status = 201, description = "The session.", body = NewSession)),
)]
pub(crate) async fn create(
    InRequest(management): InRequest<Management>,
    headers: HeaderMap,
    body: Result<OptionalBody<OpenSession>, ErrorResponse>,
) -> Answer<Created<NewSession>> {
    let sent = token(&headers, CALLER_PREFIXES).or_else(|| token(&headers, &[ONE_TIME_PREFIX]));
    // A caller without a key learns nothing of the body.
    let opener = session_opener(&management.context, sent).await?;
    let OptionalBody(OpenSession { workspace_id, scopes }) = body?;
    let (id, session, token) = open_session(&management, opener, workspace_id, scopes).await?;
    let body = NewSession {
        id,
        token: (&token).into(),
        expires_at: session.expires_at,
        workspace_id: session.workspace_id,
        scopes: session.scopes,
        roles: session.roles,
    };
    Ok(Created { path: "/v1/sessions/current".to_owned(), body })
}

/// End the session
///
/// The session of the request. Its token is refused within 5 seconds.
#[utoipa::path(
    delete,
    path = "/v1/sessions/current",
    operation_id = "delete_session",
    tag = "Sessions",
    responses((status = 204, description = "The session is over.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    end_session(&management.context, &caller, api_key(&headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}
