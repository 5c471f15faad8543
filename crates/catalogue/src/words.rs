//! What is wrong with a value that does not fit its schema, in words?
//! An error of the validator as mistakes: a pointer into the value, and a part of a sentence.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::Mistake;
use crate::soundness::escaped;

/// The longest list or value that is shown.
const MAX_SHOWN: usize = 200;
const UNKNOWN: &str = "is not a member that the schema knows";

/// The mistakes that one error stands for, at most `most`. Names of a value's members stand in them, so long ones are cut.
pub(crate) fn of(error: &ValidationError<'_>, most: usize) -> Vec<Mistake> {
    let mut mistakes = whole(error, most);
    mistakes.iter_mut().for_each(|mistake| mistake.pointer = cut(&mistake.pointer));
    mistakes
}

fn whole(error: &ValidationError<'_>, most: usize) -> Vec<Mistake> {
    let at = error.instance_path().as_str();
    let members = |names: &[String], detail: &str| {
        let member =
            |name: &String| Mistake { pointer: format!("{at}/{}", escaped(name)), detail: detail.to_owned() };
        names.iter().take(most).map(member).collect()
    };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            members(unexpected, UNKNOWN)
        }
        Kind::UnevaluatedItems { unexpected } => members(unexpected, "is an item too many"),
        Kind::Required { property } => {
            members(&[property.as_str().unwrap_or_default().to_owned()], "is required")
        }
        Kind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default().to_owned();
            members(&[name], &format!("has a name that does not fit: it {}", detail(error)))
        }
        _ if most == 0 => Vec::new(),
        _ => vec![Mistake { pointer: at.to_owned(), detail: detail(error) }],
    }
}

fn detail(error: &ValidationError<'_>) -> String {
    let value = error.instance();
    match error.kind() {
        Kind::Type { kind } => format!("must be {}, not {}", wanted(kind), found(value)),
        Kind::Enum { options } => match options.as_array() {
            Some(options) => format!("must be one of {}", list(options)),
            None => "must be one of the values in the list".to_owned(),
        },
        Kind::Constant { expected_value } => format!("must be {}", shown(expected_value)),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("must have at least {}", counted(*limit, "character")),
        Kind::MaxLength { limit } => format!("must have at most {}", counted(*limit, "character")),
        Kind::MinItems { limit } => format!("must have at least {}", counted(*limit, "item")),
        Kind::MaxItems { limit } => format!("must have at most {}", counted(*limit, "item")),
        Kind::AdditionalItems { limit } => format!("must have at most {limit} items"),
        Kind::MinProperties { limit } => format!("must have at least {}", counted(*limit, "member")),
        Kind::MaxProperties { limit } => format!("must have at most {}", counted(*limit, "member")),
        Kind::UniqueItems => "must not have the same item twice".to_owned(),
        Kind::Contains => "must have an item that fits the schema under `contains`".to_owned(),
        Kind::Pattern { pattern } => format!("must match the pattern `{}`", cut(pattern)),
        Kind::Format { format } => format!("must be {}", format_noun(format)),
        // No member may be there at all: the error is of the object as a whole.
        Kind::FalseSchema if error.schema_path().as_str().ends_with("/additionalProperties") => {
            "must have no members".to_owned()
        }
        Kind::FalseSchema => "must not be there".to_owned(),
        Kind::Not { .. } => "must not fit the schema under `not`".to_owned(),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => alternatives(error, context),
        Kind::OneOfMultipleValid { .. } => {
            "must fit one of the alternatives only, and fits several".to_owned()
        }
        Kind::Referencing(_) => "refers to something outside of this schema".to_owned(),
        other => format!("does not fit the keyword `{}`", other.keyword()),
    }
}

/// Why a value fits none of the alternatives: what is wrong by the nearest of them.
fn alternatives(error: &ValidationError<'_>, alternatives: &[Vec<ValidationError<'static>>]) -> String {
    let nearest = alternatives
        .iter()
        .filter(|errors| !errors.is_empty())
        .min_by_key(|errors| (is_other_type(errors), errors.len()));
    let Some(first) = nearest.and_then(|errors| errors.first()) else {
        return "must fit one of the alternatives".to_owned();
    };
    let above = error.instance_path().as_str();
    let below = whole(first, 1).pop().unwrap_or(Mistake { pointer: String::new(), detail: detail(first) });
    let below_at = below.pointer.strip_prefix(above).unwrap_or(&below.pointer).to_owned();
    let what = if below_at.is_empty() { "it".to_owned() } else { format!("`{}`", cut(&below_at)) };
    let number = counted(u64::try_from(alternatives.len()).unwrap_or(u64::MAX), "alternative");
    format!("must fit one of {number}; by the nearest, {what} {}", cut(&below.detail))
}

fn is_other_type(errors: &[ValidationError<'_>]) -> bool {
    errors
        .iter()
        .any(|error| matches!(error.kind(), Kind::Type { .. }) && error.schema_path().segments().count() <= 3)
}

fn found(value: &Value) -> &'static str {
    match value.as_f64() {
        Some(number) if number.fract() != 0.0 => "one with a fraction",
        _ => noun(JsonType::from(value)),
    }
}

fn wanted(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => noun(*one).to_owned(),
        TypeKind::Multiple(several) => several.iter().map(noun).collect::<Vec<_>>().join(" or "),
    }
}

fn noun(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "an array",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Null => "`null`",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "text",
    }
}

fn format_noun(format: &str) -> String {
    let noun = match format {
        "date-time" => "an RFC 3339 instant such as 2026-01-05T09:30:00Z",
        "date" => "a date such as 2026-01-05",
        "time" => "a time such as 09:30:00Z",
        "email" | "idn-email" => "an e-mail address",
        "uri" | "iri" => "a URI with its scheme",
        "uuid" => "a UUID",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "hostname" | "idn-hostname" => "a host name",
        other => return format!("text in the format `{}`", cut(other)),
    };
    noun.to_owned()
}

fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn list(values: &[Value]) -> String {
    let mut list = String::new();
    for (index, value) in values.iter().enumerate() {
        let next = shown(value);
        if list.len() + next.len() > MAX_SHOWN {
            let more = values.len() - index;
            return format!("{list}{}{more} more", if index == 0 { "" } else { " and " });
        }
        list.push_str(if index == 0 { "" } else { ", " });
        list.push_str(&next);
    }
    list
}

/// A value of the schema: a schema's author wrote it.
fn shown(value: &Value) -> String {
    format!("`{}`", cut(&value.to_string()))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
