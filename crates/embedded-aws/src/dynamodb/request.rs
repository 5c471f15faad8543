//! How is an SDK's request to DynamoDB parsed?
//! JSON deserialization as in dynoxide's server, with AWS's error types.

use dynoxide::DynoxideError;
use serde::de::DeserializeOwned;

pub(super) fn read<Q: DeserializeOwned>(body: &[u8]) -> dynoxide::Result<Q> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

/// The error for a request that dynoxide cannot parse. Dynoxide marks errors that AWS reports as validation errors.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    let marked = ["VALIDATION_REQUEST:", "VALIDATION:"].iter().find_map(|mark| message.strip_prefix(mark));
    match marked {
        Some(mistake) => DynoxideError::ValidationException(mistake.to_owned()),
        None => DynoxideError::SerializationException(message.to_owned()),
    }
}
