//! How is an event accepted?
//! Intake: validation, idempotency, fan-out and the writes.

pub mod accept_event;
mod admission;
pub mod event_request;
pub(crate) mod idempotency;
pub mod intake;
pub(crate) mod operational_event;
