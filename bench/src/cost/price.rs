//! What does each AWS service charge?
//! List prices in dollars, us-east-1, arm64 (aws.amazon.com pricing pages of each service, 2026-11).

pub(crate) const HTTP_API_REQUEST: f64 = 1.00e-6;
pub(crate) const LAMBDA_REQUEST: f64 = 0.20e-6;
pub(crate) const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
pub(crate) const WRITE_UNIT: f64 = 0.625e-6;
pub(crate) const READ_UNIT: f64 = 0.125e-6;
pub(crate) const SQS_REQUEST: f64 = 0.40e-6;
pub(crate) const LOG_BYTE: f64 = 0.50e-9;
