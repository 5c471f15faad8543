//! `POST /v1/verify`: why is a signature refused?
//! The signature doctor: a request as its receiver got it, answered with a verdict and a reason.

use api::verifications::{MAX_REQUEST_BYTES, ReceivedRequest, SecretUsed, Verdict, Verification};
use axum::Json;
use axum::extract::State;
use http_kit::{Body, Caller, ErrorResponse};
use usecases::act::actions::Actions;
use usecases::act::verify_signature::{Examined, Receipt, verify_signature};

/// Ask why a signature is refused
///
/// The signature doctor: a request as its receiver got it is answered with a verdict, a reason, and what to do next. With
/// the scope `events:ro` too, the request is compared with what was sent.
#[utoipa::path(
    post,
    path = "/v1/verify",
    operation_id = "verify_signature",
    tag = "Endpoints",
    request_body = ReceivedRequest,
    responses((status = 200, description = "The verdict.", body = Verification)),
)]
pub(crate) async fn verify(
    State(actions): State<Actions>,
    caller: Caller,
    Body(request): Body<ReceivedRequest, MAX_REQUEST_BYTES>,
) -> Result<Json<Verification>, ErrorResponse> {
    let ReceivedRequest {
        endpoint_id,
        workspace_id,
        headers,
        body,
        body_base64,
        path,
        received_at,
        computed,
    } = request;
    let receipt = Receipt {
        headers: headers.into_iter().collect(),
        body,
        body_bytes: body_base64.map(|bytes| bytes.0),
        path,
        received_at,
        computed,
    };
    let Examined { diagnosis, compared_with } =
        verify_signature(&actions, &caller, workspace_id, endpoint_id, receipt).await?;
    Ok(Json(Verification {
        verdict: if diagnosis.is_good() { Verdict::Good } else { Verdict::Bad },
        reason: diagnosis.reason,
        detail: diagnosis.detail,
        profile: diagnosis.profile,
        secret: diagnosis.key.map(|index| if index == 0 { SecretUsed::Current } else { SecretUsed::Old }),
        compared_with,
    }))
}
