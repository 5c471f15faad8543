//! Which values may an endpoint's settings have?
//! Validation of [`EndpointSettings`]: every bound is checked, and each value out of bounds gets its JSON pointer.

use crate::endpoint::address::AllowedTargets;
use crate::endpoint::custom_headers::{self, is_header_name};
use crate::endpoint::endpoint_url::EndpointUrl;
use crate::endpoint::{
    BodyForm, EndpointSettings, MAX_DELAY_SECONDS, MAX_DESCRIPTION_CHARS, TIMEOUT_SECONDS, notification,
    template,
};
use crate::event::channel::MAX_CHANNELS;
use crate::event::document::MEMBERS;
use crate::event::event_type::MAX_PATTERNS;
use crate::metadata;
use crate::policy::circuit::DisablePolicy;
use crate::policy::limits::{MAX_CONCURRENCY, RateLimit};
use crate::problem::{Invalid, Problem};

impl EndpointSettings {
    /// Checks every bound and gives the parsed URL.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each value out of bounds.
    pub fn check(&self, allowed: &AllowedTargets) -> Result<EndpointUrl, Problem> {
        let mut invalid = Invalid::new();
        let url = match self.body {
            BodyForm::Email => EndpointUrl::parse_mail(&self.url),
            _ => EndpointUrl::parse(&self.url, allowed),
        };
        let url = invalid.take("/url", url);
        invalid.require(self.events.len() <= MAX_PATTERNS, "/events", "may list at most 100 event types");
        invalid.require(self.channels.len() <= MAX_CHANNELS, "/channels", "may list at most 20 channels");
        invalid.require(
            self.description.chars().count() <= MAX_DESCRIPTION_CHARS,
            "/description",
            "may have at most 500 characters",
        );
        check_timeout(self.timeout_seconds, "", &mut invalid);
        invalid.require(self.method.has_body(), "/method", "must be POST, PUT or PATCH");
        check_header_prefix(&self.header_prefix, &mut invalid);
        check_disable(self.disable, "", &mut invalid);
        for mistake in self.filter.iter().flat_map(|filter| filter.mistakes(&MEMBERS)) {
            invalid.push(format!("/filter{}", mistake.pointer), mistake.detail);
        }
        template::check(self, &mut invalid);
        invalid.require(
            self.delay_seconds <= MAX_DELAY_SECONDS,
            "/delay_seconds",
            "must be 0 to 43200, which is 12 hours",
        );
        check_limits(self.rate_limit, self.max_concurrency, &mut invalid);
        invalid.take("/outcomes", self.outcomes.check());
        custom_headers::check(&self.headers, &self.header_prefix, &mut invalid);
        metadata::check(&self.metadata, &mut invalid);
        notification::check(self, url.as_ref(), allowed, &mut invalid);
        match (invalid.into_result(), url) {
            (Ok(()), Some(url)) => Ok(url),
            (Err(problem), _) => Err(problem),
            (Ok(()), None) => Err(Problem::invalid("/url", "is required")),
        }
    }
}

/// Checks the prefix of Posthorn's own header names, of an endpoint or an action.
pub(crate) fn check_header_prefix(prefix: &str, invalid: &mut Invalid) {
    let is_sound = is_header_name(prefix) && prefix.len() <= 32 && !prefix.ends_with('-');
    invalid.require(
        is_sound,
        "/header_prefix",
        "must be a header name of at most 32 characters, such as X-Webhook",
    );
}

/// Checks the rate limit and the concurrency limit of an endpoint or an action.
pub(crate) fn check_limits(
    rate_limit: Option<RateLimit>,
    max_concurrency: Option<u32>,
    invalid: &mut Invalid,
) {
    if let Some(limit) = rate_limit {
        let pointer = match limit {
            RateLimit::PerSecond(_) => "/rate_limit/per_second",
            RateLimit::PerMinute(_) => "/rate_limit/per_minute",
        };
        invalid.take(pointer, limit.check());
    }
    let is_bounded = max_concurrency.is_none_or(|most| MAX_CONCURRENCY.contains(&most));
    invalid.require(is_bounded, "/max_concurrency", "must be 1 to 100");
}

/// Checks a timeout; `within` is the pointer to the object that has it.
pub(super) fn check_timeout(seconds: u64, within: &str, invalid: &mut Invalid) {
    let pointer = format!("{within}/timeout_seconds");
    invalid.require(TIMEOUT_SECONDS.contains(&seconds), &pointer, "must be 1 to 30");
}

/// Checks when an endpoint is switched off; `within` is the pointer to the object that says so.
pub(super) fn check_disable(policy: DisablePolicy, within: &str, invalid: &mut Invalid) {
    let failures = format!("{within}/disable/consecutive_failures");
    let are_bounded = DisablePolicy::FAILURES.contains(&policy.consecutive_failures);
    invalid.require(are_bounded, &failures, "must be 1 to 10000");
    let window = format!("{within}/disable/window_seconds");
    let is_bounded = DisablePolicy::WINDOW_SECONDS.contains(&policy.window_seconds);
    invalid.require(is_bounded, &window, "must be 0 to 604800");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_at(json: serde_json::Value) -> Vec<String> {
        match serde_json::from_value::<EndpointSettings>(json).unwrap().check(&AllowedTargets::public_only())
        {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors().into_iter().map(|error| error.pointer).collect(),
        }
    }

    #[test]
    fn every_bad_value_is_told_at_once() {
        let pointers = refused_at(serde_json::json!({
            "url": "http://example.com", "timeout_seconds": 31, "header_prefix": "X Webhook",
            "description": "x".repeat(501),
        }));
        assert_eq!(pointers, ["/url", "/description", "/timeout_seconds", "/header_prefix"]);
    }

    #[test]
    fn headers_that_posthorn_or_http_owns_cannot_be_set() {
        for name in ["Host", "content-length", "Webhook-Id", "X-Webhook-Event", "Idempotency-Key"] {
            let pointers =
                refused_at(serde_json::json!({ "url": "https://example.com", "headers": { name: "x" } }));
            assert_eq!(pointers, [format!("/headers/{name}")]);
        }
    }

    #[test]
    fn a_header_cannot_smuggle_another_line() {
        for (name, value) in
            [("X-A", "b\r\nX-B: c"), ("X-A\r\nX-B", "c"), ("X-A", "caf\u{e9}"), ("X-A", " b")]
        {
            let pointers =
                refused_at(serde_json::json!({ "url": "https://example.com", "headers": { name: value } }));
            assert_eq!(pointers.len(), 1, "{name:?}: {value:?}");
        }
    }

    #[test]
    fn a_header_named_twice_in_two_letter_cases_is_refused() {
        let headers = serde_json::json!({ "X-Team": "a", "x-team": "b" });
        assert_eq!(
            refused_at(serde_json::json!({ "url": "https://example.com", "headers": headers })).len(),
            1
        );
    }
}
