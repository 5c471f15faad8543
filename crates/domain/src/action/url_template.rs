//! Where does a call of an action go?
//! A URL template: `{{ parameters.x }}` in path and query, each value percent-encoded; scheme, host and port are literal.
//!
//! The host is checked when the action is saved, and no value can change it: a value is encoded but for the characters that
//! RFC 3986 calls unreserved, and may not be a dot segment, which a URL parser would resolve. The finished URL is checked
//! once more to have the host that was saved.

use serde_json::{Map, Value};

use crate::endpoint::address::AllowedTargets;
use crate::endpoint::custom_headers::HIDDEN_VALUE;
use crate::endpoint::endpoint_url::{EndpointUrl, EndpointUrlError};
use crate::problem::FieldError;

/// What stands for a value while the URL is checked without values, and in the endpoint's row.
const STAND_IN: &str = "_";
const OPEN: &str = "{{";
const CLOSE: &str = "}}";
const ROOT: &str = "parameters";

/// A URL with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate {
    pieces: Vec<Piece>,
    /// The URL with [`STAND_IN`] in place of each value.
    base: EndpointUrl,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// The names on the way to the value, and whether it stands in the path.
    Value {
        path: Vec<String>,
        in_path: bool,
    },
}

/// Why a URL template is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrlTemplate {
    /// A `{{` without its `}}`.
    #[error("has a `{{{{` without its `}}}}`")]
    Unclosed,
    /// Something else than a name between the braces.
    #[error("may hold `{{{{ parameters.name }}}}` and no other expression")]
    NotAParameter,
    /// A placeholder before the path.
    #[error("may have a parameter in its path and query only: scheme, host and port are fixed")]
    InHost,
    /// The URL is refused.
    #[error(transparent)]
    Url(#[from] EndpointUrlError),
}

impl UrlTemplate {
    /// Reads a template, and checks its host.
    ///
    /// # Errors
    /// [`BadUrlTemplate`] with the first rule that it breaks.
    pub fn parse(text: &str, allowed: &AllowedTargets) -> Result<Self, BadUrlTemplate> {
        let template = Self::read(text)?;
        template.base.check(allowed)?;
        Ok(template)
    }

    /// Reads a template that was checked when it was saved; whether its host may be called is checked again before each call.
    ///
    /// # Errors
    /// As for [`Self::parse`], but for the host.
    pub fn read(text: &str) -> Result<Self, BadUrlTemplate> {
        // By the rules of browsers tabs and line breaks vanish and `\` is `/`: nothing may move where the host or a part of the
        // path ends.
        if text.chars().any(|character| character.is_control() || character == '\\') {
            return Err(EndpointUrlError::NotAUrl.into());
        }
        let (mut pieces, mut rest, mut at) = (Vec::new(), text, 0);
        let authority_ends = authority_end(text);
        while let Some(start) = rest.find(OPEN) {
            let inside = &rest[start + OPEN.len()..];
            let end = inside.find(CLOSE).ok_or(BadUrlTemplate::Unclosed)?;
            let place = at + start;
            if authority_ends.is_none_or(|ends| place <= ends) {
                return Err(BadUrlTemplate::InHost);
            }
            let in_path = !text[..place].contains('?');
            pieces.push(Piece::Literal(rest[..start].to_owned()));
            pieces.push(Piece::Value { path: names(&inside[..end])?, in_path });
            let used = start + OPEN.len() + end + CLOSE.len();
            (rest, at) = (&rest[used..], at + used);
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        let text = |piece: &Piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Value { .. } => STAND_IN.to_owned(),
        };
        let base = pieces.iter().map(text).collect::<String>();
        // Where a URL is stored it is read so; the check of the host comes on top.
        let base: EndpointUrl = serde_json::from_value(Value::String(base.clone())).map_err(|_| {
            EndpointUrl::parse(&base, &AllowedTargets::public_only())
                .err()
                .unwrap_or(EndpointUrlError::NotAUrl)
        })?;
        Ok(Self { pieces, base })
    }

    /// The URL with a stand-in for each value: its host is the host of every call.
    pub fn base(&self) -> &EndpointUrl {
        &self.base
    }

    /// The top-level parameters that it names: those in its path, which must have a value, and all.
    pub fn parameters(&self, in_path_only: bool) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(move |piece| match piece {
            Piece::Value { path, in_path } if *in_path || !in_path_only => path.first().map(String::as_str),
            Piece::Value { .. } | Piece::Literal(_) => None,
        })
    }

    /// The URL of a call with these parameters as it is shown to those who may not read the action's URL whole: `[hidden]` is
    /// what its query says literally, which may be a secret. The names in the query stay, and so do the parameters, by which
    /// a person knows what they confirm.
    ///
    /// # Errors
    /// As for [`Self::render`].
    pub fn render_shown(&self, parameters: &Map<String, Value>) -> Result<String, FieldError> {
        let url = self.render(parameters)?;
        let Some((path, _)) = url.as_str().split_once('?') else { return Ok(url.as_str().to_owned()) };
        let (mut shown, mut in_query) = (format!("{path}?"), false);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) if in_query => shown.push_str(&hidden(text, true)),
                Piece::Literal(text) => {
                    if let Some((_, query)) = text.split_once('?') {
                        in_query = true;
                        shown.push_str(&hidden(query, false));
                    }
                }
                Piece::Value { path, in_path: false } => {
                    let text = text_at(parameters, path).unwrap_or_default();
                    shown.push_str(&encoded(&text));
                }
                Piece::Value { .. } => {}
            }
        }
        Ok(shown)
    }

    /// The URL of a call with these parameters.
    ///
    /// # Errors
    /// A pointer to the parameter that cannot stand in the URL, and why.
    pub fn render(&self, parameters: &Map<String, Value>) -> Result<EndpointUrl, FieldError> {
        let error = |pointer: String, detail: &str| FieldError { pointer, detail: detail.to_owned() };
        let mut url = String::new();
        // A path segment is what stands between two slashes: values and literals together.
        let (mut segment_start, mut last) = (0, String::new());
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => {
                    if !last.is_empty()
                        && let Some(slash) = text.find(['/', '?'])
                    {
                        is_plain(&url[segment_start..], &text[..slash])
                            .map_err(|d| error(last.clone(), d))?;
                    }
                    url.push_str(text);
                    if let Some(slash) = text.rfind(['/', '?']) {
                        (segment_start, last) = (url.len() - text.len() + slash + 1, String::new());
                    }
                }
                Piece::Value { path, in_path } => {
                    let pointer = format!("/parameters/{}", path.join("/"));
                    let text = text_at(parameters, path).map_err(|d| error(pointer.clone(), d))?;
                    if *in_path && text.is_empty() {
                        return Err(error(pointer, "is needed in the URL, so it may not be empty"));
                    }
                    url.push_str(&encoded(&text));
                    if *in_path {
                        last = pointer;
                    }
                }
            }
        }
        if !last.is_empty() {
            is_plain(&url[segment_start..], "").map_err(|d| error(last.clone(), d))?;
        }
        let refused = || error("/parameters".to_owned(), "make a URL that is too long or not a URL");
        let url: EndpointUrl = serde_json::from_value(Value::String(url)).map_err(|_| refused())?;
        let (made, base) = (url.as_url(), self.base.as_url());
        let is_same = made.scheme() == base.scheme()
            && made.host() == base.host()
            && made.port_or_known_default() == base.port_or_known_default();
        if is_same { Ok(url) } else { Err(refused()) }
    }
}

/// A literal part of a query without its values; `goes_on` when a parameter stands directly before it.
fn hidden(query: &str, goes_on: bool) -> String {
    let shown = |(place, part): (usize, &str)| match part.split_once('=') {
        _ if part.is_empty() => String::new(),
        _ if place == 0 && goes_on => HIDDEN_VALUE.to_owned(),
        Some((name, "")) => format!("{name}="),
        Some((name, _)) => format!("{name}={HIDDEN_VALUE}"),
        None => HIDDEN_VALUE.to_owned(),
    };
    query.split('&').enumerate().map(shown).collect::<Vec<_>>().join("&")
}

/// Where the host and port of a URL end: the place of the slash or question mark after them.
fn authority_end(text: &str) -> Option<usize> {
    let start = text.find("://")? + 3;
    Some(start + text[start..].find(['/', '?'])?)
}

/// The names of ` parameters.customer.id `.
fn names(inside: &str) -> Result<Vec<String>, BadUrlTemplate> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let mut names = inside.trim().split('.');
    if names.next() != Some(ROOT) {
        return Err(BadUrlTemplate::NotAParameter);
    }
    let names: Vec<String> = names.map(str::to_owned).collect();
    let are_sound = !names.is_empty() && names.iter().all(|name| is_name(name));
    if are_sound { Ok(names) } else { Err(BadUrlTemplate::NotAParameter) }
}

/// The text of the value under these names; of none, and of `null`, it is empty.
fn text_at(parameters: &Map<String, Value>, path: &[String]) -> Result<String, &'static str> {
    let (first, rest) = path.split_first().ok_or("has no name")?;
    let mut value = parameters.get(first);
    for name in rest {
        value = value.and_then(|value| value.get(name));
    }
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Bool(flag)) => Ok(flag.to_string()),
        Some(Value::Array(_) | Value::Object(_)) => {
            Err("stands in the URL, so it must be a text, a number or a boolean")
        }
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A URL parser resolves `.` and `..`, also as `%2e`: such a segment would lead to another path.
fn is_plain(start: &str, end: &str) -> Result<(), &'static str> {
    let segment = format!("{start}{end}").to_ascii_lowercase().replace("%2e", ".");
    match segment.as_str() {
        "." | ".." => Err("makes a part of the path that is `.` or `..`"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const PUBLIC: AllowedTargets = AllowedTargets::public_only();

    fn rendered(template: &str, parameters: Value) -> Result<String, FieldError> {
        let Value::Object(parameters) = parameters else { unreachable!() };
        let template = UrlTemplate::parse(template, &PUBLIC).unwrap();
        template.render(&parameters).map(|url| url.as_str().to_owned())
    }

    #[test]
    fn values_stand_in_path_and_query_percent_encoded() {
        let template = "https://crm.example.com/orders/{{ parameters.id }}/refund?why={{parameters.note.text}}&n={{parameters.n}}";
        let parameters = json!({ "id": "a/b?c#d", "note": { "text": "é & more" }, "n": 2 });
        assert_eq!(
            rendered(template, parameters).unwrap(),
            "https://crm.example.com/orders/a%2Fb%3Fc%23d/refund?why=%C3%A9%20%26%20more&n=2"
        );
    }

    #[test]
    fn what_a_query_says_literally_is_hidden_and_its_parameters_are_not() {
        for (template, shown) in [
            ("https://a.example.com/o?k=hush&o={{ parameters.o }}", "https://a.example.com/o?k=[hidden]&o=7"),
            (
                "https://a.example.com/o?o={{ parameters.o }}hush&hush&k=hush",
                "https://a.example.com/o?o=7[hidden]&[hidden]&k=[hidden]",
            ),
            ("https://a.example.com/o?{{ parameters.o }}=hush", "https://a.example.com/o?7[hidden]"),
            ("https://a.example.com/o?a=hush?hush=hush", "https://a.example.com/o?a=[hidden]"),
            (
                "https://a.example.com/{{ parameters.o }}/x?o=hush{{ parameters.o }}",
                "https://a.example.com/7/x?o=[hidden]7",
            ),
            ("https://a.example.com/{{ parameters.o }}", "https://a.example.com/7"),
        ] {
            let template = UrlTemplate::parse(template, &PUBLIC).unwrap();
            let Value::Object(parameters) = json!({ "o": 7 }) else { unreachable!() };
            assert_eq!(template.render_shown(&parameters).unwrap(), shown);
        }
        // What is shown may be longer than what is called.
        let long = format!("https://a.example.com/?{}", "a=b&".repeat(500));
        let template = UrlTemplate::parse(&long, &PUBLIC).unwrap();
        assert!(template.render_shown(&Map::new()).unwrap().len() > long.len());
    }

    #[test]
    fn a_missing_value_is_empty_in_the_query_and_refused_in_the_path() {
        assert_eq!(
            rendered("https://a.example.com/?q={{ parameters.q }}", json!({})).unwrap(),
            "https://a.example.com/?q="
        );
        for value in [json!({}), json!({ "id": "" }), json!({ "id": null }), json!({ "id": ["a"] })] {
            let refused = rendered("https://a.example.com/o/{{ parameters.id }}", value).unwrap_err();
            assert_eq!(refused.pointer, "/parameters/id");
        }
    }

    #[test]
    fn no_value_makes_a_dot_segment() {
        for (template, value) in [
            ("https://a.example.com/o/{{ parameters.id }}", ".."),
            ("https://a.example.com/o/{{ parameters.id }}/refund", "."),
            ("https://a.example.com/o/.{{ parameters.id }}?q=1", "."),
            ("https://a.example.com/o/{{ parameters.id }}.", "."),
            ("https://a.example.com/o/%2e{{ parameters.id }}/x", "."),
        ] {
            assert!(rendered(template, json!({ "id": value })).is_err(), "{template} {value}");
        }
        assert!(rendered("https://a.example.com/o/{{ parameters.id }}", json!({ "id": "..a" })).is_ok());
    }

    #[test]
    fn a_host_is_literal_and_public() {
        let refused = |text: &str| UrlTemplate::parse(text, &PUBLIC).unwrap_err();
        for text in [
            "https://{{ parameters.host }}/x",
            "https://a{{ parameters.host }}.example.com/x",
            "https://example.com{{ parameters.path }}",
            "{{ parameters.url }}",
            "https://example.com:{{ parameters.port }}/",
        ] {
            assert_eq!(refused(text), BadUrlTemplate::InHost, "{text}");
        }
        assert_eq!(refused("https://example.com/{{ parameters.x"), BadUrlTemplate::Unclosed);
        for text in
            ["{{ actor }}", "{{ parameters }}", "{{ parameters.x | upper }}", "{{ parameters..x }}", "{{}}"]
        {
            assert_eq!(
                refused(&format!("https://example.com/{text}")),
                BadUrlTemplate::NotAParameter,
                "{text}"
            );
        }
        for text in [
            "https://127.0.0.1/{{ parameters.x }}",
            "https://169.254.169.254/",
            "https://10.0.0.1:8443/{{ parameters.x }}",
        ] {
            assert_eq!(refused(text), EndpointUrlError::AddressNotAllowed.into(), "{text}");
        }
        for text in [
            "https:\\\\example.com\\{{ parameters.x }}",
            "https://example.com/{{ parameters.x }}\\b",
            "https://exa\tmple.com/",
            "ftp://example.com/",
        ] {
            assert!(matches!(refused(text), BadUrlTemplate::Url(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_value_leads_to_another_host_or_adds_a_segment(id in ".{1,40}", q in ".{0,40}") {
            let template = "https://crm.example.com/orders/{{ parameters.id }}/refund?q={{ parameters.q }}";
            if let Ok(url) = rendered(template, json!({ "id": id, "q": q })) {
                let url = url::Url::parse(&url).unwrap();
                prop_assert_eq!(url.host_str(), Some("crm.example.com"));
                let segments: Vec<_> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments.len(), 3, "{}", url);
                prop_assert_eq!((segments[0], segments[2]), ("orders", "refund"));
                let pairs: Vec<_> = url.query_pairs().collect();
                prop_assert_eq!(pairs.len(), 1);
                prop_assert_eq!(pairs[0].1.as_ref(), q.as_str());
                prop_assert_eq!(url.fragment(), None);
            } else {
                prop_assert!([".", ".."].contains(&id.as_str()) || id.len() * 3 + q.len() * 3 > 1_900);
            }
        }
    }
}
