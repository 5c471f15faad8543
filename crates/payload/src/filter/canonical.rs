//! How is a filter written?
//! The canonical form: one condition an object, groups explicit, `$eq` written out.

use serde_json::{Map, Value, json};

use super::condition::{CASE_SENSITIVE, Condition, Node, Test};

/// The canonical form.
pub(crate) fn write(node: &Node) -> Value {
    match node {
        Node::All(nodes) if nodes.is_empty() => json!({}),
        Node::All(nodes) => group("$and", nodes),
        Node::Any(nodes) => group("$or", nodes),
        Node::Neither(nodes) => group("$nor", nodes),
        Node::Condition(condition) => object(condition.path.text(), test(condition)),
    }
}

fn group(operator: &str, nodes: &[Node]) -> Value {
    object(operator, nodes.iter().map(write).collect())
}

fn object(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

fn test(condition: &Condition) -> Value {
    match &condition.test {
        Test::Is { values, listed: true } => json!({"$in": values}),
        Test::Is { values, listed: false } => json!({"$eq": values.first()}),
        Test::IsNot { values, listed: true } => json!({"$nin": values}),
        Test::IsNot { values, listed: false } => json!({"$ne": values.first()}),
        Test::Ordered { order, bound } => object(order.operator(), bound.clone()),
        Test::Exists(wanted) => json!({"$exists": wanted}),
        Test::Text(text) => {
            let texts = if text.listed { json!(text.texts) } else { json!(text.texts.first()) };
            let mut written = Map::from_iter([(text.place.operator().to_owned(), texts)]);
            if text.case_sensitive {
                written.insert(CASE_SENSITIVE.to_owned(), Value::Bool(true));
            }
            Value::Object(written)
        }
        Test::Element(node) => json!({"$elemMatch": write(node)}),
    }
}
