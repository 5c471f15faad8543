//! Posthorn's pure decisions.
//!
//! Nothing here waits, reads a clock, draws a random number, looks at the environment or calls AWS: time and
//! chance are arguments. Whatever this crate decides can be tried in a unit test and gives the same answer in
//! Lambda, on a laptop and in a simulation.

pub mod address;
pub mod api_key;
pub mod attempt;
pub mod channel;
pub mod circuit;
pub mod delivery;
pub mod endpoint;
pub mod endpoint_url;
pub mod event;
pub mod event_type;
pub mod id;
pub mod json_depth;
pub mod json_object;
pub mod ledger;
pub mod limits;
pub mod operational;
pub mod outcome;
pub mod problem;
pub mod render;
pub mod replay;
pub mod retry;
pub mod secret;
pub mod signature;
pub mod statistics;
pub mod subscription;
pub mod timestamp;
pub mod trace_parent;
pub mod workspace;
