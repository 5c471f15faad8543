//! What is a message?
//! The data types of a message: as a producer sends it, and as a consumer receives it.

use rusqlite::Row;

/// Region and account in every ARN and URL of the emulator. Clients must not parse them.
pub(super) const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:";
/// The account that has sent every message.
const SENDER: &str = "AIDAEMBEDDED";

/// A message to be sent.
#[derive(Debug)]
pub(super) struct NewMessage<'a> {
    pub(super) message_id: String,
    pub(super) body: &'a str,
    pub(super) message_attributes: Option<String>,
    pub(super) group: Option<&'a str>,
    pub(super) sent_at: i64,
    pub(super) visible_at: i64,
}

/// A message that was received.
#[derive(Debug)]
pub struct Received {
    /// The id that SQS gave the message.
    pub message_id: String,
    /// The newest receipt handle, by which the message is deleted.
    pub receipt: String,
    /// The body, exactly as it was sent.
    pub body: String,
    pub(super) message_attributes: Option<String>,
    pub(super) group: Option<String>,
    pub(super) sent_at: i64,
    pub(super) receives: i64,
    pub(super) first_received_at: i64,
    pub(super) moved_from: Option<String>,
}

impl Received {
    /// Reads a message's fields, all but the body.
    pub(super) fn read(row: &Row<'_>, receipt: &str) -> rusqlite::Result<Self> {
        Ok(Self {
            message_id: row.get(0)?,
            receipt: receipt.to_owned(),
            body: String::new(),
            message_attributes: None,
            group: row.get(1)?,
            sent_at: row.get(2)?,
            receives: row.get(3)?,
            first_received_at: row.get(4)?,
            moved_from: row.get(5)?,
        })
    }

    /// The system attributes by their names.
    pub fn system_attributes(&self) -> impl Iterator<Item = (&'static str, String)> {
        let moved_from = self.moved_from.as_ref().map(|queue| format!("{ARN}{queue}"));
        let always = [
            ("ApproximateReceiveCount", self.receives.to_string()),
            ("SentTimestamp", self.sent_at.to_string()),
            ("ApproximateFirstReceiveTimestamp", self.first_received_at.to_string()),
            ("SenderId", SENDER.to_owned()),
        ];
        let group = self.group.clone().map(|group| ("MessageGroupId", group));
        always.into_iter().chain(group).chain(moved_from.map(|arn| ("DeadLetterQueueSourceArn", arn)))
    }
}
