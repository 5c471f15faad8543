//! Is this JSON a filter?
//! The parser: it reads groups and conditions within bounds, and collects what is wrong with each.

use serde_json::{Map, Value};

use super::condition::{CASE_SENSITIVE, Condition, GROUPS, Node, Order, Place, Test, Text};
use super::{bytes, canonical, refused, text};
use crate::mistake::{Mistake, below};
use crate::path::Path;

/// Most conditions of a filter, those inside `$elemMatch` among them.
pub const MAX_CONDITIONS: usize = 50;
/// Most groups (`$and`, `$or`, `$nor`, `$elemMatch`) inside each other.
pub const MAX_DEPTH: usize = 5;
/// Most bytes of a filter, as it is given and in its canonical form.
pub const MAX_BYTES: usize = 8 * 1024;
/// Most values of `$in` and `$nin`.
pub const MAX_VALUES: usize = 100;
/// Most texts of `$contains`, `$startsWith` and `$endsWith`.
pub const MAX_TEXTS: usize = 20;
/// Most mistakes that are told at once.
pub(crate) const MAX_MISTAKES: usize = 20;

/// What was read.
pub(crate) struct Parsed {
    pub(crate) node: Result<Node, Vec<Mistake>>,
    /// The paths that begin at the document.
    pub(crate) paths: Vec<PathAt>,
}

/// A path, and the pointer to it in what was read.
#[derive(Debug, Clone)]
pub(crate) struct PathAt {
    pub(crate) pointer: String,
    pub(crate) path: Path,
}

/// The filter, or what is wrong with it.
pub(crate) fn parse(source: &Value) -> Parsed {
    if bytes(source, MAX_BYTES).is_none() {
        let detail = format!("must have at most {MAX_BYTES} bytes, written as JSON");
        return Parsed { node: Err(vec![Mistake { pointer: String::new(), detail }]), paths: Vec::new() };
    }
    let mut parser = Parser { mistakes: Vec::new(), paths: Vec::new() };
    let node = parser.whole(source);
    parser.check_bounds(&node);
    let node = if parser.mistakes.is_empty() { Ok(node) } else { Err(parser.mistakes) };
    Parsed { node, paths: parser.paths }
}

struct Parser {
    mistakes: Vec<Mistake>,
    paths: Vec<PathAt>,
}

/// Where the parser is.
#[derive(Clone, Copy)]
struct At<'a> {
    pointer: &'a str,
    /// How many groups are around it.
    depth: usize,
    /// Whether paths begin at an element of an array, inside `$elemMatch`.
    in_element: bool,
}

impl Parser {
    fn refuse(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.mistakes.push(Mistake { pointer: pointer.into(), detail: detail.into() });
    }

    fn whole(&mut self, source: &Value) -> Node {
        match source {
            Value::Object(members) => self.object(members, At { pointer: "", depth: 0, in_element: false }),
            _ => {
                self.refuse("", r#"must be an object of conditions, such as {"data.tier": "gold"}"#);
                Node::All(Vec::new())
            }
        }
    }

    /// What the canonical form may be: groups that were implied are counted, too.
    fn check_bounds(&mut self, node: &Node) {
        let conditions = node.conditions();
        if conditions > MAX_CONDITIONS {
            self.refuse("", format!("must have at most {MAX_CONDITIONS} conditions: it has {conditions}"));
        }
        if self.mistakes.is_empty() && node.depth() > MAX_DEPTH {
            self.refuse("", too_deep());
        }
        if self.mistakes.is_empty() && bytes(&canonical::write(node), MAX_BYTES).is_none() {
            self.refuse(
                "",
                format!(
                    "must have at most {MAX_BYTES} bytes, with one condition an object and $eq written out"
                ),
            );
        }
    }

    /// Conditions and groups that must all hold.
    fn object(&mut self, members: &Map<String, Value>, at: At<'_>) -> Node {
        let mut nodes = Vec::new();
        for (name, value) in members {
            let pointer = below(at.pointer, name);
            let here = At { pointer: &pointer, ..at };
            if GROUPS.contains(&name.as_str()) {
                match self.group(name, value, here) {
                    // Beside other conditions, `$and` adds its own to them.
                    Node::All(inner) if members.len() > 1 => nodes.extend(inner),
                    group => nodes.push(group),
                }
            } else if name.starts_with('$') && !name.starts_with("$.") && !name.starts_with("$[") {
                self.refuse(pointer, refused::group(name));
            } else {
                self.conditions(name, value, here, &mut nodes);
            }
        }
        if nodes.len() == 1
            && let Some(only) = nodes.pop()
        {
            return only;
        }
        Node::All(nodes)
    }

    fn group(&mut self, operator: &str, value: &Value, at: At<'_>) -> Node {
        let mut nodes = Vec::new();
        if at.depth >= MAX_DEPTH {
            self.refuse(at.pointer, too_deep());
            return Node::All(nodes);
        }
        let Value::Array(elements) = value else {
            self.refuse(
                at.pointer,
                format!(r#"must be an array of conditions: {{"{operator}": [{{"data.tier": "gold"}}]}}"#),
            );
            return Node::All(nodes);
        };
        if elements.is_empty() {
            self.refuse(
                at.pointer,
                format!("must hold at least one condition: leave {operator} out, or add one"),
            );
        }
        for (place, element) in elements.iter().enumerate() {
            let pointer = format!("{}/{place}", at.pointer);
            match element {
                Value::Object(members) if !members.is_empty() => {
                    nodes.push(self.object(members, At { pointer: &pointer, depth: at.depth + 1, ..at }));
                }
                _ => self
                    .refuse(pointer, r#"must be an object with a condition, such as {"data.tier": "gold"}"#),
            }
        }
        match operator {
            "$or" => Node::Any(nodes),
            "$nor" => Node::Neither(nodes),
            _ => Node::All(nodes),
        }
    }

    /// The conditions on what is under one path.
    fn conditions(&mut self, path: &str, value: &Value, at: At<'_>, nodes: &mut Vec<Node>) {
        let path = match Path::parse(path) {
            Ok(path) => path,
            Err(detail) => return self.refuse(at.pointer, detail),
        };
        if !at.in_element {
            self.paths.push(PathAt { pointer: at.pointer.to_owned(), path: path.clone() });
        }
        let Value::Object(operators) = value else {
            if let Some(test) = self.equal(&path, value, at.pointer) {
                nodes.push(Node::Condition(Condition { path, test }));
            }
            return;
        };
        if operators.is_empty() || !operators.keys().any(|name| name.starts_with('$')) {
            return self.refuse(at.pointer, refused::compared(path.text(), value));
        }
        let case_sensitive = self.case_sensitive(operators, at.pointer);
        for (operator, operand) in operators.iter().filter(|(name, _)| *name != CASE_SENSITIVE) {
            let pointer = below(at.pointer, operator);
            let operand = Operand { path: &path, operator, value: operand, case_sensitive };
            if let Some(test) = self.test(&operand, At { pointer: &pointer, ..at }) {
                nodes.push(Node::Condition(Condition { path: path.clone(), test }));
            }
        }
    }

    fn case_sensitive(&mut self, operators: &Map<String, Value>, pointer: &str) -> bool {
        let Some(value) = operators.get(CASE_SENSITIVE) else { return false };
        let pointer = below(pointer, CASE_SENSITIVE);
        if !["$contains", "$startsWith", "$endsWith"].iter().any(|name| operators.contains_key(*name)) {
            self.refuse(
                pointer,
                "must stand beside $contains, $startsWith or $endsWith; other operators mind case anyway",
            );
            return false;
        }
        value.as_bool().unwrap_or_else(|| {
            self.refuse(pointer, "must be true or false");
            false
        })
    }

    fn test(&mut self, operand: &Operand<'_>, at: At<'_>) -> Option<Test> {
        match operand.operator {
            "$eq" => self.equal(operand.path, operand.value, at.pointer),
            "$ne" => match self.equal(operand.path, operand.value, at.pointer)? {
                Test::Is { values, listed } => Some(Test::IsNot { values, listed }),
                other => Some(other),
            },
            "$in" => self.values(operand, at.pointer).map(|values| Test::Is { values, listed: true }),
            "$nin" => self.values(operand, at.pointer).map(|values| Test::IsNot { values, listed: true }),
            "$gt" => self.ordered(Order::More, operand.value, at.pointer),
            "$gte" => self.ordered(Order::AtLeast, operand.value, at.pointer),
            "$lt" => self.ordered(Order::Less, operand.value, at.pointer),
            "$lte" => self.ordered(Order::AtMost, operand.value, at.pointer),
            "$exists" => match operand.value {
                Value::Bool(wanted) => Some(Test::Exists(*wanted)),
                _ => self.none(at.pointer, "must be true or false"),
            },
            "$contains" => self.text(Place::Anywhere, operand, at.pointer),
            "$startsWith" => self.text(Place::Start, operand, at.pointer),
            "$endsWith" => self.text(Place::End, operand, at.pointer),
            "$elemMatch" => self.element(operand, at),
            name if name.starts_with('$') => self.none(at.pointer, refused::operator(name)),
            name => {
                let whole = format!("{}.{name}", operand.path.text());
                self.none(
                    at.pointer,
                    format!("must not stand beside an operator: write the whole path, {whole}"),
                )
            }
        }
    }

    fn none<T>(&mut self, pointer: &str, detail: impl Into<String>) -> Option<T> {
        self.refuse(pointer, detail);
        None
    }

    fn equal(&mut self, path: &Path, value: &Value, pointer: &str) -> Option<Test> {
        match value {
            Value::Object(_) | Value::Array(_) => self.none(pointer, refused::compared(path.text(), value)),
            plain => Some(Test::Is { values: vec![plain.clone()], listed: false }),
        }
    }

    fn values(&mut self, operand: &Operand<'_>, pointer: &str) -> Option<Vec<Value>> {
        let operator = operand.operator;
        let Value::Array(values) = operand.value else {
            return self.none(
                pointer,
                format!(r#"must be an array of values, such as {{"{operator}": ["gold", "silver"]}}"#),
            );
        };
        if values.is_empty() || values.len() > MAX_VALUES {
            return self.none(pointer, format!("must have 1 to {MAX_VALUES} values"));
        }
        if let Some(place) = values.iter().position(|value| value.is_object() || value.is_array()) {
            return self.none(&format!("{pointer}/{place}"), "must be a text, a number, true, false or null");
        }
        Some(values.clone())
    }

    fn ordered(&mut self, order: Order, value: &Value, pointer: &str) -> Option<Test> {
        let instead = match value {
            Value::Number(_) | Value::String(_) => {
                return Some(Test::Ordered { order, bound: value.clone() });
            }
            Value::Null => {
                r#"null has no order; write {"$ne": null} for a member that is there and not null"#
            }
            Value::Bool(_) => "true and false have no order; write the value alone to compare with it",
            _ => "an object or an array has no order",
        };
        self.none(pointer, format!("must be a number or a text: {instead}"))
    }

    fn text(&mut self, place: Place, operand: &Operand<'_>, pointer: &str) -> Option<Test> {
        let listed = operand.value.is_array();
        let values = operand.value.as_array().map_or(std::slice::from_ref(operand.value), Vec::as_slice);
        if values.is_empty() || values.len() > MAX_TEXTS {
            return self.none(pointer, format!("must be a text or an array of 1 to {MAX_TEXTS} texts"));
        }
        let mut texts = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let pointer = if listed { format!("{pointer}/{index}") } else { pointer.to_owned() };
            match value {
                Value::String(text) if text.is_empty() => {
                    return self
                        .none(&pointer, r#"must not be empty: every text has it; write {"$exists": true}"#);
                }
                Value::String(text) => texts.push(text.clone()),
                Value::Number(_) | Value::Bool(_) if place == Place::Anywhere => {
                    return self.none(
                        &pointer,
                        "must be a text; write the value alone to find it in an array, such as {\"data.codes\": 5}",
                    );
                }
                _ => return self.none(&pointer, "must be a text"),
            }
        }
        let folded = match operand.case_sensitive {
            true => texts.clone(),
            false => texts.iter().map(|text| text::fold(text).into_owned()).collect(),
        };
        Some(Test::Text(Text { place, texts, folded, listed, case_sensitive: operand.case_sensitive }))
    }

    fn element(&mut self, operand: &Operand<'_>, at: At<'_>) -> Option<Test> {
        if at.depth >= MAX_DEPTH {
            return self.none(at.pointer, too_deep());
        }
        let example = r#"such as {"sku": "x", "quantity": {"$gt": 5}}"#;
        let Value::Object(members) = operand.value else {
            return self.none(
                at.pointer,
                format!("must be an object of conditions on the members of an element, {example}"),
            );
        };
        if members.is_empty() {
            return self
                .none(at.pointer, format!("must have a condition on a member of an element, {example}"));
        }
        if members.keys().any(|name| super::condition::OPERATORS.contains(&name.as_str())) {
            return self.none(
                at.pointer,
                format!("must name members of an element, {example}; an element that is a plain value is compared without $elemMatch"),
            );
        }
        let at = At { pointer: at.pointer, depth: at.depth + 1, in_element: true };
        Some(Test::Element(Box::new(self.object(members, at))))
    }
}

/// What stands after an operator.
struct Operand<'a> {
    path: &'a Path,
    operator: &'a str,
    value: &'a Value,
    case_sensitive: bool,
}

fn too_deep() -> String {
    format!(
        "must have at most {MAX_DEPTH} groups inside each other, those among them that several conditions in one object imply"
    )
}
