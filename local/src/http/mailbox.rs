//! Where do e-mails go in local mode?
//! The mailbox: it stands for SES, logs address and subject of each message, and sends nothing.

use axum::Json;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Where the mailbox is, on the API's port: the path of SES's `SendEmail`.
pub(crate) const PATH: &str = mail::PATH;
/// The address that messages are said to come from.
pub(crate) const FROM: &str = "posthorn@localhost";

pub(super) async fn receive(Json(message): Json<Value>) -> (StatusCode, Json<Value>) {
    let to = message["Destination"]["ToAddresses"][0].as_str();
    let subject = message["Content"]["Simple"]["Subject"]["Data"].as_str();
    match (to, subject) {
        (Some(to), Some(subject)) => {
            tracing::info!("mail to {to}: {subject} (local mode sends no e-mails)");
            (StatusCode::OK, Json(json!({ "MessageId": "local" })))
        }
        _ => (StatusCode::BAD_REQUEST, Json(json!({ "message": "this is no e-mail" }))),
    }
}
