//! Is this JSON a template?
//! The compiler: a template becomes a list of steps, and what is wrong with it a list of mistakes.

use super::engine::Compiled;
use super::output::{self, MAX_OUTPUT};
use super::strings::{self, Part};
use super::tree::Tree;
use crate::mistake::{Mistake, below};

/// Most expressions of a template.
pub const MAX_EXPRESSIONS: usize = 100;
/// Most bytes of a template, written as JSON.
pub const MAX_BYTES: usize = 64 * 1024;
/// How deep arrays and objects may be inside each other.
pub const MAX_DEPTH: usize = 32;
/// Most mistakes that are told at once.
const MAX_MISTAKES: usize = 20;
/// From here on integers are doubles, and lose digits.
const BEYOND_INTEGERS: f64 = 18_446_744_073_709_551_616.0;

/// What is done to render a template.
pub(crate) enum Step {
    /// JSON is written as it is.
    Json(String),
    /// What an expression gives is written as JSON.
    Value(Place),
    /// What an expression gives is written as text, within a string.
    Text(Place),
}

/// An expression and where it stands.
pub(crate) struct Place {
    pub(crate) pointer: String,
    pub(crate) compiled: Compiled,
}

/// The steps, or what is wrong.
pub(crate) fn compile(tree: &Tree) -> Result<Vec<Step>, Vec<Mistake>> {
    let mut compiler =
        Compiler { steps: Vec::new(), json: String::new(), mistakes: Vec::new(), expressions: 0 };
    compiler.tree(tree, "", 0);
    compiler.flush();
    if compiler.expressions > MAX_EXPRESSIONS {
        let detail =
            format!("must have at most {MAX_EXPRESSIONS} expressions: it has {}", compiler.expressions);
        compiler.refuse("", detail);
    }
    let literal: usize =
        compiler.steps.iter().map(|step| if let Step::Json(json) = step { json.len() } else { 0 }).sum();
    if literal > MAX_BYTES {
        compiler.refuse("", format!("must have at most {MAX_BYTES} bytes, written as JSON"));
    }
    const { assert!(MAX_BYTES < MAX_OUTPUT, "a template without expressions can be rendered") };
    if compiler.mistakes.is_empty() { Ok(compiler.steps) } else { Err(compiler.mistakes) }
}

struct Compiler {
    steps: Vec<Step>,
    /// JSON that is not yet a step.
    json: String,
    mistakes: Vec<Mistake>,
    expressions: usize,
}

impl Compiler {
    fn refuse(&mut self, pointer: &str, detail: impl Into<String>) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Mistake { pointer: pointer.to_owned(), detail: detail.into() });
        }
    }

    fn flush(&mut self) {
        if !self.json.is_empty() {
            self.steps.push(Step::Json(std::mem::take(&mut self.json)));
        }
    }

    fn tree(&mut self, tree: &Tree, pointer: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return self.refuse(
                pointer,
                format!("must have at most {MAX_DEPTH} arrays and objects inside each other"),
            );
        }
        match tree {
            Tree::Null => self.json.push_str("null"),
            Tree::Bool(value) => self.json.push_str(if *value { "true" } else { "false" }),
            Tree::Number(number) => {
                if number.is_f64() && number.as_f64().is_some_and(|value| value.abs() >= BEYOND_INTEGERS) {
                    self.refuse(
                        pointer,
                        "must not be a number of more than 64 bits, which loses digits: write it as a text",
                    );
                }
                self.json.push_str(&number.to_string());
            }
            Tree::Text(text) => self.text(text, pointer),
            Tree::Array(elements) => {
                self.json.push('[');
                for (place, element) in elements.iter().enumerate() {
                    if place > 0 {
                        self.json.push(',');
                    }
                    self.tree(element, &format!("{pointer}/{place}"), depth + 1);
                }
                self.json.push(']');
            }
            Tree::Object(members) => {
                self.json.push('{');
                for (place, (name, member)) in members.iter().enumerate() {
                    if place > 0 {
                        self.json.push(',');
                    }
                    let pointer = below(pointer, name);
                    if name.contains("{{") {
                        self.refuse(&pointer, "must have a name without {{ }}: only values are rendered");
                    }
                    self.json.push_str(&output::quoted(name));
                    self.json.push(':');
                    self.tree(member, &pointer, depth + 1);
                }
                self.json.push('}');
            }
        }
    }

    fn text(&mut self, text: &str, pointer: &str) {
        let parts = match strings::split(text) {
            Ok(parts) => parts,
            Err(detail) => return self.refuse(pointer, detail),
        };
        if let [Part::Expression(expression)] = parts.as_slice() {
            return self.expression(expression, pointer, Step::Value);
        }
        self.json.push('"');
        for part in parts {
            match part {
                Part::Literal(literal) => {
                    let quoted = output::quoted(literal);
                    self.json.push_str(&quoted[1..quoted.len() - 1]);
                }
                Part::Expression(expression) => self.expression(expression, pointer, Step::Text),
            }
        }
        self.json.push('"');
    }

    fn expression(&mut self, expression: &str, pointer: &str, step: fn(Place) -> Step) {
        self.expressions += 1;
        if self.expressions > MAX_EXPRESSIONS {
            return;
        }
        match Compiled::of(expression) {
            Ok(compiled) => {
                self.flush();
                self.steps.push(step(Place { pointer: pointer.to_owned(), compiled }));
            }
            Err(detail) => self.refuse(pointer, detail),
        }
    }
}
