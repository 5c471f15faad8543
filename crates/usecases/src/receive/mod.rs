//! What becomes of a provider's request?
//! Incoming webhooks: verify, split, accept, keep, answer; and the replay of a received request.

pub mod receiving;
