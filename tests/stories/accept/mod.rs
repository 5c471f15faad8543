//! What becomes of a producer's request?

mod bad_requests;
mod first_delivery;
mod idempotency;
mod intake;
mod payloads;
