//! Which canonical filters must the console's rule builder give back byte for byte?
//! A corpus of filters in tests/golden/filters.json, with the pointers of their conditions. `console/rules/filter.test.js`
//! reads it; `UPDATE_CORPUS=1` writes it again.

use std::fmt::Write as _;
use std::path::Path;

use payload::{Document, Filter};
use serde_json::{Value, json};

const MEMBERS: [&str; 5] = ["type", "id", "timestamp", "channels", "data"];
const PAGE: &str = include_str!("../../../docs/filters.md");
/// How many filters are generated, beside those of the page and those below.
const GENERATED: usize = 150;

/// What is easily lost on the way through another language's JSON.
const TRICKY: [&str; 16] = [
    r#"{"data.a":{"$eq":1.0}}"#,
    r#"{"data.a":{"$in":[9007199254740993,-0.0,1e+300,18446744073709551615,0.1]}}"#,
    r#"{"data.a":{"$eq":"</script>\u0000\u001f\u2028\u202e\"\\\n\u007f😀"}}"#,
    r#"{"data.file\\.name":{"$exists":true}}"#,
    r#"{"data.items":{"$elemMatch":{"__proto__":1,"0":2}}}"#,
    r#"{"$and":[{"data.a":1}]}"#,
    r#"{"$and":[{"$and":[{"data.a":1}]}]}"#,
    r#"{"$nor":[{"$or":[{"data.a":1}]}]}"#,
    r#"{"data.items":{"$elemMatch":{"$or":[{"sku":"x"},{"sku":"y"}]}}}"#,
    r#"{"data.items":{"$elemMatch":{"$and":[{"sku":"x"}]}}}"#,
    r#"{"data.items":{"$elemMatch":{"parts":{"$elemMatch":{"n":{"$gt":1}}}}}}"#,
    r#"{"$or":[{"data.b":1,"$and":[{"data.c":2}],"data.a":{"$lt":5,"$gt":1}},{"type":"a.b"}]}"#,
    r#"{"data.c":{"$contains":["x"],"$caseSensitive":true,"$endsWith":"y"}}"#,
    r#"{"data.c":{"$startsWith":["x"],"$caseSensitive":false}}"#,
    r#"{"data.é":null,"data.z":false,"data.😀":{"$nin":[null,true]},"data.\uffee":1}"#,
    r#"{"timestamp":{"$gte":"2026-01-05T09:30:00Z"},"channels":{"$contains":"eu"},"id":{"$ne":"x"}}"#,
];

#[test]
fn the_corpus_of_canonical_filters_is_fresh() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let generated = (0..GENERATED).map(|_| filter(&mut random, 3).to_string()).collect::<Vec<_>>();
    let of_page = PAGE.split('`').skip(1).step_by(2).filter(|code| code.starts_with('{'));
    let sources = of_page.chain(TRICKY).chain(generated.iter().map(String::as_str));
    let mut rows: Vec<String> = Vec::new();
    for source in sources {
        let Ok(parsed) = serde_json::from_str::<Value>(source) else { continue };
        let filter = Filter::of(parsed);
        if filter.mistakes(&MEMBERS).is_empty() {
            let found = filter.explain(&Document::new([]));
            let pointers: Vec<_> = found.into_iter().map(|finding| finding.pointer).collect();
            let canonical = filter.as_json().to_string();
            rows.push(json!({"source": source, "canonical": canonical, "pointers": pointers}).to_string());
        }
    }
    assert!(rows.len() > 150, "{} filters", rows.len());
    let mut corpus = String::from("[\n");
    write!(corpus, "{}\n]\n", rows.join(",\n")).unwrap();

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/filters.json");
    #[expect(clippy::disallowed_methods, reason = "how somebody accepts the corpus")]
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        std::fs::write(&path, &corpus).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == corpus, "tests/golden/filters.json is old: UPDATE_CORPUS=1 writes it");
}

#[test]
fn each_tricky_filter_is_a_filter() {
    for source in TRICKY {
        assert_eq!(Filter::of(parsed(source)).mistakes(&MEMBERS), [], "{source}");
    }
}

fn parsed(source: &str) -> Value {
    serde_json::from_str(source).unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// A generator of numbers (xorshift), so that the filters need no dependency and stay the same.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % most
    }
}

fn test(random: &mut Random) -> Value {
    let plain = [json!("gold"), json!(5), json!(1.5), json!(true), json!(null)];
    let value = plain[random.below(5)].clone();
    match random.below(9) {
        0 => value,
        1 => json!({ "$ne": value }),
        2 => json!({ "$in": [value, "x"] }),
        3 => json!({ "$nin": [1, value] }),
        4 => json!({ "$gte": 1, "$lt": 5 }),
        5 => json!({ "$exists": random.below(2) == 0 }),
        6 => json!({ "$contains": "a", "$caseSensitive": random.below(2) == 0 }),
        7 => json!({ "$endsWith": ["a", "b"] }),
        _ => json!({ "$elemMatch": { "sku": value, "n": { "$gt": 5 } } }),
    }
}

fn filter(random: &mut Random, depth: usize) -> Value {
    let path = ["data.a", "data.b.c", "type", "data.items.0.sku"][random.below(4)];
    match random.below(if depth == 0 { 2 } else { 5 }) {
        0 => json!({ path: test(random) }),
        1 => json!({ path: test(random), "data.z": test(random) }),
        group => {
            let inner: Value = (0..=random.below(3)).map(|_| filter(random, depth - 1)).collect();
            json!({ ["$and", "$or", "$nor"][group - 2]: inner })
        }
    }
}
