//! What does an event type promise of its payload?
//! JSON Schema, imports from other formats, and inference. Pure and bounded: nothing is fetched, no schema refers to itself,
//! and every pattern takes linear time.
//!
//! - [`schema`]: a schema that was compiled, and what it says of a payload.
//! - `soundness`: which schemas are taken.
//! - `words`: what is wrong with a payload, in words.

pub mod schema;
mod soundness;
mod words;

pub use payload::Mistake;
pub use schema::Schema;
