//! Do the examples of docs/filters.md and docs/templates.md hold?
//! Each row of their tables is read and tried.

use payload::template::Escape;
use payload::{Document, Filter, Template};
use serde_json::{Value, json};

const MEMBERS: [&str; 5] = ["type", "id", "timestamp", "channels", "data"];
const FILTERS: &str = include_str!("../../../docs/filters.md");
const TEMPLATES: &str = include_str!("../../../docs/templates.md");

fn document(data: Value) -> Document {
    Document::new([("type", json!("ticket.created")), ("data", data)])
}

/// The rows of the tables whose head has these columns.
fn rows(page: &str, head: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut is_in = false;
    for line in page.lines() {
        if line == head {
            is_in = true;
        } else if !line.starts_with('|') {
            is_in = false;
        } else if is_in && !line.starts_with("|---") {
            let line = line.trim_matches('|').replace("\\|", "\u{1}");
            rows.push(line.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect());
        }
    }
    assert!(rows.len() > 3, "{head}: {} rows", rows.len());
    rows
}

/// What is in backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn filter(text: &str) -> Filter {
    let filter = Filter::of(parsed(text));
    assert_eq!(filter.mistakes(&MEMBERS), [], "{text}");
    filter
}

/// The page's first block of JSON.
fn first_block(page: &str) -> &str {
    page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default()
}

#[test]
fn each_condition_of_the_page_holds_for_what_it_says() {
    for row in rows(FILTERS, "| the builder says | filter | holds for | not for |") {
        let filter = filter(code(&row[1])[0]);
        for (cell, expected) in [(&row[2], true), (&row[3], false)] {
            for data in code(cell) {
                assert_eq!(filter.matches(&document(parsed(data))), expected, "{}: {data}", row[1]);
            }
        }
    }
    filter(first_block(FILTERS));
}

#[test]
fn filters_are_stored_and_explained_as_the_page_says() {
    for row in rows(FILTERS, "| you send | stored |") {
        assert_eq!(filter(code(&row[0])[0]).as_json().to_string(), code(&row[1])[0]);
    }
    let reasons = rows(FILTERS, "| `reason` | means | filter | data |");
    assert_eq!(reasons.len(), 7, "each reason has a row");
    for row in reasons {
        let findings = filter(code(&row[2])[0]).explain(&document(parsed(code(&row[3])[0])));
        assert_eq!(json!(findings[0].reason), code(&row[0])[0], "{row:?}");
    }
}

#[test]
fn mistakes_of_filters_are_told_as_the_page_says() {
    for row in rows(FILTERS, "| written | pointer | the filter … |") {
        let mistakes = Filter::of(parsed(code(&row[0])[0])).mistakes(&MEMBERS);
        assert_eq!(mistakes.len(), 1, "{row:?}");
        assert_eq!((mistakes[0].pointer.as_str(), &mistakes[0].detail), (code(&row[1])[0], &row[2]));
    }
}

#[test]
fn what_stands_for_filters_of_others_is_a_filter() {
    for row in rows(FILTERS, "| there | here |") {
        parsed(code(&row[0])[0]);
        code(&row[1]).first().map(|text| filter(text));
    }
}

#[test]
fn each_string_and_expression_of_the_page_gives_what_it_says() {
    let as_string = |expression: &str| json!(format!("{{{{ {expression} }}}}"));
    let strings =
        rows(TEMPLATES, "| string | data | gives |").into_iter().map(|row| (parsed(code(&row[0])[0]), row));
    let expressions = rows(TEMPLATES, "| expression | data | gives |")
        .into_iter()
        .map(|row| (as_string(code(&row[0])[0]), row));
    let filters = rows(TEMPLATES, "| filter | expression | data | gives |")
        .into_iter()
        .map(|row| (as_string(code(&row[1])[0]), row[1..].to_vec()));
    for (source, row) in strings.chain(expressions).chain(filters) {
        let template = Template::of(source.clone());
        assert_eq!(template.mistakes(), [], "{source}");
        let made = template.render(&document(parsed(code(&row[1])[0])), Escape::None).unwrap();
        assert_eq!(made.json, code(&row[2])[0], "{source}");
        assert_eq!(made.undefined, [""; 0], "{source}");
    }
    assert_eq!(serde_json::from_str::<Template>(first_block(TEMPLATES)).unwrap().mistakes(), []);
}

#[test]
fn missing_members_are_listed_as_the_page_says() {
    for row in rows(TEMPLATES, "| string | data | gives | listed |") {
        let template = Template::of(parsed(code(&row[0])[0]));
        let made = template.render(&document(parsed(code(&row[1])[0])), Escape::None).unwrap();
        assert_eq!(made.json, code(&row[2])[0], "{row:?}");
        assert_eq!(if made.undefined.is_empty() { "no" } else { "yes" }, row[3], "{row:?}");
    }
}

#[test]
fn mistakes_of_templates_are_told_as_the_page_says() {
    for row in rows(TEMPLATES, "| string | the string … |") {
        let mistakes = Template::of(parsed(code(&row[0])[0])).mistakes();
        assert_eq!(mistakes.len(), 1, "{row:?}");
        assert_eq!(mistakes[0].detail, row[1]);
    }
}
