//! Which parts of a string are expressions?
//! The splitter finds `{{ … }}`; the scan of an expression finds filters, tests, functions and methods by their names.

use super::engine::{FILTERS, TESTS};
use crate::mistake;

/// Most characters of an expression.
pub const MAX_CHARACTERS: usize = 500;
/// Most brackets inside each other. The engine's parser calls itself for each: 150 levels of them, its own bound, would take
/// more than 1 MB of stack.
pub const MAX_BRACKETS: usize = 20;

/// A part of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Literal(&'a str),
    /// What stands between `{{` and `}}`.
    Expression(&'a str),
}

/// The parts of a string.
///
/// # Errors
/// What to write instead.
pub(crate) fn split(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let Some(start) = opening(rest)? else {
            if !rest.is_empty() {
                parts.push(Part::Literal(rest));
            }
            return Ok(parts);
        };
        if start > 0 {
            parts.push(Part::Literal(&rest[..start]));
        }
        let inside = &rest[start + 2..];
        let end =
            closing(inside).ok_or("must close its expression with }}; for the text {{ write {{ '{{' }}")?;
        parts.push(Part::Expression(checked(&inside[..end])?));
        rest = &inside[end + 2..];
    }
}

/// Where the next `{{` is.
fn opening(text: &str) -> Result<Option<usize>, String> {
    for (place, pair) in text.as_bytes().windows(2).enumerate() {
        match pair {
            b"{{" => return Ok(Some(place)),
            b"{%" => {
                return Err(
                    "must not hold a statement: only expressions in {{ }}, such as {{ data.a if data.b else \
                            data.c }}; for the text {% write {{ '{%' }}"
                        .to_owned(),
                );
            }
            b"{#" => return Err("must not hold a comment; for the text {# write {{ '{#' }}".to_owned()),
            _ => {}
        }
    }
    Ok(None)
}

/// Where the `}}` is that ends an expression: not within quotes, nor within a map.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut quote, mut depth, mut place) = (None, 0_usize, 0);
    while place < bytes.len() {
        match (quote, bytes[place]) {
            (Some(_), b'\\') => place += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, byte @ (b'\'' | b'"')) => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if bytes.get(place + 1) == Some(&b'}') => return Some(place),
            _ => {}
        }
        place += 1;
    }
    None
}

fn checked(expression: &str) -> Result<&str, String> {
    if expression.trim().is_empty() {
        return Err("must have an expression between {{ and }}, such as {{ data.id }}".to_owned());
    }
    if expression.chars().count() > MAX_CHARACTERS {
        return Err(format!("must have expressions of at most {MAX_CHARACTERS} characters"));
    }
    if expression.starts_with('-') || expression.ends_with('-') {
        return Err(
            "must not trim with {{- or -}}: strings of JSON have no lines around them; put a space before a \
                    minus sign"
                .to_owned(),
        );
    }
    Ok(expression)
}

/// What an expression has, by its words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// It asks whether something is in something.
    pub(crate) has_in: bool,
    /// It gives nothing if a condition does not hold.
    pub(crate) has_if: bool,
}

/// What the expression has.
///
/// # Errors
/// A filter, a test, a function or a method that is not offered, and what to write instead. Jinja would find it only when
/// it is reached.
pub(crate) fn scan(expression: &str) -> Result<Words, String> {
    let mut words = Words::default();
    let tokens = tokens(expression);
    if depth(&tokens) > MAX_BRACKETS {
        return Err(format!("must have at most {MAX_BRACKETS} brackets inside each other"));
    }
    if tokens.contains(&Token::Sign('*')) && has_own_values(&tokens) {
        return Err("must not have * beside a list, a map or a slice, as it would repeat them".to_owned());
    }
    for (place, token) in tokens.iter().enumerate() {
        let Token::Word(word) = *token else { continue };
        let before = place.checked_sub(1).map(|before| tokens[before]);
        let earlier = place.checked_sub(2).map(|before| tokens[before]);
        let is_called = tokens.get(place + 1) == Some(&Token::Sign('('));
        match before {
            Some(Token::Sign('|')) => known("filter", word, &FILTERS)?,
            Some(Token::Sign('.')) if is_called => return Err(method(word)),
            Some(Token::Sign('.')) => {}
            _ if ["is", "not"].contains(&word) => {}
            Some(Token::Word("is")) => known("test", word, &TESTS)?,
            Some(Token::Word("not")) if earlier == Some(Token::Word("is")) => known("test", word, &TESTS)?,
            _ if KEYWORDS.contains(&word) => {
                words.has_in |= word == "in";
                words.has_if |= word == "if";
            }
            _ if is_called => return Err(function(word)),
            _ => {}
        }
    }
    Ok(words)
}

/// How many brackets are inside each other.
fn depth(tokens: &[Token<'_>]) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for token in tokens {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// Whether the expression writes lists or maps itself, or slices. Repeated by `*`, going through them is counted neither by
/// the engine nor by the document's values.
fn has_own_values(tokens: &[Token<'_>]) -> bool {
    let mut calls = Vec::new();
    tokens.iter().enumerate().any(|(place, token)| {
        let before = place.checked_sub(1).map(|before| tokens[before]);
        let is_behind_value = match before {
            Some(Token::Word(word)) => !KEYWORDS.contains(&word) && !["not", "is"].contains(&word),
            Some(Token::Value | Token::Sign(')' | ']' | '}')) => true,
            _ => false,
        };
        match token {
            Token::Sign('(') => calls.push(is_behind_value),
            Token::Sign('[') if is_behind_value => calls.push(false),
            Token::Sign(')' | ']') => drop(calls.pop()),
            Token::Sign('[' | '{' | ':') => return true,
            // Not between the arguments of a filter, but of a list in parentheses or none at all.
            Token::Sign(',') => return calls.last() != Some(&true),
            _ => {}
        }
        false
    })
}

const KEYWORDS: [&str; 5] = ["and", "or", "in", "if", "else"];

fn known(kind: &str, word: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&word) {
        return Ok(());
    }
    let instead = match mistake::meant(word, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("use one of {}", known.join(", ")),
    };
    Err(format!("must not use {word}, which is not a {kind}: {instead}"))
}

fn function(word: &str) -> String {
    let instead = match word {
        "range" => "a template has no loops; map, selectattr and join go through an array",
        "now" => "an event is rendered alike on every retry; use timestamp",
        _ if FILTERS.contains(&word) => {
            return format!("must not call {word}: write {{{{ data.value | {word} }}}}");
        }
        _ => "only filters, such as {{ data.name | upper }}",
    };
    format!("must not call {word}, as there are no functions: {instead}")
}

fn method(word: &str) -> String {
    if FILTERS.contains(&word) {
        return format!("must not call .{word}(): write {{{{ data.value | {word} }}}}");
    }
    format!("must not call .{word}(): use a filter, one of {}", FILTERS.join(", "))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Sign(char),
    /// A quoted text or a number.
    Value,
}

fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut characters = expression.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        match character {
            '\'' | '"' => {
                while let Some((_, inside)) = characters.next() {
                    match inside {
                        '\\' => drop(characters.next()),
                        _ if inside == character => break,
                        _ => {}
                    }
                }
                tokens.push(Token::Value);
            }
            _ if character.is_alphanumeric() || character == '_' => {
                let mut end = start + character.len_utf8();
                while let Some((place, next)) = characters.peek().copied() {
                    if !next.is_alphanumeric() && next != '_' {
                        break;
                    }
                    end = place + next.len_utf8();
                    characters.next();
                }
                let is_number = character.is_ascii_digit();
                tokens.push(if is_number { Token::Value } else { Token::Word(&expression[start..end]) });
            }
            _ if character.is_whitespace() => {}
            sign => tokens.push(Token::Sign(sign)),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::Part::{Expression, Literal};
    use super::*;

    #[test]
    fn a_string_is_split_at_its_expressions() {
        for (text, parts) in [
            ("", vec![]),
            ("plain } text }}", vec![Literal("plain } text }}")]),
            ("{{ a }}", vec![Expression(" a ")]),
            ("x {{a}}{{b}} y", vec![Literal("x "), Expression("a"), Expression("b"), Literal(" y")]),
            ("{{ '}}' ~ \"\\\"}}\" }}", vec![Expression(" '}}' ~ \"\\\"}}\" ")]),
            ("{{ {'a': {'b': 1}}.a }}!", vec![Expression(" {'a': {'b': 1}}.a "), Literal("!")]),
            ("ä{{ 'ö' }}ü", vec![Literal("ä"), Expression(" 'ö' "), Literal("ü")]),
        ] {
            assert_eq!(split(text), Ok(parts), "{text}");
        }
    }

    #[test]
    fn strings_that_are_no_template_say_what_to_write() {
        for (text, detail) in [
            ("{{ a", "must close its expression"),
            ("{{ '}}", "must close its expression"),
            ("{{}}", "must have an expression"),
            ("{% for x in y %}", "must not hold a statement"),
            ("{# note #}", "must not hold a comment"),
            ("{{- a -}}", "must not trim"),
        ] {
            let refused = split(text).unwrap_err();
            assert!(refused.contains(detail), "{text}: {refused}");
        }
        assert!(split(&format!("{{{{{}}}}}", "ä".repeat(500))).is_ok());
        assert!(split(&format!("{{{{{}}}}}", "ä".repeat(501))).is_err());
    }

    #[test]
    fn words_that_are_not_offered_are_found_before_they_are_reached() {
        for expression in [
            "data.a | default('x') | upper",
            "data.range | join(', ')",
            "data.items | map(attribute='sku') | join",
            "not (data.a) and (data.b) or data.c is defined",
            "'|nope(' ~ \"range(1)\"",
            "data.a if data.b is not none else (data.c)",
            "data['range']",
            "'a' in (data.b)",
            "1 if (2) in [3]",
            "data.a[0] * (data['b'] | default(1, true)) | currency('EUR', minor=true)",
        ] {
            assert!(scan(expression).is_ok(), "{expression}: {:?}", scan(expression));
        }
        for (expression, detail) in [
            ("data.a | uper", "did you mean upper?"),
            ("data.a |safe", "which is not a filter: use one of"),
            ("range(1000)", "a template has no loops"),
            ("now()", "use timestamp"),
            ("upper(data.a)", "write {{ data.value | upper }}"),
            ("data.a.upper()", "write {{ data.value | upper }}"),
            ("data.a.items()", "use a filter"),
            ("data.a is definde", "did you mean defined?"),
            ("data.a is not odd", "which is not a test"),
            ("dict(a=1)", "there are no functions"),
            ("[1] * 2", "must not have * beside a list"),
            ("(1, 2) * 2", "must not have * beside a list"),
            ("1, 2 * 2", "must not have * beside a list"),
            ("data.a[1:] * 2", "must not have * beside a list"),
            ("data.a * 2 in [2]", "must not have * beside a list"),
            ("{'a': 2 * 2}", "must not have * beside a list"),
        ] {
            let refused = scan(expression).unwrap_err();
            assert!(refused.contains(detail), "{expression}: {refused}");
        }
        assert_eq!(scan("'a' in data.b"), Ok(Words { has_in: true, has_if: false }));
    }
}
