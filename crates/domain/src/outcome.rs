//! What did the customer's endpoint do with one request? A failing endpoint is a value, never an `Err`.
//!
//! Success is 2xx and nothing else: a redirect is refused, not followed, and so is a failure.

use serde::{Deserialize, Serialize};

/// Why an attempt failed, as the API and the metrics name it: the words are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// No answer within the endpoint's timeout.
    Timeout,
    /// The host name has no address.
    DnsError,
    /// Nobody answers at the address and port.
    ConnectionRefused,
    /// The connection broke before an answer had arrived.
    ConnectionReset,
    /// No TLS connection could be made, or the certificate is not trusted.
    TlsError,
    /// The address is not public, or otherwise not one Posthorn may call.
    BlockedAddress,
    /// The endpoint answered with a redirect.
    RedirectRefused,
    /// The endpoint answered with a status that is not 2xx.
    HttpStatus,
    /// What came back is not HTTP.
    ResponseInvalid,
    /// The endpoint answered `410 Gone`: it wants no more deliveries.
    EndpointGone,
    /// None of the others.
    Unknown,
}

impl ErrorClass {
    /// The stable word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::DnsError => "dns_error",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionReset => "connection_reset",
            Self::TlsError => "tls_error",
            Self::BlockedAddress => "blocked_address",
            Self::RedirectRefused => "redirect_refused",
            Self::HttpStatus => "http_status",
            Self::ResponseInvalid => "response_invalid",
            Self::EndpointGone => "endpoint_gone",
            Self::Unknown => "unknown",
        }
    }
}

/// What the customer's endpoint did with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered, with whatever status.
    Answered(Answer),
    /// No status arrived.
    Unreachable(ErrorClass),
}

/// The part of an answer that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The response headers in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The first bytes of the body, at most 4,096.
    pub body: Vec<u8>,
    /// Whether the body had more bytes than are kept.
    pub body_truncated: bool,
}

impl Outcome {
    /// Why the attempt failed; `None` when it succeeded.
    pub fn error_class(&self) -> Option<ErrorClass> {
        match self {
            Self::Unreachable(class) => Some(*class),
            Self::Answered(answer) => match answer.status {
                200..=299 => None,
                300..=399 => Some(ErrorClass::RedirectRefused),
                410 => Some(ErrorClass::EndpointGone),
                _ => Some(ErrorClass::HttpStatus),
            },
        }
    }

    /// Whether the endpoint took the delivery: 2xx only.
    pub fn is_success(&self) -> bool {
        self.error_class().is_none()
    }

    /// The `Retry-After` header as it came, if the endpoint sent one.
    pub fn retry_after_header(&self) -> Option<&str> {
        let Self::Answered(answer) = self else { return None };
        let (_, value) = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered(Answer { status, headers: Vec::new(), body: Vec::new(), body_truncated: false })
    }

    #[test]
    fn only_2xx_is_success() {
        for status in 100..600 {
            assert_eq!(answered(status).is_success(), (200..300).contains(&status), "{status}");
        }
        assert_eq!(answered(302).error_class(), Some(ErrorClass::RedirectRefused));
        assert_eq!(answered(410).error_class(), Some(ErrorClass::EndpointGone));
        assert_eq!(answered(500).error_class(), Some(ErrorClass::HttpStatus));
        assert!(!Outcome::Unreachable(ErrorClass::Timeout).is_success());
    }

    #[test]
    fn a_class_is_written_as_its_stable_word() {
        for class in
            [ErrorClass::Timeout, ErrorClass::DnsError, ErrorClass::RedirectRefused, ErrorClass::Unknown]
        {
            assert_eq!(serde_json::to_value(class).ok(), Some(class.as_str().into()));
        }
    }

    #[test]
    fn retry_after_is_found_whatever_its_case() {
        let mut outcome = answered(503);
        assert_eq!(outcome.retry_after_header(), None);
        if let Outcome::Answered(answer) = &mut outcome {
            answer.headers.push(("Retry-After".into(), "120".into()));
        }
        assert_eq!(outcome.retry_after_header(), Some("120"));
    }
}
