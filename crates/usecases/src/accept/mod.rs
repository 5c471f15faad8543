//! How is an event accepted?
//! Intake: validation, idempotency, fan-out and the writes.

pub mod accept_event;
pub mod event_request;
pub mod idempotency;
pub mod intake;
pub(crate) mod operational_event;
