//! What is signed, sent or verified while the caller waits?
//! Invocations of actions; test events, previews and curl commands; samples of providers; why a signature is refused.

pub mod actions;
pub mod invoke_action;
pub mod preview_request;
pub mod read_invocations;
pub mod schemas;
pub mod send_sample;
pub mod send_test_event;
pub mod verify_signature;
