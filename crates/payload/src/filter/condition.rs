//! What is a filter made of?
//! Groups of conditions; a condition is a path and a test of the values under it (an abstract syntax tree).

use serde_json::Value;

use crate::path::Path;

/// A group or a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// `$and`; without members it holds always.
    All(Vec<Node>),
    /// `$or`.
    Any(Vec<Node>),
    /// `$nor`.
    Neither(Vec<Node>),
    /// One condition.
    Condition(Condition),
}

/// A path and what must hold of the values under it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) path: Path,
    pub(crate) test: Test,
}

/// What must hold of the values under a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// `$eq`, and `$in` with its list.
    Is { values: Vec<Value>, listed: bool },
    /// `$ne`, and `$nin` with its list.
    IsNot { values: Vec<Value>, listed: bool },
    /// `$gt`, `$gte`, `$lt`, `$lte`: a number or a text.
    Ordered { order: Order, bound: Value },
    /// `$exists`.
    Exists(bool),
    /// `$contains`, `$startsWith`, `$endsWith`.
    Text(Text),
    /// `$elemMatch`.
    Element(Box<Node>),
}

/// How a value stands to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    More,
    AtLeast,
    Less,
    AtMost,
}

/// One of some texts at a place of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) place: Place,
    pub(crate) texts: Vec<String>,
    /// The texts as they are compared.
    pub(crate) folded: Vec<String>,
    pub(crate) listed: bool,
    pub(crate) case_sensitive: bool,
}

/// Where in a value a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    Start,
    End,
}

/// The operators of conditions, as they are written.
pub(crate) const OPERATORS: [&str; 13] = [
    "$eq",
    "$ne",
    "$in",
    "$nin",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$exists",
    "$contains",
    "$startsWith",
    "$endsWith",
    "$elemMatch",
];
/// The operators of groups, as they are written.
pub(crate) const GROUPS: [&str; 3] = ["$and", "$or", "$nor"];
/// What stands beside a text operator and makes it mind case.
pub(crate) const CASE_SENSITIVE: &str = "$caseSensitive";

impl Order {
    pub(crate) fn operator(self) -> &'static str {
        match self {
            Self::More => "$gt",
            Self::AtLeast => "$gte",
            Self::Less => "$lt",
            Self::AtMost => "$lte",
        }
    }

    pub(crate) fn accepts(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
        }
    }
}

impl Place {
    pub(crate) fn operator(self) -> &'static str {
        match self {
            Self::Anywhere => "$contains",
            Self::Start => "$startsWith",
            Self::End => "$endsWith",
        }
    }
}

impl Node {
    /// How many groups are inside each other.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::All(nodes) | Self::Any(nodes) | Self::Neither(nodes) => {
                nodes.iter().map(Self::depth).max().map_or(0, |depth| depth + 1)
            }
            Self::Condition(Condition { test: Test::Element(node), .. }) => 1 + node.depth(),
            Self::Condition(_) => 0,
        }
    }

    /// How many conditions there are.
    pub(crate) fn conditions(&self) -> usize {
        match self {
            Self::All(nodes) | Self::Any(nodes) | Self::Neither(nodes) => {
                nodes.iter().map(Self::conditions).sum()
            }
            Self::Condition(Condition { test: Test::Element(node), .. }) => 1 + node.conditions(),
            Self::Condition(_) => 1,
        }
    }
}
