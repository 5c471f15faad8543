//! How does a receiver know that a delivery is genuine?
//! Message authentication: signing secrets, signature profiles and signatures.

pub mod diagnosis;
pub mod profile;
pub mod secret;
pub mod signature;
