//! How is a delivery attempted?
//! The sender's use cases: one job in, one attempt made and recorded.

pub mod attempt_delivery;
pub(crate) mod request;
