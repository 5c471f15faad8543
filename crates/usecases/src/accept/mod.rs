//! How is an event accepted?
//! Intake: validation, idempotency, fan-out and the writes; and the sweep for what was cut off.

pub mod accept_event;
mod admission;
mod claim;
pub mod conformance;
pub mod event_request;
pub(crate) mod idempotency;
pub mod intake;
pub(crate) mod interrupted;
pub(crate) mod operational_event;
pub mod sweep;
