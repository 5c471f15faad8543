//! What does a customer's receiver get, and when?
//! Stories of the sender: attempts, retries, signatures.

mod backoff;
mod delays;
mod gone;
mod jobs_that_do_no_harm;
mod overlapping_invocations;
mod retries;
mod signatures;
mod templates;
mod verifying;
