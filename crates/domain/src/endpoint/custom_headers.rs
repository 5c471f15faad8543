//! Which headers may an endpoint add to its deliveries?
//! Custom headers: bounded, never HTTP's own framing, and never a header whose value receivers trust.

use std::collections::{BTreeMap, HashSet};

use crate::problem::{Invalid, escape_pointer};

/// Most custom headers.
pub const MAX_HEADERS: usize = 20;
/// Longest value of a custom header, in bytes.
pub const MAX_HEADER_VALUE_BYTES: usize = 1_024;
/// What is shown in place of a custom header's value to a caller who may not see it.
pub const HIDDEN_VALUE: &str = "[hidden]";

/// Names that a custom header may not have: HTTP's own framing, and the headers whose values receivers trust.
const RESERVED_HEADERS: [&str; 15] = [
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "te",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "proxy-authorization",
];

/// Checks every name and value. `own_prefix` is the prefix of Posthorn's own header names.
pub(crate) fn check(headers: &BTreeMap<String, String>, own_prefix: &str, invalid: &mut Invalid) {
    invalid.require(headers.len() <= MAX_HEADERS, "/headers", "may have at most 20 entries");
    let own = format!("{}-", own_prefix.to_ascii_lowercase());
    let mut seen = HashSet::new();
    for (name, value) in headers {
        let pointer = format!("/headers/{}", escape_pointer(name));
        let lower = name.to_ascii_lowercase();
        let reserved = RESERVED_HEADERS.contains(&lower.as_str())
            || lower.starts_with("webhook-")
            || lower.starts_with(&own);
        invalid.require(is_header_name(name) && name.len() <= 100, &pointer, "is not a header name");
        invalid.require(!reserved, &pointer, "is set by Posthorn and cannot be overridden");
        invalid.require(seen.insert(lower), &pointer, "stands there twice in different letter case");
        let visible = value.bytes().all(|b| (0x20..0x7f).contains(&b)) && value.trim() == value;
        invalid.require(
            visible && value.len() <= MAX_HEADER_VALUE_BYTES,
            &pointer,
            "must be at most 1024 visible ASCII characters",
        );
    }
}

/// RFC 9110 §5.6.2: a header's name is a token.
pub(crate) fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
