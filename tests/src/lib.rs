//! How do the stories run?
//! The test harness: the whole platform in memory, and receivers whose answers can be changed.
#![expect(clippy::unwrap_used, reason = "a story whose stage cannot be set has failed")]

pub mod calls;
pub mod page;
pub mod printed;
pub mod receiver;
pub mod stage;
pub mod tools;

pub use receiver::{Answer, Receiver, Seen};
pub use stage::{Source, Stage};
