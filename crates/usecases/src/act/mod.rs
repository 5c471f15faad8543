//! What is signed or sent at once at a caller's request? Test events and previews.

pub mod actions;
pub mod preview_request;
pub mod send_test_event;
