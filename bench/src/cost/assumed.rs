//! What can an emulator not measure?
//! Assumptions of the cost model: how long the functions run, and with how much memory.

/// One request of ingest: a write to the table and one to the queue, in seconds.
pub(crate) const INGEST_SECONDS: f64 = 0.015;
/// One request of inbound: two writes to the table, one after the other, and one to the queue, in seconds.
pub(crate) const INBOUND_SECONDS: f64 = 0.020;
/// What the claim of an `Idempotency-Key` adds: a write to the table, in seconds.
pub(crate) const CLAIM_SECONDS: f64 = 0.005;
/// One batch of the sender: its attempts, all at once, and a write to the table, in seconds.
pub(crate) const SENDER_SECONDS: f64 = 0.115;
/// Memory of the functions, in GB; see the template.
pub(crate) const INGEST_GB: f64 = 0.25;
pub(crate) const INBOUND_GB: f64 = 0.5;
pub(crate) const SENDER_GB: f64 = 0.5;
