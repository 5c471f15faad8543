//! What happens to a producer's request?
//! Stories of the intake: validation, idempotency, fan-out, batches.

mod bad_requests;
mod cut_off;
mod event_uids;
mod filters;
mod first_delivery;
mod idempotency;
mod intake;
mod payloads;
