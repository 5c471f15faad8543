//! How is a body read?
//! JSON, forms and multipart, and the readers of their values.

pub(crate) mod data;
pub(crate) mod form;
mod lenient;
pub(crate) mod multipart;
pub(crate) mod params;
pub(crate) mod payload;
#[cfg(test)]
pub(crate) mod testing;
