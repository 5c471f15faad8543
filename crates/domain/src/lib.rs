//! Posthorn's pure decisions.
//!
//! Nothing here waits, reads a clock, draws a random number, looks at the environment or calls AWS: time and
//! randomness are arguments. Whatever this crate decides can be tried in a unit test and gives the same answer in
//! Lambda, on a laptop and in a simulation.

pub mod access;
pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod hex;
pub mod id;
pub mod json_depth;
pub mod json_object;
pub mod policy;
pub mod problem;
pub mod signing;
pub mod timestamp;
pub mod trace_parent;
