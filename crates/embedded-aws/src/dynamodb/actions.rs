//! What does each DynamoDB action do when an SDK in this process calls it?
//! An action dispatcher: the same answers as dynoxide's server, but each request is parsed once, and batches of puts
//! share a commit.

use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::request::read;
use super::writer::Writer;
use crate::in_process::{self, Answer};

pub(super) async fn act(database: &Database, writer: &Writer, action: &str, body: SdkBody) -> Answer {
    let bytes = body.bytes().unwrap_or_default();
    let answered = match action {
        "BatchWriteItem" => writer.write(body).await.and_then(|answer| say(&answer)),
        "BatchGetItem" => answer(bytes, |request| database.batch_get_item(request)),
        "CreateTable" => answer(bytes, |request| database.create_table(request)),
        "DeleteItem" => answer(bytes, |request| database.delete_item(request)),
        "GetItem" => answer(bytes, |request| database.get_item(request)),
        "PutItem" => answer(bytes, |request| database.put_item(request)),
        "Query" => answer(bytes, |request| database.query(request)),
        "Scan" => answer(bytes, |request| database.scan(request)),
        "TransactWriteItems" => answer(bytes, |request| database.transact_write_items(request)),
        "UpdateItem" => answer(bytes, |request| database.update_item(request)),
        "UpdateTimeToLive" => answer(bytes, |request| database.update_time_to_live(request)),
        other => Err(DynoxideError::UnsupportedCapability(other.to_owned())),
    };
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(error) => (error.status_code(), error.to_json()),
    };
    Answer { status, headers: vec![in_process::json()], body }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    act: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<String> {
    say(&act(read(body)?)?)
}

fn say(answer: &impl Serialize) -> dynoxide::Result<String> {
    serde_json::to_string(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
