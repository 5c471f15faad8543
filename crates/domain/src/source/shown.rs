//! What is shown of a received request?
//! Its headers without credentials, its query, and the beginning of its body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::endpoint::custom_headers::HIDDEN_VALUE;
use crate::source::SourceSettings;
use crate::source::received::{RawRequest, SHOWN_BODY_BYTES};
use crate::source::scheme::Scheme;

/// Headers whose values are credentials, whatever the provider.
const CREDENTIALS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-api-key"];

/// The beginning of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownBody {
    /// The text, or base64 of what is no text.
    pub text: String,
    /// Whether it is base64.
    pub is_base64: bool,
    /// Whether there is more.
    pub is_truncated: bool,
}

impl RawRequest {
    /// The headers as they may be shown: credentials are hidden always, also from those who may see the body.
    pub fn shown_headers(&self, settings: &SourceSettings) -> Vec<(String, String)> {
        let shown = |(name, value): &(String, Vec<u8>)| {
            let value = match is_hidden(name, settings) {
                true => HIDDEN_VALUE.to_owned(),
                false => String::from_utf8_lossy(value).into_owned(),
            };
            (name.clone(), value)
        };
        self.headers.iter().map(shown).collect()
    }

    /// The query as it came; `None` without one. The path is not shown: its last part makes the address secret.
    pub fn query(&self) -> Option<&str> {
        Some(self.target.split_once('?')?.1)
    }

    /// The first bytes of the body. A character that is cut at the end is left out.
    pub fn shown_body(&self) -> ShownBody {
        let is_truncated = self.body.len() > SHOWN_BODY_BYTES;
        let shown = self.body.get(..SHOWN_BODY_BYTES).unwrap_or(&self.body);
        let text = match std::str::from_utf8(shown) {
            Ok(text) => Some(text),
            Err(error) if is_truncated && error.error_len().is_none() => {
                shown.get(..error.valid_up_to()).and_then(|whole| std::str::from_utf8(whole).ok())
            }
            Err(_) => None,
        };
        match text {
            Some(text) => ShownBody { text: text.to_owned(), is_base64: false, is_truncated },
            None => ShownBody { text: STANDARD.encode(shown), is_base64: true, is_truncated },
        }
    }
}

fn is_hidden(name: &str, settings: &SourceSettings) -> bool {
    let own = settings.options.header.as_deref().filter(|_| settings.scheme() == Scheme::StaticHeader);
    CREDENTIALS.iter().chain(&own).any(|hidden| hidden.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn raw(headers: &[(&str, &str)], body: Vec<u8>) -> RawRequest {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        let (method, target) = ("POST".to_owned(), "/in/token?a=1".to_owned());
        RawRequest { method, target, headers: headers.collect(), body }
    }

    #[test]
    fn credentials_are_never_shown() {
        let settings = |options| {
            serde_json::from_value(json!({ "name": "a", "provider": "gupshup", "options": options })).unwrap()
        };
        let raw = raw(
            &[("authorization", "Basic a"), ("Cookie", "b"), ("x-key", "c"), ("x-other", "d")],
            Vec::new(),
        );
        let values = |settings: &SourceSettings| -> Vec<_> {
            raw.shown_headers(settings).into_iter().map(|(_, value)| value).collect()
        };
        assert_eq!(values(&settings(json!({}))), [HIDDEN_VALUE, HIDDEN_VALUE, "c", "d"]);
        let own = settings(json!({ "header": "X-Key" }));
        assert_eq!(values(&own), [HIDDEN_VALUE, HIDDEN_VALUE, HIDDEN_VALUE, "d"]);
        assert_eq!(raw.query(), Some("a=1"));
    }

    #[test]
    fn a_body_that_is_no_text_is_base64_and_a_long_one_is_cut_between_characters() {
        let shown = |body: Vec<u8>| raw(&[], body).shown_body();
        let is = |text: &str, is_base64, is_truncated| ShownBody {
            text: text.to_owned(),
            is_base64,
            is_truncated,
        };
        assert_eq!(shown(b"{\"a\":\"\xc3\xa9\"}".to_vec()), is("{\"a\":\"é\"}", false, false));
        assert_eq!(shown(vec![0xff, 0]), is("/wA=", true, false));
        assert!(shown(b"a\xc3".to_vec()).is_base64, "it ends within a character");
        let long = format!("a{}", "é".repeat(SHOWN_BODY_BYTES));
        let cut = shown(long.clone().into_bytes());
        assert!(cut.is_truncated && !cut.is_base64 && long.starts_with(&cut.text));
        assert_eq!(cut.text.len(), SHOWN_BODY_BYTES - 1);
    }

    proptest! {
        #[test]
        fn any_body_is_shown(body in prop::collection::vec(any::<u8>(), 0..3 * SHOWN_BODY_BYTES)) {
            let shown = raw(&[], body.clone()).shown_body();
            let bytes = if shown.is_base64 { STANDARD.decode(&shown.text).unwrap() } else { shown.text.into_bytes() };
            prop_assert!(body.starts_with(&bytes) && bytes.len() + 4 > body.len().min(SHOWN_BODY_BYTES));
            prop_assert_eq!(shown.is_truncated, body.len() > SHOWN_BODY_BYTES);
        }
    }
}
