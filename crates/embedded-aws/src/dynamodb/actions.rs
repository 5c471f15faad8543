//! What does each action do when an SDK in this process asks? The same as at dynoxide's server, but that a request is read
//! once.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::in_process::{self, Answer};

pub(super) fn act(database: &Database, action: &str, body: &[u8]) -> Answer {
    let answered = match action {
        "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => answer(body, |request| database.batch_write_item(request)),
        "CreateTable" => answer(body, |request| database.create_table(request)),
        "DeleteItem" => answer(body, |request| database.delete_item(request)),
        "GetItem" => answer(body, |request| database.get_item(request)),
        "PutItem" => answer(body, |request| database.put_item(request)),
        "Query" => answer(body, |request| database.query(request)),
        "Scan" => answer(body, |request| database.scan(request)),
        "TransactWriteItems" => answer(body, |request| database.transact_write_items(request)),
        "UpdateItem" => answer(body, |request| database.update_item(request)),
        "UpdateTimeToLive" => answer(body, |request| database.update_time_to_live(request)),
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
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    serde_json::to_string(&act(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// What dynoxide says of a request that it cannot read; it marks what AWS calls a mistake in a value.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    let marked = ["VALIDATION_REQUEST:", "VALIDATION:"].iter().find_map(|mark| message.strip_prefix(mark));
    match marked {
        Some(mistake) => DynoxideError::ValidationException(mistake.to_owned()),
        None => DynoxideError::SerializationException(message.to_owned()),
    }
}
