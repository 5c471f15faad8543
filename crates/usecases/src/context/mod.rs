//! What does every use case stand on? Clock, randomness and the cache.

pub mod cache;
pub mod clock;
pub mod randomness;
