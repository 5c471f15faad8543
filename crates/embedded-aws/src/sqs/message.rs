//! What is a message? What is sent, and what is received of it.

/// Region and account of every ARN and URL. Nobody should parse them.
pub(super) const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:";
/// Who sent any message.
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
    /// Its id.
    pub message_id: String,
    /// Its newest receipt handle, by which it is deleted.
    pub receipt: String,
    /// What was sent.
    pub body: String,
    pub(super) message_attributes: Option<String>,
    pub(super) group: Option<String>,
    pub(super) sent_at: i64,
    pub(super) receives: i64,
    pub(super) first_received_at: i64,
    pub(super) moved_from: Option<String>,
}

impl Received {
    /// Its system attributes by their names.
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
