//! What is signed, sent or verified while the caller waits?
//! Test events, previews and curl commands; samples of providers; why a signature is refused.

pub mod actions;
pub mod preview_request;
pub mod send_sample;
pub mod send_test_event;
pub mod verify_signature;
