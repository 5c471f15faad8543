//! Where is everything in local mode?
//! `GET /`: the addresses of the API, the built-in receiver and the emulators, for people. Without a key, so without
//! secrets.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use queue::Queue;
use serde::Serialize;

use super::RECEIVER_PATH;
use crate::data_dir::DataDir;
use crate::emulated_aws::{EmulatedAws, TABLE};

#[derive(Serialize)]
struct Here<'a> {
    name: &'a str,
    version: &'a str,
    api: String,
    health: String,
    receiver: String,
    /// Where the data is; `null` in memory.
    data: Option<String>,
    dynamodb: DynamoDb<'a>,
    sqs: Sqs<'a>,
    documentation: &'a [&'a str],
}

#[derive(Serialize)]
struct DynamoDb<'a> {
    url: &'a str,
    table: &'a str,
}

#[derive(Serialize)]
struct Sqs<'a> {
    url: &'a str,
    jobs: &'a str,
    tasks: Option<&'a str>,
    dead_letters: Option<&'a str>,
}

/// The text of the answer; `url` is the base URL of the API.
pub(crate) fn text(url: &str, data: Option<&DataDir>, aws: &EmulatedAws, queue: &Queue) -> String {
    let here = Here {
        name: "Posthorn, local mode",
        version: env!("CARGO_PKG_VERSION"),
        api: format!("{url}/v1"),
        health: format!("{url}/health"),
        receiver: format!("{url}{RECEIVER_PATH}"),
        data: data.map(|data| data.path("").display().to_string()),
        dynamodb: DynamoDb { url: aws.dynamodb.endpoint_url(), table: TABLE },
        sqs: Sqs {
            url: aws.sqs.endpoint_url(),
            jobs: queue.url(),
            tasks: queue.tasks_url(),
            dead_letters: queue.dead_letter_url(),
        },
        documentation: &["README.md", "docs/api.md", "docs/architecture.md"],
    };
    // Strings only: they can always be written.
    serde_json::to_string_pretty(&here).unwrap_or_default()
}

pub(super) async fn answer(text: String) -> Response {
    // A newline is added to every JSON answer.
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
