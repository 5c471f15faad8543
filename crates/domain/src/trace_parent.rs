//! Which trace does an event belong to?
//! The `traceparent` header of W3C Trace Context, level 1: <https://www.w3.org/TR/trace-context/>.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Length of a `traceparent` of version `00`: `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const LENGTH: usize = 55;
/// The only flag that Posthorn knows: the caller records the trace.
const RECORDED: u8 = 1;

/// The parent of a span: its trace, its span id, and whether the trace is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent {
    /// The id of the trace, never 0.
    pub trace_id: u128,
    /// The id of the parent span, never 0.
    pub span_id: u64,
    /// The trace flags. The lowest bit says that the caller records the trace; the standard requires the others to be
    /// 0.
    pub flags: u8,
}

/// The error for a header value that is not a `traceparent`. The standard requires to ignore such a header: the event
/// begins a new trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no traceparent")]
pub struct NotATraceParent;

impl FromStr for TraceParent {
    type Err = NotATraceParent;

    /// Reads a header's value. Of a version later than `00` only the part that all versions share is read.
    fn from_str(text: &str) -> Result<Self, NotATraceParent> {
        let (head, rest) = text.split_at_checked(LENGTH).ok_or(NotATraceParent)?;
        let mut fields = head.split('-');
        let mut field = |digits: usize| fields.next().filter(|field| is_hex(field, digits));
        let (Some(version), Some(trace_id), Some(span_id), Some(flags)) =
            (field(2), field(32), field(16), field(2))
        else {
            return Err(NotATraceParent);
        };
        let ends_here = rest.is_empty() || (version != "00" && rest.starts_with('-'));
        let parsed = Self {
            trace_id: u128::from_str_radix(trace_id, 16).map_err(|_| NotATraceParent)?,
            span_id: u64::from_str_radix(span_id, 16).map_err(|_| NotATraceParent)?,
            flags: u8::from_str_radix(flags, 16).map_err(|_| NotATraceParent)? & RECORDED,
        };
        let valid = ends_here && version != "ff" && parsed.trace_id != 0 && parsed.span_id != 0;
        if valid { Ok(parsed) } else { Err(NotATraceParent) }
    }
}

/// Reads exactly so many hexadecimal digits in lower case.
fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

impl TryFrom<String> for TraceParent {
    type Error = NotATraceParent;

    fn try_from(text: String) -> Result<Self, NotATraceParent> {
        text.parse()
    }
}

impl From<TraceParent> for String {
    fn from(trace: TraceParent) -> Self {
        trace.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the standard.
    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_standards_example_is_understood() {
        let trace: TraceParent = EXAMPLE.parse().unwrap();
        assert_eq!(trace.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!((trace.span_id, trace.flags), (0x00f0_67aa_0ba9_02b7, 1));
        assert_eq!(trace.to_string(), EXAMPLE);
    }

    #[test]
    fn what_the_standard_calls_invalid_is_none() {
        let invalid = [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ];
        for text in invalid {
            assert_eq!(text.parse::<TraceParent>(), Err(NotATraceParent), "{text}");
        }
    }

    #[test]
    fn flags_that_are_not_understood_are_not_handed_on() {
        let trace: TraceParent = EXAMPLE.replace("b7-01", "b7-ff").parse().unwrap();
        assert_eq!(trace.to_string(), EXAMPLE);
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = EXAMPLE.replacen("00", "01", 1);
        assert!(later.parse::<TraceParent>().is_ok());
        assert!(format!("{later}-more").parse::<TraceParent>().is_ok());
        assert!(format!("{later}more").parse::<TraceParent>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(trace_id in 1u128.., span_id in 1u64.., flags in 0..=RECORDED) {
            let trace = TraceParent { trace_id, span_id, flags };
            prop_assert_eq!(trace.to_string().parse(), Ok(trace));
        }

        #[test]
        fn garbage_is_an_error_and_never_a_panic(text in ".{0,80}") {
            prop_assert!(text.parse::<TraceParent>().is_err());
        }
    }
}
