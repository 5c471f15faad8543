//! What is signed or sent at once at a caller's request? Test events and previews; and why a
//! signature is refused.

pub mod actions;
pub mod preview_request;
pub mod send_test_event;
pub mod verify_signature;
