//! What is signed or sent while the caller waits?
//! Test events, previews and curl commands.

pub mod actions;
pub mod preview_request;
pub mod send_test_event;
