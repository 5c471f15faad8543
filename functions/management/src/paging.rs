//! How are lists asked for and answered? `limit` and an opaque `cursor` in, `{"data":[…],"next":…}` out.

use std::fmt::Display;
use std::str::FromStr;

use axum::Json;
use axum::extract::Query;
use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::workspace::Workspace;
use domain::event::MAX_ID_AHEAD;
use domain::event::event_type::EventTypePattern;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Window;
use usecases::UseCaseError;

/// Rows of a page when the caller does not say.
pub(crate) const DEFAULT_LIMIT: usize = 50;
/// Most rows of a page.
const MAX_LIMIT: usize = 250;

/// The query parameters; a name that is not known is refused.
pub(crate) fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match Query::try_from_uri(uri) {
        Ok(Query(parameters)) => Ok(parameters),
        Err(rejection) => {
            let text = rejection.body_text();
            let detail = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            Err(of_parameter(detail))
        }
    }
}

/// The same refusal, of a request whose `workspace_id` is a parameter.
pub(crate) fn in_query(refusal: UseCaseError) -> UseCaseError {
    match refusal {
        UseCaseError::Problem(Problem::Invalid(mut errors)) => {
            for error in errors.iter_mut().filter(|error| error.pointer == "/workspace_id") {
                error.pointer = "workspace_id".to_owned();
            }
            UseCaseError::Problem(Problem::Invalid(errors))
        }
        other => other,
    }
}

/// What is wrong with which parameter, as axum tells it: `limit: invalid digit found in string`.
fn of_parameter(detail: &str) -> Problem {
    let quoted = |start: &str| detail.split_once(start)?.1.split('`').next();
    if let Some(name) = quoted("unknown field `") {
        return Problem::UnknownField { pointer: name.to_owned(), field: name.to_owned() };
    }
    let Some((name, why)) = detail.split_once(": ").filter(|(name, _)| is_parameter(name)) else {
        return match quoted("duplicate field `") {
            Some(name) => Problem::invalid(name, "stands there twice"),
            None => Problem::invalid("query", detail),
        };
    };
    let why = match why {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "must be a whole number"
        }
        "number too large to fit in target type" => "is too large",
        _ => why,
    };
    // serde tells what it knows in these words.
    match why.strip_prefix("unknown variant `").and_then(|rest| rest.split_once("`, expected ")) {
        Some((_, known)) => Problem::invalid(name, format!("must be {known}")),
        None => Problem::invalid(name, why),
    }
}

fn is_parameter(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

pub(crate) fn limit(asked: Option<usize>, default: usize) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(default);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::invalid("limit", "must be 1 to 250"))
    }
}

/// The id that a cursor stands for.
pub(crate) fn after<I: FromStr>(cursor: Option<&str>) -> Result<Option<I>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bad = || Problem::invalid("cursor", "is not one that a list gave");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    text.parse().map(Some).map_err(|_| bad())
}

/// The window a list is asked for, within what the workspace keeps. One that is over before the oldest that is kept is
/// empty; one that ends before it begins is a mistake.
pub(crate) fn window(
    workspace: &Workspace,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Window, Problem> {
    if let (Some(since), Some(until)) = (since, until)
        && until <= since
    {
        return Err(Problem::invalid("until", "must be after `since`"));
    }
    let oldest = workspace.oldest_kept(now);
    let newest = now.plus(MAX_ID_AHEAD);
    let until = until.unwrap_or(newest).min(newest);
    Ok(Window { since: since.unwrap_or(oldest).max(oldest).min(until), until })
}

/// The event types a list is asked for, separated by commas.
pub(crate) fn event_types(asked: Option<&str>) -> Result<Vec<EventTypePattern>, Problem> {
    let names = asked.into_iter().flat_map(|names| names.split(','));
    let patterns = names.map(EventTypePattern::parse).collect::<Result<_, _>>();
    patterns.map_err(|error| Problem::invalid("event_type", error.to_string()))
}

/// A page of a list. Its rows are written out as they are, byte for byte where they hold JSON.
#[derive(Serialize)]
pub(crate) struct Page<V> {
    data: Vec<V>,
    next: Option<String>,
}

/// A page of a list; `next` is what the next one comes after.
pub(crate) fn answer<'a, R, V: Serialize, I: Display>(
    rows: &'a [R],
    next: Option<I>,
    view: impl Fn(&'a R) -> V,
) -> Json<Page<V>> {
    let next = next.map(|id| URL_SAFE_NO_PAD.encode(id.to_string()));
    Json(Page { data: rows.iter().map(view).collect(), next })
}

/// The id in a path; what cannot be one names nothing.
pub(crate) fn id<I: FromStr>(text: &str, what: &'static str) -> Result<I, Problem> {
    text.parse().map_err(|_| Problem::NotFound(what))
}
