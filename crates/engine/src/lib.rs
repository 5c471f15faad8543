//! Posthorn's use cases, one file each, as numbered steps.
//!
//! A use case speaks of three kinds of going wrong and never mixes them: a customer's failing endpoint is data (an
//! attempt), the caller's mistake is a [`domain::problem::Problem`], and only what we could not do is a [`Fault`].

pub mod accept_event;
pub mod attempt_delivery;
mod attempt_log;
pub mod authenticate;
pub mod chance;
pub mod clock;
mod count_attempts;
mod crowd;
pub mod directory;
pub mod drain;
mod endpoint_health;
mod error;
pub mod event_request;
mod group;
pub mod idempotency;
pub mod intake;
pub mod list_undelivered;
pub mod manage_api_key;
pub mod manage_endpoint;
pub mod manage_workspace;
pub mod merge_patch;
pub mod meter;
mod operational_event;
pub mod preview_request;
pub mod probe_circuits;
pub mod public_keys;
pub mod read_statistics;
pub mod replay;
pub mod replay_delivery;
mod request;
pub mod send_test_event;
pub mod trace;
mod turn;

pub use chance::Chance;
pub use clock::Clock;
pub use directory::Directory;
pub use error::{Fault, Refusal, chain};
pub use intake::Intake;
pub use meter::{Meter, Readings};
pub use trace::Traces;
