//! Which signature did a request bring?
//! The headers of its profile, found by their names under any prefix.

use crate::signing::diagnosis::Known;
use crate::signing::diagnosis::entry::Entry;
use crate::signing::diagnosis::reason::Reason;
use crate::signing::profile::Profile;

/// What is signed beside the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `id.timestamp.body`
    Standard,
    /// `body`
    Body,
    /// `timestamp.nonce.path.body`
    Covered,
}

impl Scheme {
    pub(super) const ALL: [Self; 3] = [Self::Standard, Self::Body, Self::Covered];

    /// The scheme of a profile that signs.
    pub(super) fn of(profile: Profile) -> Option<Self> {
        match profile {
            Profile::Standard | Profile::StandardAsymmetric => Some(Self::Standard),
            Profile::Body => Some(Self::Body),
            Profile::Covered => Some(Self::Covered),
            Profile::None => None,
        }
    }
}

/// The headers of a signature; those that the scheme does not have are empty.
#[derive(Debug, Clone)]
pub(super) struct Presented<'a> {
    pub(super) scheme: Scheme,
    /// The prefix, where it is not the expected one.
    pub(super) other_prefix: Option<&'a str>,
    pub(super) id: &'a str,
    pub(super) timestamp: &'a str,
    pub(super) nonce: &'a str,
    /// The value of the signature's header.
    pub(super) signature: &'a str,
    pub(super) entries: Vec<Entry<'a>>,
}

/// The value of a header, whatever the case of its name.
pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// The value of a header that has any prefix and this ending, such as `-Delivery`.
pub(super) fn header_ending<'a>(headers: &'a [(String, String)], ending: &str) -> Option<&'a str> {
    headers.iter().find_map(|(name, value)| prefix_of(name, ending).map(|_| value.trim()))
}

/// The prefix of Posthorn's own headers in a request: the endpoint's `header_prefix`.
pub fn prefix(headers: &[(String, String)]) -> Option<&str> {
    headers.iter().find_map(|(name, _)| {
        let prefix = prefix_of(name, "-attempt")?;
        header(headers, &format!("{prefix}-delivery")).map(|_| prefix)
    })
}

fn prefix_of<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(ending.len()).filter(|&at| at > 0)?;
    let (prefix, rest) = (name.get(..at)?, name.get(at..)?);
    rest.eq_ignore_ascii_case(ending).then_some(prefix)
}

/// Finds the signature in the headers.
///
/// # Errors
/// The reason, and which headers it is about.
pub(super) fn find<'a>(
    headers: &'a [(String, String)],
    known: &Known<'a>,
) -> Result<Presented<'a>, (Reason, String)> {
    match known.profile.map(Scheme::of) {
        None => any(headers, known),
        Some(None) => Err((Reason::Unsigned, String::new())),
        Some(Some(Scheme::Standard)) => {
            let others = prefixed_signature(headers, known);
            if others.is_some() && !has_any(headers, &STANDARD) {
                return Err((Reason::ProfileDiffers, "There is no `webhook-signature`.".to_owned()));
            }
            standard(headers)
        }
        Some(Some(scheme)) => {
            if prefixed_signature(headers, known).is_none() && has_any(headers, &STANDARD) {
                return Err((Reason::ProfileDiffers, "The headers are `webhook-…`.".to_owned()));
            }
            prefixed(headers, known, Some(scheme))
        }
    }
}

const STANDARD: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

fn has_any(headers: &[(String, String)], names: &[&str]) -> bool {
    names.iter().any(|name| header(headers, name).is_some())
}

fn any<'a>(headers: &'a [(String, String)], known: &Known<'a>) -> Result<Presented<'a>, (Reason, String)> {
    if has_any(headers, &STANDARD) { standard(headers) } else { prefixed(headers, known, None) }
}

fn standard(headers: &[(String, String)]) -> Result<Presented<'_>, (Reason, String)> {
    let [id, timestamp, signature] = STANDARD.map(|name| header(headers, name).ok_or(name));
    let missing: Vec<_> = [id, timestamp, signature].iter().filter_map(|found| found.err()).collect();
    let (Ok(id), Ok(timestamp), Ok(signature)) = (id, timestamp, signature) else {
        return Err(missing_headers(&missing));
    };
    let entries = Entry::list(signature);
    Ok(Presented {
        scheme: Scheme::Standard,
        other_prefix: None,
        id,
        timestamp,
        nonce: "",
        signature,
        entries,
    })
}

/// The prefix under which a signature is, and the signature: under the expected prefix, or else under any.
fn prefixed_signature<'a>(headers: &'a [(String, String)], known: &Known<'a>) -> Option<(&'a str, &'a str)> {
    if let Some(expected) = known.prefix
        && let Some(value) = header(headers, &format!("{expected}-signature"))
    {
        return Some((expected, value));
    }
    headers.iter().find_map(|(name, value)| {
        let prefix =
            prefix_of(name, "-signature").filter(|prefix| !prefix.eq_ignore_ascii_case("webhook"))?;
        value.trim_start().starts_with("sha256=").then_some((prefix, value.trim()))
    })
}

fn prefixed<'a>(
    headers: &'a [(String, String)],
    known: &Known<'a>,
    scheme: Option<Scheme>,
) -> Result<Presented<'a>, (Reason, String)> {
    let Some((prefix, signature)) = prefixed_signature(headers, known) else {
        let names = match (known.prefix, scheme) {
            (Some(prefix), Some(_)) => vec![format!("{prefix}-Signature")],
            _ => vec!["webhook-signature".to_owned(), "…-Signature".to_owned()],
        };
        return Err(missing_headers(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    let find = |ending: &str| header(headers, &format!("{prefix}-{ending}"));
    let (timestamp, nonce) = (find("timestamp"), find("nonce"));
    let guessed = if timestamp.or(nonce).is_some() { Scheme::Covered } else { Scheme::Body };
    let scheme = scheme.unwrap_or(guessed);
    if scheme == Scheme::Covered {
        let names = [(timestamp, "Timestamp"), (nonce, "Nonce")];
        let missing = names.iter().filter(|(found, _)| found.is_none());
        let missing: Vec<_> = missing.map(|(_, name)| format!("{prefix}-{name}")).collect();
        if !missing.is_empty() {
            return Err(missing_headers(&missing.iter().map(String::as_str).collect::<Vec<_>>()));
        }
    }
    Ok(Presented {
        scheme,
        other_prefix: known.prefix.is_some_and(|own| !own.eq_ignore_ascii_case(prefix)).then_some(prefix),
        id: header(headers, "webhook-id").unwrap_or_default(),
        timestamp: timestamp.unwrap_or_default(),
        nonce: nonce.unwrap_or_default(),
        signature,
        entries: Entry::list(signature),
    })
}

fn missing_headers(names: &[&str]) -> (Reason, String) {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    (Reason::HeaderMissing, format!("{} {verb} missing.", names.join(", ")))
}
