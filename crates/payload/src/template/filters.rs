//! What does each filter do?
//! Our own filters, and the engine's where it charges fuel for them: nothing stays nothing, and no result is unbounded.

use std::borrow::Cow;

use minijinja::value::{Kwargs, Rest, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State, Value, filters};

use super::{amounts, output, reads, values};

/// Bytes of work that one unit of fuel pays for.
const BYTES_A_FUEL: usize = 64;

type Answer = Result<Value, Error>;

fn refused(detail: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}

/// Whether there is no value: a filter of nothing gives nothing, so that `default` can stand behind it.
fn is_nothing(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

/// A text of `bytes` may be made only if the fuel pays for it.
fn afford(state: &State<'_, '_>, bytes: usize) -> Result<(), Error> {
    if bytes > output::MAX_OUTPUT {
        return Err(Error::from(ErrorKind::OutOfFuel));
    }
    state.consume_fuel((bytes / BYTES_A_FUEL) as u64)
}

/// What a filter of texts makes of a value.
fn of_text(value: &Value, make: impl FnOnce(&str) -> Result<String, Error>) -> Answer {
    if is_nothing(value) {
        return Ok(value.clone());
    }
    make(&output::text(value).map_err(refused)?).map(Value::from)
}

/// `default`: another value for one that is missing or `null`, or with `true` for any that is empty, zero or false.
pub(super) fn default(value: &Value, other: Option<Value>, lax: Option<bool>) -> Value {
    if value.is_undefined() {
        reads::forgive();
    }
    if is_nothing(value) || (lax == Some(true) && !value.is_true()) {
        return other.unwrap_or_else(|| Value::from(""));
    }
    value.clone()
}

pub(super) fn upper(value: &Value) -> Answer {
    of_text(value, |text| Ok(text.to_uppercase()))
}

pub(super) fn lower(value: &Value) -> Answer {
    of_text(value, |text| Ok(text.to_lowercase()))
}

pub(super) fn title(value: &Value) -> Answer {
    of_text(value, |text| Ok(filters::title(Cow::Borrowed(text))))
}

/// `trim`: without the white space around it, or without the characters of `characters`.
pub(super) fn trim(value: &Value, characters: Option<&str>) -> Answer {
    of_text(value, |text| match characters {
        Some(characters) if characters.len() > 100 => Err(refused("gives trim more than 100 characters")),
        Some(characters) => Ok(text.trim_matches(|character| characters.contains(character)).to_owned()),
        None => Ok(text.trim().to_owned()),
    })
}

pub(super) fn replace(state: &State<'_, '_>, value: &Value, from: &Value, to: &Value) -> Answer {
    let (from, to) = (output::text(from).map_err(refused)?, output::text(to).map_err(refused)?);
    of_text(value, |text| {
        if from.is_empty() {
            return Err(refused("gives replace an empty text to look for"));
        }
        afford(state, text.len() + text.matches(&*from).count() * to.len())?;
        Ok(text.replace(&*from, &to))
    })
}

/// `join`: the texts of the elements, or of one of their members. Nothing is an empty text.
pub(super) fn join(state: &State<'_, '_>, value: &Value, between: Option<&Value>, options: Kwargs) -> Answer {
    let attribute: Option<&str> = options.get("attribute")?;
    options.assert_all_used()?;
    if is_nothing(value) {
        return Ok(value.clone());
    }
    let between = between.map(output::text).transpose().map_err(refused)?.unwrap_or_default();
    let mut joined = String::new();
    for (place, element) in value.try_iter()?.enumerate() {
        state.consume_fuel(1)?;
        let element = match attribute {
            Some(attribute) => element.get_attr(attribute)?,
            None => element,
        };
        let text = output::text(&element).map_err(refused)?;
        let between = if place > 0 { between.as_ref() } else { "" };
        if joined.len() + between.len() + text.len() > output::MAX_OUTPUT {
            return Err(Error::from(ErrorKind::OutOfFuel));
        }
        joined.push_str(between);
        joined.push_str(&text);
    }
    Ok(Value::from(joined))
}

pub(super) fn length(value: &Value) -> Answer {
    if is_nothing(value) { Ok(value.clone()) } else { filters::length(value).map(Value::from) }
}

pub(super) fn first(value: &Value) -> Answer {
    if is_nothing(value) { Ok(value.clone()) } else { filters::first(value) }
}

/// `last`. The engine's would go through a repeated array without charging for it.
pub(super) fn last(state: &State<'_, '_>, value: &Value) -> Answer {
    if is_nothing(value) || value.as_str().is_some() {
        return if is_nothing(value) { Ok(value.clone()) } else { filters::last(value.clone()) };
    }
    let mut last = Value::UNDEFINED;
    for element in value.try_iter()? {
        state.consume_fuel(1)?;
        last = element;
    }
    Ok(last)
}

pub(super) fn sort(state: &State<'_, '_>, value: Value, options: Kwargs) -> Answer {
    if is_nothing(&value) {
        return Ok(value);
    }
    filters::sort(state, value, options).and_then(|sorted| Ok(values::array(sorted.try_iter()?.collect())))
}

pub(super) fn round(value: Value, digits: Option<i32>, options: Kwargs) -> Answer {
    if is_nothing(&value) { Ok(value) } else { filters::round(value, digits, None, options) }
}

pub(super) fn abs(value: Value) -> Answer {
    if is_nothing(&value) { Ok(value) } else { filters::abs(value) }
}

/// `map`. With `default=…` a missing member is no reading of it.
pub(super) fn map(state: &mut State<'_, '_>, value: Value, options: Rest<ValueOrKwargs>) -> Answer {
    if is_nothing(&value) {
        return Ok(value);
    }
    let has_default = options.iter().any(|option| {
        Kwargs::try_from(Value::from(option.clone())).is_ok_and(|options| options.has("default"))
    });
    let before = reads::missing();
    let mapped = filters::map(state, value, options).map(values::array);
    if has_default {
        reads::forgive_since(before);
    }
    mapped
}

/// `selectattr`. It asks whether a member is there, so one that is missing is no reading of it.
pub(super) fn selectattr(
    state: &mut State<'_, '_>,
    value: Value,
    name: Cow<'_, str>,
    test: Option<Cow<'_, str>>,
    options: Rest<ValueOrKwargs>,
) -> Answer {
    if is_nothing(&value) {
        return Ok(value);
    }
    let before = reads::missing();
    let selected = filters::selectattr(state, value, name, test, options).map(values::array);
    reads::forgive_since(before);
    selected
}

pub(super) fn tojson(state: &State<'_, '_>, value: &Value) -> Answer {
    if value.is_undefined() {
        return Ok(value.clone());
    }
    let json = output::json(value).map_err(refused)?;
    afford(state, json.len())?;
    Ok(Value::from(json))
}

pub(super) fn date(value: &Value, format: Option<&str>) -> Answer {
    if is_nothing(value) {
        return Ok(value.clone());
    }
    amounts::date(value, format.unwrap_or(amounts::DATE)).map(Value::from).map_err(refused)
}

pub(super) fn currency(value: &Value, code: &str, options: Kwargs) -> Answer {
    let minor = options.get::<Option<bool>>("minor")?.unwrap_or_default();
    options.assert_all_used()?;
    if is_nothing(value) {
        return Ok(value.clone());
    }
    amounts::currency(value, code, minor).map(Value::from).map_err(refused)
}

/// `slack_escape`: what it gives is marked, and not escaped again.
pub(super) fn slack_escape(value: &Value) -> Answer {
    if is_nothing(value) || value.is_safe() {
        return Ok(value.clone());
    }
    let text = output::text(value).map_err(refused)?;
    Ok(Value::from_safe_string(output::slack(&text).into_owned()))
}

/// `is defined`: it asks whether a member is there, so one that is missing is no reading of it.
pub(super) fn is_defined(value: &Value) -> bool {
    !is_undefined(value)
}

pub(super) fn is_undefined(value: &Value) -> bool {
    if value.is_undefined() {
        reads::forgive();
    }
    value.is_undefined()
}
