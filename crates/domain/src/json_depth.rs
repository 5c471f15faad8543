//! How deep is a JSON text nested?
//! The nesting depth is bounded by one pass over the bytes, which builds no value and does not recurse, so that no text
//! can exhaust the stack.

/// Whether `json` holds more than `levels` arrays and objects within each other. A number, string or literal has no
/// level, `[]` has one, `[{}]` two.
///
/// Brackets inside a string do not count, and an escaped quote does not end a string. Of a text that is not JSON the
/// answer means nothing.
pub fn is_deeper_than(json: &str, levels: usize) -> bool {
    let (mut open, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                open += 1;
                if open > levels {
                    return true;
                }
            }
            b']' | b'}' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The text of a string, most of it what could be taken for structure.
    fn string() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            r#"[\[\]{},: a-zé🎺]{0,6}"#,
            Just(r#"\""#.to_owned()),
            Just(r"\\".to_owned()),
            r"\\u[0-9a-fA-F]{4}",
        ];
        vec(part, 0..6).prop_map(|parts| format!("\"{}\"", parts.concat()))
    }

    /// A JSON text, and how deep it is nested.
    fn nested() -> impl Strategy<Value = (String, usize)> {
        let scalar = prop_oneof![string(), "-?[1-9][0-9]{0,40}(e[+-]?[0-9]{1,3})?", Just("null".to_owned())];
        scalar.prop_map(|text| (text, 0)).prop_recursive(8, 60, 5, |value| {
            let member = (string(), value.clone());
            let member = member.prop_map(|(name, (text, depth))| (format!("{name}\t:{text}"), depth));
            prop_oneof![
                vec(value, 0..5).prop_map(|items| enclosed("[", items, "]")),
                vec(member, 0..5).prop_map(|members| enclosed("{", members, "}")),
            ]
        })
    }

    fn enclosed(open: &str, items: Vec<(String, usize)>, close: &str) -> (String, usize) {
        let (texts, depths): (Vec<_>, Vec<_>) = items.into_iter().unzip();
        (format!("{open}{}{close}", texts.join(" ,\n")), 1 + depths.into_iter().max().unwrap_or(0))
    }

    #[test]
    fn brackets_in_strings_and_behind_escaped_quotes_are_text() {
        for flat in [r#""[[[""#, r#""\"[[""#, r#""\\\"[[""#, r#""\u005b[""#, "7", "null"] {
            assert!(!is_deeper_than(flat, 0), "{flat}");
        }
        for (json, levels) in [("[]", 1), (r#"["\\",[]]"#, 2), (r#"{"[{":{"a":[]}}"#, 3), ("[[],[],[]]", 2)] {
            assert!(!is_deeper_than(json, levels), "{json}");
            assert!(is_deeper_than(json, levels - 1), "{json}");
        }
    }

    #[test]
    fn a_hundred_thousand_levels_are_counted_without_a_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(is_deeper_than(&deep, 99_999));
        assert!(!is_deeper_than(&deep, 100_000));
    }

    proptest! {
        #[test]
        fn a_text_is_as_deep_as_it_was_built((json, depth) in nested()) {
            prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(&json).is_ok(), "{json}");
            prop_assert!(!is_deeper_than(&json, depth), "{json}");
            prop_assert!(depth == 0 || is_deeper_than(&json, depth - 1), "{json}");
        }

        #[test]
        fn what_is_not_json_is_no_panic(text in r#"[\[\]{}"\\a]{0,60}"#, levels in 0_usize..5) {
            is_deeper_than(&text, levels);
        }
    }
}
