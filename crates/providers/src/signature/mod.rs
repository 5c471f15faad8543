//! How is a signature checked?
//! The cryptography that several schemes share, all of it from libraries.

pub(crate) mod certificate;
pub(crate) mod ecdsa;
pub(crate) mod jwt;
pub(crate) mod mac;
pub(crate) mod sns;
