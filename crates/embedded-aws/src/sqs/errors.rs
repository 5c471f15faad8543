//! Which errors does SQS answer?
//! AWS's error names, in the JSON protocol and in the header of the older query protocol.

use serde_json::json;

use crate::in_process::{self, Answer};

/// An error that SQS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SqsError {
    /// The shape's name in the JSON protocol.
    pub(super) code: &'static str,
    /// The code of the query protocol, which SDKs still read.
    pub(super) query_code: &'static str,
    pub(super) message: String,
    fault: bool,
}

impl SqsError {
    const fn new(code: &'static str, query_code: &'static str, message: String) -> Self {
        Self { code, query_code, message, fault: false }
    }

    pub(super) fn no_such_queue() -> Self {
        let message = "The specified queue does not exist.".to_owned();
        Self::new("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", message)
    }

    pub(super) fn queue_exists() -> Self {
        let message = "A queue already exists with the same name and a different value for an attribute.";
        Self::new("QueueNameExists", "QueueAlreadyExists", message.to_owned())
    }

    pub(super) fn invalid_value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValueException", "InvalidParameterValue", message.into())
    }

    pub(super) fn missing(name: &str) -> Self {
        let message = format!("The request must contain the parameter {name}.");
        Self::new("MissingRequiredParameterException", "MissingParameter", message)
    }

    pub(super) fn invalid_attribute(name: &str) -> Self {
        let message = format!("Invalid value for the parameter {name}.");
        Self::new("InvalidAttributeValue", "InvalidAttributeValue", message)
    }

    pub(super) fn unknown_attribute(name: &str) -> Self {
        Self::new("InvalidAttributeName", "InvalidAttributeName", format!("Unknown Attribute {name}."))
    }

    pub(super) fn invalid_characters() -> Self {
        let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                       #xE000 to #xFFFD | #x10000 to #x10FFFF.";
        Self::new("InvalidMessageContents", "InvalidMessageContents", message.to_owned())
    }

    pub(super) fn invalid_handle(handle: &str) -> Self {
        let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
        Self::new("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", message)
    }

    pub(super) fn not_in_flight() -> Self {
        let message = "The message referred to isn't in flight.".to_owned();
        Self::new("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", message)
    }

    pub(super) fn batch_empty() -> Self {
        let message = "There should be at least one entry in the request.".to_owned();
        Self::new("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", message)
    }

    pub(super) fn batch_too_many(count: usize) -> Self {
        let message = format!("Maximum number of entries per request are 10. You have sent {count}.");
        Self::new(
            "TooManyEntriesInBatchRequest",
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            message,
        )
    }

    pub(super) fn batch_ids_not_distinct(id: &str) -> Self {
        let message = format!("Id {id} repeated.");
        Self::new("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", message)
    }

    pub(super) fn batch_id_invalid() -> Self {
        let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
                       It can be at most 80 letters long.";
        let code = "InvalidBatchEntryId";
        Self::new(code, "AWS.SimpleQueueService.InvalidBatchEntryId", message.to_owned())
    }

    pub(super) fn batch_too_long(bytes: usize) -> Self {
        let message =
            format!("Batch requests cannot be longer than 1048576 bytes. You have sent {bytes} bytes.");
        Self::new("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", message)
    }

    pub(super) fn unsupported(operation: &str) -> Self {
        let message = format!("The embedded SQS does not do {operation}.");
        Self::new("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", message)
    }

    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "the embedded SQS failed to carry out a request");
        let message = "The embedded SQS failed; its log says why.".to_owned();
        Self { code: "InternalFailure", query_code: "InternalFailure", message, fault: true }
    }
}

impl From<rusqlite::Error> for SqsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<crate::EmulatorError> for SqsError {
    fn from(error: crate::EmulatorError) -> Self {
        Self::internal(&error)
    }
}

impl SqsError {
    /// The error as an HTTP answer.
    pub(super) fn into_answer(self) -> Answer {
        let (status, who) = if self.fault { (500, "Receiver") } else { (400, "Sender") };
        let body = json!({ "__type": format!("com.amazonaws.sqs#{}", self.code), "message": self.message });
        let headers = vec![in_process::json(), ("x-amzn-query-error", format!("{};{who}", self.query_code))];
        Answer { status, headers, body: body.to_string() }
    }
}
