//! What does Posthorn decide?
//! The domain model: values and pure decisions, one module per noun.
//!
//! Nothing here waits, reads a clock, draws a random number, reads the environment or calls AWS: time and randomness
//! are arguments. So each decision can be tested in a unit test, and is the same in Lambda, on a laptop and in a
//! simulation.

pub mod access;
pub mod action;
pub mod audit;
pub mod catalogue;
pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod hex;
pub mod id;
pub mod json_depth;
pub mod json_object;
pub mod metadata;
#[cfg(feature = "openapi")]
mod openapi;
pub mod policy;
pub mod problem;
pub mod rule;
pub mod search;
pub mod signing;
pub mod source;
pub mod timestamp;
pub mod trace_parent;
pub mod uid;
