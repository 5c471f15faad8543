//! How does a receiver know that a delivery is genuine? Secrets and signatures.

pub mod profile;
pub mod secret;
pub mod signature;
