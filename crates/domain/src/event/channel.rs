//! What is a channel?
//! A label for routing: an endpoint that lists channels gets only events with at least one of them.
//!
//! An endpoint without channels gets all events, with channels and without.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most channels of one event or endpoint.
pub const MAX_CHANNELS: usize = 20;
/// Longest name of a channel.
pub const MAX_CHANNEL_CHARS: usize = 128;

/// The name of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Channel(String);

/// The error for a text that is not the name of a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 characters of A-Z, a-z, 0-9, `.`, `_`, `-` and `:`")]
pub struct BadChannel;

impl Channel {
    /// Reads a name.
    ///
    /// # Errors
    /// [`BadChannel`] when it is empty, too long or holds other characters.
    pub fn parse(text: &str) -> Result<Self, BadChannel> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-:".contains(&b);
        if (1..=MAX_CHANNEL_CHARS).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadChannel)
        }
    }
}

/// Whether an endpoint that lists the channels `wanted` gets an event with `channels`.
pub fn matches(wanted: &[Channel], channels: &[Channel]) -> bool {
    wanted.is_empty() || channels.iter().any(|channel| wanted.contains(channel))
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Channel {
    type Error = BadChannel;

    fn try_from(text: String) -> Result<Self, BadChannel> {
        Self::parse(&text)
    }
}

impl From<Channel> for String {
    fn from(channel: Channel) -> Self {
        channel.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(names: &[&str]) -> Vec<Channel> {
        names.iter().map(|name| Channel::parse(name).unwrap()).collect()
    }

    #[test]
    fn an_endpoint_without_channels_gets_everything_and_one_with_channels_only_theirs() {
        assert!(matches(&[], &[]) && matches(&[], &channels(&["eu"])));
        assert!(matches(&channels(&["eu", "us"]), &channels(&["us", "asia"])));
        assert!(!matches(&channels(&["eu"]), &channels(&["us"])));
        assert!(!matches(&channels(&["eu"]), &[]));
    }

    #[test]
    fn names_have_bounds() {
        for bad in ["", "a b", "é", &"x".repeat(129)] {
            assert_eq!(Channel::parse(bad), Err(BadChannel), "{bad}");
        }
        assert!(Channel::parse("customer:4711_eu-west.1").is_ok());
    }
}
