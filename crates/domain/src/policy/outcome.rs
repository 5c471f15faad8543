//! What did the customer's endpoint do with one request? A failing endpoint is a value, never an `Err`.
//!
//! Success is 2xx unless the endpoint's owner says otherwise. A redirect is refused, not followed, and so a failure.

use serde::{Deserialize, Serialize};

/// The class of the error of a failed attempt. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// No answer within the endpoint's timeout.
    Timeout,
    /// The host name has no address.
    DnsError,
    /// The connection was refused: nothing listens at the address and port.
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
    /// What came back is not HTTP, or too many informational responses came before the answer.
    ResponseInvalid,
    /// The endpoint answered `410 Gone`: it wants no more deliveries.
    EndpointGone,
    /// The endpoint's template makes nothing of the event: nothing was sent.
    TemplateFailed,
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
            Self::TemplateFailed => "template_failed",
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

/// What a status means by the endpoint's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint took the delivery.
    Success,
    /// Try again.
    Retryable,
    /// Trying again would not help.
    Permanent,
}

/// What an outcome is by the endpoint's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The endpoint took the delivery.
    Success,
    /// The attempt failed; another one may succeed.
    Retryable(ErrorClass),
    /// The attempt failed, and the owner says that another one would not help.
    Permanent(ErrorClass),
    /// The endpoint answered `410 Gone`.
    Gone,
}

impl Judgement {
    /// Why the attempt failed; `None` when it succeeded.
    pub const fn error(self) -> Option<ErrorClass> {
        match self {
            Self::Success => None,
            Self::Retryable(class) | Self::Permanent(class) => Some(class),
            Self::Gone => Some(ErrorClass::EndpointGone),
        }
    }

    /// Whether the circuit breaker counts the attempt as a failure of its endpoint. A `410` is not counted: it switches
    /// the endpoint off at once. A template that fails says nothing of the receiver, and other events may render.
    pub const fn counts_against_health(self) -> bool {
        match self {
            Self::Success | Self::Gone | Self::Permanent(ErrorClass::TemplateFailed) => false,
            Self::Retryable(_) | Self::Permanent(_) => true,
        }
    }
}

/// One status, or a class of them: `404` or `"4xx"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StatusShape", into = "StatusShape")]
pub enum StatusPattern {
    /// One status.
    Code(u16),
    /// All statuses that begin with this digit.
    Class(u16),
}

/// What statuses mean. A status takes precedence over its class. A status that is in no list is a success from 200 to
/// 299, and is retried otherwise. `410` always means that the endpoint is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OutcomeRules {
    /// Statuses that mean success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub success: Vec<StatusPattern>,
    /// Statuses after which the delivery is tried again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retryable: Vec<StatusPattern>,
    /// Statuses after which the delivery has failed, without another attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permanent: Vec<StatusPattern>,
}

/// `410 Gone`.
const GONE: u16 = 410;

impl OutcomeRules {
    /// What a status means.
    pub fn verdict(&self, status: u16) -> Verdict {
        let lists = [
            (&self.success, Verdict::Success),
            (&self.retryable, Verdict::Retryable),
            (&self.permanent, Verdict::Permanent),
        ];
        for wanted in [StatusPattern::Code(status), StatusPattern::Class(status / 100)] {
            if let Some((_, verdict)) = lists.iter().find(|(list, _)| list.contains(&wanted)) {
                return *verdict;
            }
        }
        if (200..300).contains(&status) { Verdict::Success } else { Verdict::Retryable }
    }

    /// Judges an outcome. An attempt is judged once, when it has ended; everything that follows goes by this judgement.
    pub fn judge(&self, outcome: &Outcome) -> Judgement {
        let status = match outcome {
            // The same template makes the same of the same event.
            Outcome::Unreachable(class @ ErrorClass::TemplateFailed) => return Judgement::Permanent(*class),
            Outcome::Unreachable(class) => return Judgement::Retryable(*class),
            Outcome::Answered(answer) => answer.status,
        };
        let error = match status {
            GONE => return Judgement::Gone,
            300..=399 => ErrorClass::RedirectRefused,
            _ => ErrorClass::HttpStatus,
        };
        match self.verdict(status) {
            Verdict::Success => Judgement::Success,
            Verdict::Retryable => Judgement::Retryable(error),
            Verdict::Permanent => Judgement::Permanent(error),
        }
    }

    /// Checks that no status stands in two lists, and that 410 keeps its meaning.
    ///
    /// # Errors
    /// The text for the caller.
    pub fn check(&self) -> Result<(), &'static str> {
        let all: Vec<_> = [&self.success, &self.retryable, &self.permanent].into_iter().flatten().collect();
        if all.contains(&&StatusPattern::Code(GONE)) {
            return Err("410 always means that the endpoint is gone");
        }
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        if distinct.len() != all.len() {
            return Err("a status may stand in one list only");
        }
        Ok(())
    }
}

/// A status as the API takes and shows it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StatusShape {
    Code(u16),
    Class(String),
}

impl TryFrom<StatusShape> for StatusPattern {
    type Error = &'static str;

    fn try_from(shape: StatusShape) -> Result<Self, Self::Error> {
        const BAD: &str = "must be a status from 200 to 599, or a class such as \"4xx\"";
        match shape {
            StatusShape::Code(code) if (200..600).contains(&code) => Ok(Self::Code(code)),
            StatusShape::Class(text) => match text.as_bytes() {
                [digit @ b'2'..=b'5', b'x', b'x'] => Ok(Self::Class(u16::from(digit - b'0'))),
                _ => Err(BAD),
            },
            StatusShape::Code(_) => Err(BAD),
        }
    }
}

impl From<StatusPattern> for StatusShape {
    fn from(pattern: StatusPattern) -> Self {
        match pattern {
            StatusPattern::Code(code) => Self::Code(code),
            StatusPattern::Class(class) => Self::Class(format!("{class}xx")),
        }
    }
}

impl Outcome {
    /// The HTTP status, if there was an answer.
    pub const fn response_status(&self) -> Option<u16> {
        match self {
            Self::Answered(answer) => Some(answer.status),
            Self::Unreachable(_) => None,
        }
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

    fn rules(json: serde_json::Value) -> OutcomeRules {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn only_2xx_is_success_when_nothing_is_said() {
        let class = |status| OutcomeRules::default().judge(&answered(status)).error();
        for status in 200..600 {
            assert_eq!(class(status).is_none(), (200..300).contains(&status), "{status}");
        }
        assert_eq!(class(302), Some(ErrorClass::RedirectRefused));
        assert_eq!(class(410), Some(ErrorClass::EndpointGone));
        assert_eq!(class(500), Some(ErrorClass::HttpStatus));
        let unreachable = Outcome::Unreachable(ErrorClass::Timeout);
        assert_eq!(OutcomeRules::default().judge(&unreachable), Judgement::Retryable(ErrorClass::Timeout));
        let unrendered = OutcomeRules::default().judge(&Outcome::Unreachable(ErrorClass::TemplateFailed));
        assert_eq!(unrendered, Judgement::Permanent(ErrorClass::TemplateFailed));
        assert!(!unrendered.counts_against_health());
    }

    #[test]
    fn a_code_goes_before_its_class_whatever_the_list() {
        let rules = rules(serde_json::json!({ "success": [409], "permanent": ["4xx"], "retryable": [429] }));
        assert_eq!(rules.verdict(409), Verdict::Success);
        assert_eq!(rules.verdict(404), Verdict::Permanent);
        assert_eq!(rules.verdict(429), Verdict::Retryable);
        assert_eq!((rules.verdict(204), rules.verdict(500)), (Verdict::Success, Verdict::Retryable));
        assert_eq!(rules.judge(&answered(410)), Judgement::Gone);
        assert_eq!(rules.judge(&answered(400)), Judgement::Permanent(ErrorClass::HttpStatus));
        assert_eq!(rules.judge(&answered(503)), Judgement::Retryable(ErrorClass::HttpStatus));
    }

    #[test]
    fn rules_that_contradict_themselves_or_name_no_status_are_refused() {
        for json in [
            serde_json::json!({ "success": [404], "permanent": [404] }),
            serde_json::json!({ "permanent": ["4xx", "4xx"] }),
            serde_json::json!({ "success": [410] }),
        ] {
            assert!(rules(json.clone()).check().is_err(), "{json}");
        }
        for json in
            [r#"{"success":[99]}"#, r#"{"success":["6xx"]}"#, r#"{"success":["404"]}"#, r#"{"ok":[200]}"#]
        {
            assert!(serde_json::from_str::<OutcomeRules>(json).is_err(), "{json}");
        }
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
