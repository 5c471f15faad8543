//! The stories: what Posthorn does from one end to the other, told through its API and its customers' receivers.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod bad_requests;
mod circuit;
mod faults;
mod first_delivery;
mod gone;
mod idempotency;
mod intake;
mod jobs_that_do_no_harm;
mod limits;
mod logs;
mod old_data;
mod overlapping_invocations;
mod previews;
mod replay;
mod restart;
mod retries;
mod roles;
mod sample_events;
mod signatures;
mod statistics;
mod template;
mod tenants;
mod traces;
mod verifying;
