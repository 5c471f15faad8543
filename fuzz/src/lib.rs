//! What is tried on the adapters of incoming webhooks, on filters and on templates?
//! The parts of the fuzz targets: what an input means, the source that it is sent to, how each provider would sign it,
//! and what must hold of the adapters whatever the input is (oracles).

pub mod input;
pub mod keys;
pub mod oracle;
pub mod signing;
pub mod source;

use domain::timestamp::Timestamp;

/// The address of every source.
pub const ADDRESS: &str = "https://hooks.example.com/in/Q2hlY2sgb25lIGFkZHJlc3MgdG9rZW4gaGVyZSE0Mg";
/// The topic that every source of Amazon SES lists.
pub const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:ses-events";
/// The current time in unix seconds.
pub const NOW: i64 = 1_790_000_000;

/// The current time.
pub fn now() -> Timestamp {
    Timestamp::from_millis(NOW * 1000)
}
