//! Which requests does SQS refuse?
//! Parameter validation with the limits of AWS's documentation.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::errors::SqsError;

/// SQS refuses a longer visibility timeout, and counts it from the receive.
pub(super) const MAX_VISIBILITY_SECONDS: i64 = 43_200;
/// SQS refuses a longer delay.
pub(super) const MAX_DELAY_SECONDS: i64 = 900;
/// SQS waits at most this long for a message.
pub(super) const MAX_WAIT_SECONDS: i64 = 20;
/// SQS refuses larger messages and batches.
pub(super) const MAX_BYTES: usize = 1_048_576;
/// SQS accepts and returns at most this many messages in one request.
pub(super) const MAX_BATCH: usize = 10;

/// The attributes of a queue: name, default and bounds.
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("VisibilityTimeout", 30, 0, MAX_VISIBILITY_SECONDS),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("DelaySeconds", 0, 0, MAX_DELAY_SECONDS),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, MAX_WAIT_SECONDS),
    ("MaximumMessageSize", 1_048_576, 1_024, 1_048_576),
];

/// A member that holds a whole number, as a JSON number or its text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The attributes of a new queue: the caller's values, and defaults for the rest.
pub(super) fn with_defaults(asked: &Map<String, Value>) -> Result<Map<String, Value>, SqsError> {
    let mut attributes: Map<String, Value> =
        NUMBERS.iter().map(|(name, default, ..)| ((*name).to_owned(), default.to_string().into())).collect();
    set(&mut attributes, asked)?;
    Ok(attributes)
}

/// Sets attributes, each within its bounds.
pub(super) fn set(attributes: &mut Map<String, Value>, asked: &Map<String, Value>) -> Result<(), SqsError> {
    for (name, value) in asked {
        if let Some((_, _, least, most)) = NUMBERS.iter().find(|(known, ..)| known == name) {
            let number = number(value).filter(|number| (*least..=*most).contains(number));
            let number = number.ok_or_else(|| SqsError::invalid_attribute(name))?;
            attributes.insert(name.clone(), number.to_string().into());
        } else if name == "RedrivePolicy" {
            let text = value.as_str().unwrap_or_default();
            if text.is_empty() {
                attributes.remove(name);
            } else {
                redrive(text).ok_or_else(|| SqsError::invalid_attribute(name))?;
                attributes.insert(name.clone(), value.clone());
            }
        } else if ["SqsManagedSseEnabled", "KmsMasterKeyId", "Policy", "RedriveAllowPolicy"]
            .contains(&name.as_str())
        {
            attributes.insert(name.clone(), value.clone());
        } else {
            return Err(SqsError::unknown_attribute(name));
        }
    }
    Ok(())
}

/// The dead-letter queue's name and the most receives of a redrive policy. The count is a text or a number.
pub(super) fn redrive(policy: &str) -> Option<(String, i64)> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let queue = policy["deadLetterTargetArn"].as_str()?.rsplit(':').next()?;
    let most = number(&policy["maxReceiveCount"]).filter(|most| (1..=1_000).contains(most))?;
    Some((queue.to_owned(), most))
}

pub(super) fn queue_name(name: &str) -> Result<(), SqsError> {
    let fits = (1..=80).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits {
        Ok(())
    } else {
        let message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        Err(SqsError::invalid_value(message))
    }
}

/// The entries of a batch: 1 to 10, each with a different id.
pub(super) fn entries(request: &Value) -> Result<&Vec<Value>, SqsError> {
    let entries = request["Entries"].as_array().ok_or_else(SqsError::batch_empty)?;
    if entries.is_empty() {
        return Err(SqsError::batch_empty());
    }
    if entries.len() > MAX_BATCH {
        return Err(SqsError::batch_too_many(entries.len()));
    }
    let mut ids = HashSet::new();
    for entry in entries {
        let id = entry["Id"].as_str().unwrap_or_default();
        let fits = (1..=80).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !fits {
            return Err(SqsError::batch_id_invalid());
        }
        if !ids.insert(id) {
            return Err(SqsError::batch_ids_not_distinct(id));
        }
    }
    Ok(entries)
}

pub(super) fn body(body: &str) -> Result<(), SqsError> {
    if body.is_empty() {
        return Err(SqsError::missing("MessageBody"));
    }
    let refused = |c: char| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if body.chars().any(refused) { Err(SqsError::invalid_characters()) } else { Ok(()) }
}

pub(super) fn group(group: &str) -> Result<(), SqsError> {
    let fits = (1..=128).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(())
    } else {
        Err(SqsError::invalid_value("MessageGroupId can only include 1 to 128 visible characters"))
    }
}

/// A whole number of seconds within its bounds, or the default.
pub(super) fn seconds(value: &Value, name: &str, default: i64, most: i64) -> Result<i64, SqsError> {
    if value.is_null() {
        return Ok(default);
    }
    number(value).filter(|seconds| (0..=most).contains(seconds)).ok_or_else(|| {
        let message =
            format!("Value {value} for parameter {name} is invalid. Reason: Must be between 0 and {most}.");
        SqsError::invalid_value(message)
    })
}

/// The row id inside a receipt handle.
pub(super) fn receipt_handle(handle: &str) -> Result<i64, SqsError> {
    let id = handle.split('.').next().and_then(|id| id.parse().ok());
    id.filter(|_| handle.split('.').count() == 3).ok_or_else(|| SqsError::invalid_handle(handle))
}
