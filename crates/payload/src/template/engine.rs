//! What may an expression do, and how much?
//! The Jinja environment: a closed list of filters and tests, no functions, no loader, fuel for each expression.

use std::sync::LazyLock;

use minijinja::{Environment, ErrorKind, Expression, UndefinedBehavior, Value, tests};

use super::strings::{self, Words};
use super::{filters, reads};

/// Fuel of an expression: steps, each of which pays for 64 bytes of work instead (640 KB).
pub const FUEL: u64 = 10_000;

/// The filters.
pub(crate) const FILTERS: [&str; 19] = [
    "default",
    "upper",
    "lower",
    "title",
    "trim",
    "replace",
    "join",
    "length",
    "first",
    "last",
    "sort",
    "round",
    "abs",
    "map",
    "selectattr",
    "tojson",
    "date",
    "currency",
    "slack_escape",
];
/// The tests, for `is` and `selectattr`.
pub(crate) const TESTS: [&str; 12] =
    ["defined", "undefined", "none", "string", "number", "eq", "ne", "lt", "le", "gt", "ge", "in"];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("default", filters::default);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("replace", filters::replace);
    environment.add_filter("join", filters::join);
    environment.add_filter("length", filters::length);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("round", filters::round);
    environment.add_filter("abs", filters::abs);
    environment.add_filter("map", filters::map);
    environment.add_filter("selectattr", filters::selectattr);
    environment.add_filter("tojson", filters::tojson);
    environment.add_filter("date", filters::date);
    environment.add_filter("currency", filters::currency);
    environment.add_filter("slack_escape", filters::slack_escape);
    environment.add_test("defined", filters::is_defined);
    environment.add_test("undefined", filters::is_undefined);
    environment.add_test("none", tests::is_none);
    environment.add_test("string", tests::is_string);
    environment.add_test("number", tests::is_number);
    environment.add_test("eq", tests::is_eq);
    environment.add_test("ne", tests::is_ne);
    environment.add_test("lt", tests::is_lt);
    environment.add_test("le", tests::is_le);
    environment.add_test("gt", tests::is_gt);
    environment.add_test("ge", tests::is_ge);
    environment.add_test("in", tests::is_in);
    environment
}

/// An expression, compiled.
pub(crate) struct Compiled {
    expression: Expression<'static, 'static>,
    words: Words,
}

/// What an expression gives.
pub(crate) struct Given {
    pub(crate) value: Value,
    /// The first member that it read and that is not there, if it did not say what to do without; empty if it gives nothing
    /// for another reason.
    pub(crate) missing: Option<String>,
}

impl Compiled {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What to write instead.
    pub(crate) fn of(expression: &str) -> Result<Self, String> {
        let words = strings::scan(expression)?;
        let compiled = ENVIRONMENT.compile_expression_owned(expression.trim().to_owned());
        let expression = compiled.map_err(|error| {
            format!("must be an expression of Jinja: {}", error.detail().unwrap_or("it is none"))
        })?;
        Ok(Self { expression, words })
    }

    /// What it gives. An expression that fails for a missing member gives nothing.
    ///
    /// # Errors
    /// What went wrong.
    pub(crate) fn evaluate(&self, root: &Value) -> Result<Given, String> {
        reads::begin_expression(self.words.has_in);
        let result = self.expression.eval(root.clone());
        let missing = reads::first_missing();
        match result {
            Ok(value) if missing.is_none() && value.is_undefined() && !self.words.has_if => {
                Ok(Given { value, missing: Some(String::new()) })
            }
            Ok(value) => Ok(Given { value, missing }),
            Err(error) if error.kind() == ErrorKind::OutOfFuel => Err(too_much()),
            Err(_) if missing.is_some() => Ok(Given { value: Value::UNDEFINED, missing }),
            Err(error) => Err(error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)),
        }
    }
}

/// What is said of an expression that takes too long.
pub(crate) fn too_much() -> String {
    format!("takes more than {FUEL} steps, or makes too much")
}
