//! How does a delivery go out? One job in, one attempt made and recorded.

pub mod attempt_delivery;
pub(crate) mod request;
