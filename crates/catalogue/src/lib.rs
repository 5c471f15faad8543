//! What does an event type promise of its payload?
//! JSON Schema, imports from other formats, and inference. Pure and bounded: nothing is fetched, no schema refers to itself,
//! and every pattern takes linear time.
//!
//! - [`import`]: what a document of event types changes in the catalogue.
//! - [`infer`](mod@infer): the schema that some payloads suggest.
//! - [`schema`]: a schema that was compiled, and what it says of a payload.
//! - `soundness`: which schemas are taken.
//! - `words`: what is wrong with a payload, in words.

pub mod import;
pub mod infer;
pub mod schema;
mod soundness;
mod words;

pub use infer::infer;
pub use payload::Mistake;
pub use schema::{Schema, Validate, validator};
