//! Do filters mean what they mean elsewhere?
//! Prints filters, documents and our verdicts, one JSON object a line, for an implementation that nobody here wrote. The
//! same ones every time.
//!
//! ```sh
//! cargo run -p payload --example corpus
//! ```

use std::io::{self, BufWriter, Write};

use payload::{Document, Filter};
use serde_json::{Map, Value, json};

/// How many lines there are.
const LINES: usize = 6_000;
const NAMES: [&str; 4] = ["a", "b", "c", "0"];
const TEXTS: [&str; 6] = ["gold", "Gold", "Refund please", "a", "", "straße"];

fn main() -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut lines = 0;
    while lines < LINES {
        let source = filter(&mut random, 2);
        let data = value(&mut random, 3);
        let document = Document::new([("type", json!("a")), ("data", data)]);
        let filter = Filter::of(source.clone());
        if !filter.mistakes(&["type", "data"]).is_empty() {
            continue; // too deep
        }
        let matches = filter.matches(&document);
        let line = json!({ "filter": source, "document": document.as_json(), "matches": matches });
        writeln!(output, "{line}")?;
        lines += 1;
    }
    output.flush()
}

/// A generator of numbers (xorshift), so that the lines need no dependency and stay the same.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % most
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn is_one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }
}

fn plain(random: &mut Random) -> Value {
    match random.below(8) {
        0 => Value::Null,
        1 => random.is_one_in(2).into(),
        2 => json!(1.5),
        3 => json!(1.0),
        4 | 5 => (random.below(4)).into(),
        _ => random.one_of(&TEXTS).into(),
    }
}

/// A document's value. Arrays do not stand in arrays directly: a path goes into none of them, in MongoDB and here.
fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 2 } else { 8 }) {
        0 | 1 => plain(random),
        2..=4 => object(random, depth),
        _ => {
            let objects = random.is_one_in(2);
            let length = random.below(4);
            (0..length).map(|_| if objects { object(random, depth - 1) } else { plain(random) }).collect()
        }
    }
}

fn object(random: &mut Random, depth: usize) -> Value {
    let length = random.below(4);
    let members =
        (0..length).map(|_| (random.one_of(&NAMES).to_owned(), value(random, depth.saturating_sub(1))));
    Value::Object(members.collect::<Map<_, _>>())
}

fn path(random: &mut Random) -> String {
    let length = random.below(4);
    (0..length).fold("data".to_owned(), |path, _| format!("{path}.{}", random.one_of(&NAMES)))
}

fn test(random: &mut Random, may_nest: bool) -> Value {
    match random.below(if may_nest { 14 } else { 12 }) {
        0 | 1 => plain(random),
        2 => json!({ "$eq": plain(random) }),
        3 => json!({ "$ne": plain(random) }),
        4 => json!({ random.one_of(&["$in", "$nin"]): [plain(random), plain(random)] }),
        5..=7 => {
            let bound =
                if random.is_one_in(3) { json!(random.one_of(&TEXTS)) } else { json!(random.below(3)) };
            json!({ random.one_of(&["$gt", "$gte", "$lt", "$lte"]): bound })
        }
        8 => json!({ "$exists": random.is_one_in(2) }),
        9 => json!({ "$gte": 1, "$lt": 3 }),
        10 | 11 => {
            let operator = random.one_of(&["$contains", "$startsWith", "$endsWith"]);
            let text = random.one_of(&["GOLD", "refund", "e", "STRASSE"]);
            let texts = if random.is_one_in(2) { json!(text) } else { json!([text, "a"]) };
            json!({ operator: texts, "$caseSensitive": random.is_one_in(2) })
        }
        _ => {
            let (name, test) = (random.one_of(&NAMES), test(random, false));
            let second = random.one_of(&NAMES);
            json!({ "$elemMatch": { name: test, second: { "$exists": true } } })
        }
    }
}

fn filter(random: &mut Random, depth: usize) -> Value {
    if depth > 0 && random.is_one_in(3) {
        let group = random.one_of(&["$and", "$or", "$nor"]);
        let length = 1 + random.below(3);
        let nodes: Value = (0..length).map(|_| filter(random, depth - 1)).collect();
        if random.is_one_in(3) {
            return json!({ group: nodes, path(random): test(random, true) });
        }
        return json!({ group: nodes });
    }
    json!({ path(random): test(random, true) })
}
