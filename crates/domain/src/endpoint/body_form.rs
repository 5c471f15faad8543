//! In which form does an endpoint get an event?
//! The form of a delivery's body: an envelope, the payload alone, or a message to people.

use serde::{Deserialize, Serialize};

/// The form of a delivery's body: `envelope`, an object with `id`, `type`, `timestamp` and `data`; `data`, the payload
/// alone, byte for byte; or a message to people: in the form of the chat service to which the URL belongs (`slack`, `teams`,
/// `discord`), or as an e-mail (`email`) to the address of a `mailto:` URL. With a `template`, what the template makes takes
/// the payload's place, or is the message; a message without one says what an operational event says (a notification).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// `{"id","type","timestamp","data"}`.
    #[default]
    Envelope,
    /// The payload alone, byte for byte.
    Data,
    /// A message to people, for an incoming webhook of Slack.
    Slack,
    /// A message to people, for a workflow of Microsoft Teams.
    Teams,
    /// A message to people, for a webhook of Discord.
    Discord,
    /// A message to people, sent by SES.
    Email,
}

impl BodyForm {
    /// Whether it is a message to people: the URL's path is a secret, and nothing is signed.
    pub const fn is_message(self) -> bool {
        match self {
            Self::Envelope | Self::Data => false,
            Self::Slack | Self::Teams | Self::Discord | Self::Email => true,
        }
    }
}
