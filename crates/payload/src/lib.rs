//! What does a JSON document hold, and what is made of it?
//! Filters (a closed subset of MongoDB's query operators) and templates (Jinja expressions in a JSON document). Pure and
//! bounded; this crate knows no word of Posthorn.

pub mod document;
pub mod filter;
pub mod mistake;
pub mod path;
pub mod template;

pub use document::Document;
pub use filter::Filter;
pub use mistake::{Mistake, distance};
pub use template::Template;
