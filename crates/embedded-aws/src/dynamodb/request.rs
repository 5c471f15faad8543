//! How is an SDK's request read? As dynoxide's server reads it, with the errors that AWS gives.

use dynoxide::DynoxideError;
use serde::de::DeserializeOwned;

pub(super) fn read<Q: DeserializeOwned>(body: &[u8]) -> dynoxide::Result<Q> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
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
