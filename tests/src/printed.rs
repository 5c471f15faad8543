//! Does a real answer look like the one that a page prints?
//! A pattern matcher: printed JSON in which `…` stands for omitted values, members and rows, against a real answer.
//! Ids, times, secrets, digests and durations must have the same form; everything else must be equal.

use std::collections::BTreeMap;

use domain::timestamp::Timestamp;

/// Members whose numbers differ from run to run.
const DURATIONS: [&str; 3] = ["duration_ms", "p50_ms", "p95_ms"];

/// Prefixes of ids, each followed by a ULID.
const IDS: [&str; 12] = ["ws", "we", "evt", "wd", "rep", "key", "aud", "src", "rcv", "inv", "ses", "link"];

/// Beginnings of texts that are random behind them.
const RANDOM: [&str; 6] = ["whsec_", "phk_", "phs_", "req_", "v1,", "cfm_"];

/// The printed answers of one page. The same printed id must stand for the same real id on the whole page.
#[derive(Debug, Default, Clone)]
pub struct PrintedPage {
    ids: BTreeMap<String, String>,
}

/// A JSON value as printed, its members in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// `…`
    Omitted,
    Text(String),
    /// A number, `true`, `false` or `null`, as it stands.
    Literal(String),
    /// The names of an array's rows are empty.
    List(Vec<(String, Node)>),
    Members(Vec<(String, Node)>),
}

impl PrintedPage {
    /// Compares a real answer with the printed one.
    ///
    /// # Errors
    /// The first difference, with its place.
    pub fn compare(&mut self, printed: &str, real: &str) -> Result<(), String> {
        if printed.starts_with(['{', '[']) {
            let parse = |text| Parser::parse(text).ok_or_else(|| format!("is no JSON: {text}"));
            return self.node("", &parse(printed)?, &parse(real)?);
        }
        let mut real = real.lines();
        for line in printed.lines().take_while(|line| line.trim() != "…") {
            let found = real.next();
            if found != Some(line) {
                return Err(format!("printed {line:?}, real {found:?}"));
            }
        }
        Ok(())
    }

    fn node(&mut self, place: &str, printed: &Node, real: &Node) -> Result<(), String> {
        let is_same = match (printed, real) {
            (Node::Omitted, _) => true,
            (Node::Text(printed), Node::Text(real)) => self.is_same_text(printed, real),
            (Node::Literal(printed), Node::Literal(real)) => {
                let is_duration = DURATIONS.iter().any(|name| place.ends_with(name));
                printed == real || (is_duration && [printed, real].iter().all(|text| is_number(text)))
            }
            (Node::List(printed), Node::List(real)) | (Node::Members(printed), Node::Members(real)) => {
                return self.members(place, printed, real);
            }
            _ => false,
        };
        if is_same { Ok(()) } else { Err(format!("{place}: printed {printed:?}, real {real:?}")) }
    }

    /// Members and rows stand in the printed order, and nothing is between them unless `…` is printed there. A `…` that
    /// omits nothing misleads as well.
    fn members(
        &mut self,
        place: &str,
        printed: &[(String, Node)],
        real: &[(String, Node)],
    ) -> Result<(), String> {
        let (mut next, mut omits) = (0, false);
        for (name, node) in printed {
            if name.is_empty() && *node == Node::Omitted {
                omits = true;
                continue;
            }
            let place = format!("{place}/{name}");
            let from = if omits { next + 1 } else { next };
            let to = if omits { real.len() } else { (next + 1).min(real.len()) };
            let mut difference = format!("{place}: printed {node:?}, and the real answer has none here");
            let found = (from..to).find(|at| {
                let (real_name, real_node) = &real[*at];
                let mut attempt = self.clone();
                let compared = if name == real_name {
                    attempt.node(&place, node, real_node)
                } else {
                    Err(format!("{place}: the real answer has {real_name:?} here"))
                };
                match compared {
                    Ok(()) => *self = attempt,
                    Err(ref error) if name == real_name || !omits => difference.clone_from(error),
                    Err(_) => (),
                }
                compared.is_ok()
            });
            next = found.ok_or(difference)? + 1;
            omits = false;
        }
        match (omits, next == real.len()) {
            (true, true) => Err(format!("{place}: the last … omits nothing")),
            (false, false) => Err(format!("{place}: not printed, and no …: {:?}", real[next])),
            _ => Ok(()),
        }
    }

    fn is_same_text(&mut self, printed: &str, real: &str) -> bool {
        if let Some(beginning) = printed.strip_suffix('…') {
            return real.starts_with(beginning);
        }
        if let Some(kind) = id_kind(printed) {
            let known = self.ids.entry(printed.to_owned()).or_insert_with(|| real.to_owned());
            let is_same = known == real && id_kind(real) == Some(kind);
            return is_same && self.ids.values().filter(|id| *id == real).count() == 1;
        }
        let are_both = |form: fn(&str) -> bool| form(printed) && form(real);
        printed == real
            || are_both(|text| text.len() == 24 && Timestamp::parse(text).is_ok())
            || are_both(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            || (printed.len() == real.len()
                && RANDOM.iter().any(|prefix| printed.starts_with(prefix) && real.starts_with(prefix)))
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

/// `we` of `we_` and a ULID.
fn id_kind(text: &str) -> Option<&str> {
    let (kind, ulid) = text.split_once('_')?;
    let is_ulid = ulid.len() == 26 && ulid.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (is_ulid && IDS.contains(&kind)).then_some(kind)
}

/// Reads JSON whose values, members and rows may be `…`. It keeps the order of members, and numbers as they stand.
struct Parser<'a>(&'a str);

impl Parser<'_> {
    fn parse(text: &str) -> Option<Node> {
        let mut parser = Parser(text);
        let node = parser.value()?;
        parser.skip_space();
        parser.0.is_empty().then_some(node)
    }

    fn value(&mut self) -> Option<Node> {
        self.skip_space();
        if self.take("…") {
            return Some(Node::Omitted);
        }
        if self.take("{") {
            return self.until("}", Self::member).map(Node::Members);
        }
        if self.take("[") {
            return self.until("]", |parser| Some((String::new(), parser.value()?))).map(Node::List);
        }
        if self.0.starts_with('"') {
            return self.text().map(Node::Text);
        }
        let end = self.0.find([',', ']', '}', ' ', '\n']).unwrap_or(self.0.len());
        let (literal, rest) = self.0.split_at(end);
        self.0 = rest;
        serde_json::from_str::<serde_json::Value>(literal).ok()?;
        Some(Node::Literal(literal.to_owned()))
    }

    fn member(&mut self) -> Option<(String, Node)> {
        self.skip_space();
        if self.take("…") {
            return Some((String::new(), Node::Omitted));
        }
        let name = self.text()?;
        self.skip_space();
        if !self.take(":") {
            return None;
        }
        Some((name, self.value()?))
    }

    fn until(
        &mut self,
        end: &str,
        mut one: impl FnMut(&mut Self) -> Option<(String, Node)>,
    ) -> Option<Vec<(String, Node)>> {
        let mut all = Vec::new();
        self.skip_space();
        if self.take(end) {
            return Some(all);
        }
        loop {
            all.push(one(self)?);
            self.skip_space();
            if self.take(end) {
                return Some(all);
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        let mut texts = serde_json::Deserializer::from_str(self.0).into_iter::<String>();
        let text = texts.next()?.ok()?;
        self.0 = &self.0[texts.byte_offset()..];
        Some(text)
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip_space(&mut self) {
        self.0 = self.0.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = r#"{"id":"we_01M7Z2902B976DQF8TPFF6EEZ2","url":"http://a/","events":["a","b"],
        "at":"2026-11-21T12:46:12.092Z","rows":[{"n":1,"m":2},{"n":3,"m":4}],"duration_ms":7,"last":null}"#;

    fn compare(printed: &str) -> Result<(), String> {
        PrintedPage::default().compare(printed, REAL)
    }

    #[test]
    fn an_answer_is_as_printed_where_it_is_omitted_or_has_the_same_form() {
        for printed in [
            r#"{"id": "we_01AAAAAAAAAAAAAAAAAAAAAAAA", …}"#,
            r#"{…, "url": "http://a/", …}"#,
            r#"{…, "events": ["a", …], …, "rows": [{"n": 1, …}, …], …}"#,
            r#"{…, "rows": [{"n": 1, "m": …}, {…, "m": 4}], "duration_ms": 0, "last": null}"#,
            r#"{…, "at": "2020-01-01T00:00:00.000Z", …}"#,
            r#"{…, "url": "http…", …}"#,
        ] {
            assert_eq!(compare(printed), Ok(()), "{printed}");
        }
    }

    #[test]
    fn every_other_difference_is_reported() {
        for (printed, difference) in [
            (r#"{"key": "we_01AAAAAAAAAAAAAAAAAAAAAAAA", …}"#, "/key: the real answer has \"id\" here"),
            (r#"{"id": "wd_01AAAAAAAAAAAAAAAAAAAAAAAA", …}"#, "/id: printed"),
            (r#"{"id": …, "events": …, …}"#, "/events: the real answer has \"url\" here"),
            (r#"{"id": …, …, "url": …, …}"#, "/url: printed Omitted, and the real answer has none"),
            (r#"{"id": …, …, "last": null, …}"#, "the last … omits nothing"),
            (r#"{…, "rows": …, …, "events": …, …}"#, "/events: printed"),
            (r#"{…, "url": "http://b/", …}"#, "/url: printed"),
            (r#"{…, "rows": [{"n": 1, "m": 2}, {"n": 3}], …}"#, "/rows/: not printed, and no …"),
            (r#"{…, "rows": [{"n": 1, "m": 2}], …}"#, "/rows: not printed, and no …"),
            (r#"{…, "duration_ms": 0, "last": 1}"#, "/last: printed"),
            (r#"{…, "at": "yesterday", …}"#, "/at: printed"),
            ("{", "is no JSON"),
        ] {
            let error = compare(printed).expect_err(printed);
            assert!(error.contains(difference), "{printed}: {error}");
        }
    }

    #[test]
    fn a_printed_id_stands_for_one_real_id_on_the_whole_page() {
        let (a, b) = ("we_01AAAAAAAAAAAAAAAAAAAAAAAA", "we_01BBBBBBBBBBBBBBBBBBBBBBBB");
        let list = |first: &str, second: &str| format!("[\"{first}\", \"{second}\"]");
        assert_eq!(PrintedPage::default().compare(&list(a, b), &list(b, a)), Ok(()));
        assert!(PrintedPage::default().compare(&list(a, a), &list(a, b)).is_err());
        assert!(PrintedPage::default().compare(&list(a, b), &list(a, a)).is_err());
    }

    #[test]
    fn text_is_compared_line_by_line_until_an_omission() {
        let compare = |printed| PrintedPage::default().compare(printed, "curl a \\\n  -H b \\\n  -d c\n");
        assert_eq!(compare("curl a \\\n  -H b \\\n  …"), Ok(()));
        assert!(compare("curl a \\\n  -H c \\\n  …").is_err());
    }
}
