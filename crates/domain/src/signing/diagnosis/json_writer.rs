//! How would another library write the same JSON?
//! A token rewriter: it keeps the order of members, and changes white space, escapes and numbers as JavaScript, Python,
//! PHP and Go do when they write what they have parsed.

use std::fmt::Write as _;

/// White space between tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// `{"a":1,"b":2}`
    Compact,
    /// `{"a": 1, "b": 2}`
    Spaced,
    /// A line for each member, with so many spaces a level.
    Indented(usize),
}

/// Which characters are escaped within strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// As few as JSON allows.
    Minimal,
    /// Everything beyond ASCII as `\uXXXX`.
    Ascii,
    /// That, and `/` as `\/`.
    AsciiAndSlash,
    /// `<`, `>` and `&` as `\uXXXX`.
    Html,
}

/// One way of writing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer {
    pub(super) space: Space,
    /// `None` leaves strings as they are.
    pub(super) escapes: Option<Escapes>,
    /// Whether `1.50` becomes `1.5`.
    pub(super) short_numbers: bool,
}

const fn writer(space: Space, escapes: Option<Escapes>) -> Writer {
    Writer { space, escapes, short_numbers: false }
}

impl Writer {
    /// The ways of the usual libraries.
    pub(super) const USUAL: [Self; 16] = [
        writer(Space::Compact, Some(Escapes::Minimal)), // JSON.stringify
        writer(Space::Compact, Some(Escapes::Minimal)).short(),
        writer(Space::Spaced, Some(Escapes::Ascii)), // Python's json.dumps
        writer(Space::Spaced, Some(Escapes::Ascii)).short(),
        writer(Space::Compact, Some(Escapes::Ascii)), // with separators
        writer(Space::Spaced, Some(Escapes::Minimal)), // with ensure_ascii=False
        writer(Space::Compact, Some(Escapes::AsciiAndSlash)), // PHP's json_encode
        writer(Space::Compact, Some(Escapes::AsciiAndSlash)).short(),
        writer(Space::Compact, Some(Escapes::Html)), // Go's json.Marshal
        writer(Space::Indented(2), Some(Escapes::Minimal)),
        writer(Space::Indented(4), Some(Escapes::Minimal)),
        writer(Space::Indented(4), Some(Escapes::AsciiAndSlash)), // PHP's JSON_PRETTY_PRINT
        writer(Space::Compact, None),
        writer(Space::Spaced, None),
        writer(Space::Indented(2), None),
        writer(Space::Indented(4), None),
    ];

    const fn short(self) -> Self {
        Self { short_numbers: true, ..self }
    }
}

/// The longest text that is written, in bytes. Deep JSON grows by its indentation: half a megabyte of brackets would fill
/// the memory.
const MAX_WRITTEN_BYTES: usize = 1024 * 1024;

/// Writes the JSON `text` again; `None` if that would be too long.
pub(super) fn rewrite(text: &str, writer: Writer) -> Option<String> {
    let mut written = String::with_capacity(text.len() + text.len() / 4);
    let (mut rest, mut depth) = (text.trim_ascii(), 0usize);
    while let Some(first) = rest.chars().next() {
        if written.len() + 8 * depth > MAX_WRITTEN_BYTES {
            return None;
        }
        let end = token_end(rest);
        let (token, after) = rest.split_at(end);
        rest = after.trim_ascii_start();
        let closes_at_once = rest.starts_with(['}', ']']);
        match first {
            '{' | '[' => {
                written.push(first);
                depth += 1;
                if !closes_at_once {
                    break_line(&mut written, writer.space, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !written.ends_with(['{', '[']) {
                    break_line(&mut written, writer.space, depth);
                }
                written.push(first);
            }
            ',' => {
                written.push(',');
                match writer.space {
                    Space::Spaced => written.push(' '),
                    space => break_line(&mut written, space, depth),
                }
            }
            ':' => written.push_str(if writer.space == Space::Compact { ":" } else { ": " }),
            '"' => push_string(&mut written, token, writer.escapes),
            _ if writer.short_numbers => push_number(&mut written, token),
            _ => written.push_str(token),
        }
    }
    Some(written)
}

/// Where the first token of `text` ends; `text` is JSON, so a string has an end.
fn token_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'"') => {
            let mut at = 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            (at + 1).min(bytes.len())
        }
        Some(b'{' | b'}' | b'[' | b']' | b',' | b':') => 1,
        _ => {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b"{}[],:\"".contains(byte);
            bytes.iter().position(ends).unwrap_or(bytes.len()).max(1)
        }
    }
}

fn break_line(written: &mut String, space: Space, depth: usize) {
    if let Space::Indented(width) = space {
        written.push('\n');
        written.extend(std::iter::repeat_n(' ', width * depth));
    }
}

fn push_string(written: &mut String, token: &str, escapes: Option<Escapes>) {
    let Some(escapes) = escapes else { return written.push_str(token) };
    // A lone surrogate is no text: such a string stays as it is.
    let Ok(text) = serde_json::from_str::<String>(token) else { return written.push_str(token) };
    for c in serde_json::Value::String(text).to_string().chars() {
        let ascii = matches!(escapes, Escapes::Ascii | Escapes::AsciiAndSlash);
        match c {
            '/' if escapes == Escapes::AsciiAndSlash => written.push_str("\\/"),
            '<' | '>' | '&' if escapes == Escapes::Html => push_escaped(written, c),
            _ if ascii && !c.is_ascii() => push_escaped(written, c),
            _ => written.push(c),
        }
    }
}

fn push_escaped(written: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        write!(written, "\\u{unit:04x}").ok();
    }
}

/// A number as JavaScript writes it: the shortest text of the same double.
fn push_number(written: &mut String, token: &str) {
    match token.parse::<f64>() {
        Ok(number) if number.is_finite() && number.abs() < 1e15 => {
            write!(written, "{number}").ok();
        }
        _ => written.push_str(token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{ "b":[1.50,{},[ ]], "a/":"é <\u00e9> \"", "n":null }"#;

    /// Each line was written by the library itself.
    #[test]
    fn the_usual_libraries_are_reproduced() {
        let written = |space, escapes| rewrite(TEXT, writer(space, Some(escapes)).short()).unwrap();
        let js = written(Space::Compact, Escapes::Minimal);
        assert_eq!(js, r#"{"b":[1.5,{},[]],"a/":"é <é> \"","n":null}"#, "JSON.stringify");
        let php = written(Space::Compact, Escapes::AsciiAndSlash);
        assert_eq!(php, r#"{"b":[1.5,{},[]],"a\/":"\u00e9 <\u00e9> \"","n":null}"#, "json_encode");
        let python = written(Space::Spaced, Escapes::Ascii);
        assert_eq!(python, r#"{"b": [1.5, {}, []], "a/": "\u00e9 <\u00e9> \"", "n": null}"#, "json.dumps");
        let go = rewrite(r#"{"a":"é <x> & 🎺"}"#, writer(Space::Compact, Some(Escapes::Html))).unwrap();
        assert_eq!(go, r#"{"a":"é \u003cx\u003e \u0026 🎺"}"#, "json.Marshal");
        let pretty = rewrite(r#"{"a":[1,{"b":[]}]}"#, writer(Space::Indented(2), None)).unwrap();
        assert_eq!(
            pretty, "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ]\n}",
            "JSON.stringify(…, null, 2)"
        );
    }

    #[test]
    fn astral_characters_are_escaped_as_pairs() {
        let python = rewrite(r#"["🎺"]"#, writer(Space::Spaced, Some(Escapes::Ascii))).unwrap();
        assert_eq!(python, r#"["\ud83c\udfba"]"#);
    }

    #[test]
    fn deep_json_is_given_up_before_its_indentation_fills_the_memory() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(rewrite(&deep, writer(Space::Indented(4), None)), None);
        assert_eq!(rewrite("[[]]", writer(Space::Compact, None)).as_deref(), Some("[[]]"));
    }
}
