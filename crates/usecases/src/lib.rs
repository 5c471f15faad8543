//! Posthorn's use cases, one file each, as numbered steps.
//!
//! A use case speaks of three kinds of going wrong and never mixes them: a customer's failing endpoint is data (an
//! attempt), the caller's mistake is a [`domain::problem::Problem`], and only what we could not do is a [`Fault`].

pub mod accept;
pub mod act;
pub mod catalogue;
pub mod context;
pub mod deliver;
mod error;
pub mod idempotent_request;
pub mod limit;
pub mod login;
pub mod manage;
pub mod receive;
pub mod recover;
pub mod replay;
pub mod rules;
mod stepwise;
pub mod tasks;
pub mod telemetry;
mod write_coalescer;

pub use accept::intake::Intake;
pub use context::Context;
pub use context::cache::Cache;
pub use context::clock::Clock;
pub use context::randomness::Randomness;
pub use error::{Fault, UseCaseError, chain};
/// The window of time that a sweep takes.
pub use store::Window;
pub use telemetry::meter::{Meter, Readings};
pub use telemetry::trace::Traces;
