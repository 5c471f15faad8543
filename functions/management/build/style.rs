//! What of a style sheet does a browser need?
//! A stripper for CSS: comments and indentation go, strings stay as they are.

/// The sheet without comments, and with one space or line break where there was one or more.
///
/// A comment between two letters is refused: it parts them, and whether a space would do the same depends on where.
pub(crate) fn stripped(sheet: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = sheet;
    while let Some(first) = rest.chars().next() {
        let space = rest.len() - rest.trim_start().len();
        let (kept, length) = if let Some(comment) = rest.strip_prefix("/*") {
            let length = comment.find("*/").ok_or("a comment stays open")? + "/**/".len();
            let after = &rest[length..];
            if !(text.is_empty()
                || text.ends_with([' ', '\n'])
                || after.is_empty()
                || after.starts_with(char::is_whitespace))
            {
                return Err(format!("a comment without a space: {}", &rest[..length]));
            }
            ("", length)
        } else if space > 0 {
            (if rest[..space].contains('\n') { "\n" } else { " " }, space)
        } else if first == '"' || first == '\'' {
            let length = quoted(rest, first).ok_or("a string stays open")?;
            (&rest[..length], length)
        } else if first == '\\' {
            return Err("an escape outside of a string".to_owned());
        } else if rest.starts_with("url(") && !rest["url(".len()..].starts_with(['"', '\'']) {
            return Err("an address without quotation marks".to_owned());
        } else {
            (&rest[..first.len_utf8()], first.len_utf8())
        };
        if space > 0 {
            // What a comment stood between becomes one.
            let is_line = kept == "\n" || text.ends_with('\n');
            text.truncate(text.trim_end_matches([' ', '\n']).len());
            text.push_str(if text.is_empty() {
                ""
            } else if is_line {
                "\n"
            } else {
                " "
            });
        } else {
            text.push_str(kept);
        }
        rest = &rest[length..];
    }
    Ok(text)
}

/// The length of a string with its quotation marks.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '\n' => return None,
            letter if letter == quote => return Some(place + 1),
            _ => {}
        }
    }
    None
}
