//! What does it cost? What the sender and the drain use, at AWS's list prices.

use std::ops::{Add, Mul, Sub};

/// List prices in us-east-1, in dollars (<https://aws.amazon.com/pricing>).
const WRITE_UNIT: f64 = 0.625e-6;
const READ_UNIT: f64 = 0.125e-6;
const SQS_REQUEST: f64 = 0.40e-6;
const INVOCATION: f64 = 0.20e-6;
/// Of a gigabyte for a second, arm64.
const GB_SECOND: f64 = 0.000_013_333_4;
/// Memory of the sender, as `infra/template.yaml` sets it.
const SENDER_GB: f64 = 0.5;

/// What was used. Rows are at most 1 KB: one write unit; in the index of what is undelivered, another.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bill {
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
    pub(crate) sqs_requests: f64,
    pub(crate) invocations: f64,
    pub(crate) sender_ms: f64,
}

impl Bill {
    pub(crate) fn dollars(self) -> f64 {
        self.write_units * WRITE_UNIT
            + self.read_units * READ_UNIT
            + self.sqs_requests * SQS_REQUEST
            + self.invocations * INVOCATION
            + self.sender_ms / 1_000.0 * SENDER_GB * GB_SECOND
    }

    /// A batch that held a sender for so long: received and deleted by one request each.
    pub(crate) fn batch(&mut self, held_ms: f64) {
        self.invocations += 1.0;
        self.sqs_requests += 2.0;
        self.sender_ms += held_ms;
    }

    /// `count` entries of a request that takes ten.
    pub(crate) fn sqs_entries(&mut self, count: f64) {
        self.sqs_requests += count / 10.0;
    }
}

impl Add for Bill {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            write_units: self.write_units + more.write_units,
            read_units: self.read_units + more.read_units,
            sqs_requests: self.sqs_requests + more.sqs_requests,
            invocations: self.invocations + more.invocations,
            sender_ms: self.sender_ms + more.sender_ms,
        }
    }
}

impl Sub for Bill {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        self + less * -1.0
    }
}

impl Mul<f64> for Bill {
    type Output = Self;

    fn mul(self, times: f64) -> Self {
        Self {
            write_units: self.write_units * times,
            read_units: self.read_units * times,
            sqs_requests: self.sqs_requests * times,
            invocations: self.invocations * times,
            sender_ms: self.sender_ms * times,
        }
    }
}
