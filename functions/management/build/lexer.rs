//! Of which tokens is a JavaScript file made?
//! A lexer that goes no further than what a stripper needs: it tells comments from strings, templates and regular expressions.
//!
//! What it cannot tell apart without a parser, such as a regular expression from a division after `}`, it refuses. The
//! build fails then, and the author puts brackets around it.

/// What a token is, as far as the next `/` depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Number,
    Text,
    /// A piece of a template that ends with `${`.
    Opening,
    /// A piece of a template that ends with its backtick.
    Closing,
    Regex,
    Sign,
}

/// What stands before a token. A line break is kept, because it may end a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    None,
    Space,
    Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) gap: Gap,
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// How many brackets are open around it.
    pub(crate) depth: usize,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token<'a>>,
    /// The open brackets, and whether it is the one of `if (…)` or of another head.
    open: Vec<(&'static str, bool)>,
    /// Whether the last token ended such a head, after which a statement begins.
    after_head: bool,
}

/// The tokens of `text`.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), open: Vec::new(), after_head: false };
    while let Some(gap) = lexer.gap()? {
        lexer.token(gap)?;
    }
    match lexer.open.is_empty() {
        true => Ok(lexer.tokens),
        false => Err(lexer.refuse("a bracket stays open")),
    }
}

/// The tokens as text again: without comments, with one space or line break where there was one or more.
pub(crate) fn written<'a>(tokens: impl IntoIterator<Item = &'a Token<'a>>) -> String {
    let mut text = String::new();
    for token in tokens {
        text.push_str(match token.gap {
            Gap::None => "",
            Gap::Space => " ",
            Gap::Line => "\n",
        });
        text.push_str(token.text);
    }
    text
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn refuse(&self, why: &str) -> String {
        let line = self.text[..self.at].lines().count().max(1);
        let begin: String = self.rest().chars().take(30).collect();
        format!("line {line}: {why}: {begin}")
    }

    /// Goes over whitespace and comments; `None` at the end.
    fn gap(&mut self) -> Result<Option<Gap>, String> {
        let begin = self.at;
        loop {
            let rest = self.rest();
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if let Some(comment) = rest.strip_prefix("/*") {
                comment.find("*/").ok_or_else(|| self.refuse("a comment stays open"))? + "/**/".len()
            } else {
                rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len()
            };
            if length == 0 {
                break;
            }
            self.at += length;
        }
        let passed = &self.text[begin..self.at];
        let gap = match (passed.is_empty() || begin == 0, passed.contains('\n')) {
            (true, _) => Gap::None,
            (false, false) => Gap::Space,
            (false, true) => Gap::Line,
        };
        Ok((!self.rest().is_empty()).then_some(gap))
    }

    fn token(&mut self, gap: Gap) -> Result<(), String> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(()) };
        let is_number = first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit()));
        let (kind, length) = if is_number {
            (Kind::Number, run(rest, |letter| is_word(letter) || letter == '.'))
        } else if is_word(first) {
            (Kind::Word, run(rest, is_word))
        } else {
            match first {
                '\'' | '"' => (Kind::Text, self.quoted(first)?),
                '`' => self.template()?,
                '}' if self.open.last().is_some_and(|(bracket, _)| *bracket == "${") => {
                    self.open.pop();
                    self.template()?
                }
                '/' if self.is_regex()? => (Kind::Regex, self.regex()?),
                sign if sign.is_ascii_punctuation() && sign != '\\' => (Kind::Sign, 1),
                _ => return Err(self.refuse("an unexpected letter")),
            }
        };
        let text = &rest[..length];
        let is_head = self.is_head();
        self.after_head = false;
        let mut depth = self.open.len();
        match (kind, text) {
            (Kind::Sign, "(") => self.open.push(("(", is_head)),
            (Kind::Sign, "[") => self.open.push(("[", false)),
            (Kind::Sign, "{") => self.open.push(("{", false)),
            (Kind::Sign, ")" | "]" | "}") => depth = self.closed(text)?,
            (Kind::Opening, _) => self.open.push(("${", false)),
            _ => {}
        }
        self.tokens.push(Token { gap, kind, text, depth });
        self.at += length;
        Ok(())
    }

    /// Closes a bracket, and says how many are open around it.
    fn closed(&mut self, bracket: &str) -> Result<usize, String> {
        match (self.open.pop(), bracket) {
            (Some(("(", is_head)), ")") => self.after_head = is_head,
            (Some(("[", _)), "]") | (Some(("{", _)), "}") => {}
            _ => return Err(self.refuse("a bracket that is not open")),
        }
        Ok(self.open.len())
    }

    /// The length of a string.
    fn quoted(&self, quote: char) -> Result<usize, String> {
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((place, letter)) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '\n' => break,
                letter if letter == quote => return Ok(place + 1),
                _ => {}
            }
        }
        Err(self.refuse("a string stays open"))
    }

    /// The length of a piece of a template, which begins with its backtick or with the `}` of a value in it.
    fn template(&self) -> Result<(Kind, usize), String> {
        let rest = self.rest();
        let mut letters = rest.char_indices().skip(1);
        while let Some((place, letter)) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '`' => return Ok((Kind::Closing, place + 1)),
                '$' if rest[place..].starts_with("${") => return Ok((Kind::Opening, place + 2)),
                _ => {}
            }
        }
        Err(self.refuse("a template stays open"))
    }

    /// The length of a regular expression with its flags.
    fn regex(&self) -> Result<usize, String> {
        let rest = self.rest();
        let mut letters = rest.char_indices().skip(1);
        let mut in_class = false;
        while let Some((place, letter)) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '\n' => break,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => return Ok(place + 1 + run(&rest[place + 1..], is_word)),
                _ => {}
            }
        }
        Err(self.refuse("a regular expression stays open"))
    }

    /// Whether a `/` begins a regular expression here, and is no division.
    fn is_regex(&self) -> Result<bool, String> {
        let Some(last) = self.tokens.last() else { return Ok(true) };
        match (last.kind, last.text) {
            (Kind::Word, "of") | (Kind::Sign, "}") => Err(self.refuse("a division or a regular expression?")),
            (Kind::Word, word) => Ok(BEFORE_A_VALUE.contains(&word) && !self.is_member()),
            (Kind::Number | Kind::Text | Kind::Closing | Kind::Regex, _) | (Kind::Sign, "]") => Ok(false),
            (Kind::Sign, ")") => Ok(self.after_head),
            // `n++ / 2`
            (Kind::Sign, "+" | "-") => {
                let before = self.tokens.iter().rev().nth(1);
                Ok(last.gap != Gap::None || before.is_none_or(|before| before.text != last.text))
            }
            (Kind::Sign | Kind::Opening, _) => Ok(true),
        }
    }

    /// Whether the last token is the word before a head.
    fn is_head(&self) -> bool {
        let is_word =
            self.tokens.last().is_some_and(|last| ["if", "while", "for", "with"].contains(&last.text));
        is_word && !self.is_member()
    }

    /// Whether the last token is the name of a member, which any word may be.
    fn is_member(&self) -> bool {
        self.tokens.iter().rev().nth(1).is_some_and(|before| before.text == ".")
    }
}

/// Words after which a value begins, and no operator.
const BEFORE_A_VALUE: [&str; 14] = [
    "return",
    "typeof",
    "case",
    "in",
    "delete",
    "void",
    "instanceof",
    "new",
    "do",
    "else",
    "throw",
    "await",
    "yield",
    "default",
];

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// How many bytes of `text` are letters of this kind.
fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !is_part(letter)).unwrap_or(text.len())
}
