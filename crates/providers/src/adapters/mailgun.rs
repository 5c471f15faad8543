//! How are the webhooks of this provider verified and read?
//! Not built yet: everything is refused.

use crate::adapter::{Adapter, Refusal, Setup, Split, Verdict, Verified};
use crate::request::Request;
use crate::sample::{Draft, Sample};

#[derive(Debug)]
pub(crate) struct Mailgun;

impl Adapter for Mailgun {
    fn verify<'a>(&self, _request: &Request<'a>, _setup: &Setup<'_>) -> Verdict<'a> {
        Verdict::Invalid(Refusal::mismatch())
    }

    fn split(&self, _verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        Ok(Split::default())
    }
}

pub(crate) fn sample(_draft: &Draft<'_>) -> Sample {
    Sample::json("{}")
}
