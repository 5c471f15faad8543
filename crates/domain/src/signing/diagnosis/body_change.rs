//! How do bodies get changed between the socket and the verifying code?
//! Canonical mistakes: each is tried on the body, and the signature shows which of them happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::signing::diagnosis::Side;
use crate::signing::diagnosis::json_writer::{Writer, rewrite};
use crate::signing::diagnosis::reason::Reason;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One way to change a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    NewlineAppended,
    NewlineCut,
    BomPrepended,
    BomCut,
    LineEnds,
    Trimmed,
    Base64,
    Charset,
    Rewritten,
    Escaped,
    Emptied,
}

impl Change {
    /// The reason to give. A signature of the request that fits the *changed* body shows that the change was undone on
    /// the way; a signature that the receiver computed over it shows that the receiver made the change.
    pub(super) fn reason(self, side: Side) -> Reason {
        match (self, side) {
            (Self::NewlineAppended, Side::Received) | (Self::NewlineCut, Side::Computed) => {
                Reason::BodyNewlineCut
            }
            (Self::NewlineCut, Side::Received) | (Self::NewlineAppended, Side::Computed) => {
                Reason::BodyNewlineAdded
            }
            (Self::BomPrepended, Side::Received) | (Self::BomCut, Side::Computed) => Reason::BodyBomCut,
            (Self::BomCut, Side::Received) | (Self::BomPrepended, Side::Computed) => Reason::BodyBomAdded,
            (Self::Trimmed, Side::Received) => Reason::BodyWhitespaceAdded,
            (Self::Trimmed, Side::Computed) => Reason::BodyTrimmed,
            (Self::LineEnds, _) => Reason::BodyLineEndsChanged,
            (Self::Base64, _) => Reason::BodyBase64,
            (Self::Charset, _) => Reason::BodyCharsetChanged,
            (Self::Rewritten, _) => Reason::BodyReserialised,
            (Self::Escaped, _) => Reason::BodyEscapesChanged,
            (Self::Emptied, _) => Reason::BodyEmpty,
        }
    }
}

/// What the body may have been, or may have been made of; never the body itself.
pub(super) fn changed(body: &[u8]) -> impl Iterator<Item = (Change, Vec<u8>)> + '_ {
    let plain = plain(body).into_iter();
    // Written again only when nothing simpler fits: it takes the longest.
    plain.chain(std::iter::once_with(|| rewritten(body)).flatten()).filter(move |(_, made)| made != body)
}

fn plain(body: &[u8]) -> Vec<(Change, Vec<u8>)> {
    let joined = |parts: [&[u8]; 2]| parts.concat();
    let mut made = vec![
        (Change::NewlineAppended, joined([body, b"\n"])),
        (Change::NewlineAppended, joined([body, b"\r\n"])),
        (Change::BomPrepended, joined([BOM, body])),
        (Change::Base64, STANDARD.encode(body).into_bytes()),
        (Change::Emptied, Vec::new()),
    ];
    if let Some(cut) = body.strip_suffix(b"\n") {
        made.push((Change::NewlineCut, cut.strip_suffix(b"\r").unwrap_or(cut).to_vec()));
        made.push((Change::NewlineCut, cut.to_vec()));
    }
    made.extend(body.strip_prefix(BOM).map(|cut| (Change::BomCut, cut.to_vec())));
    made.push((Change::LineEnds, with_lf(body)));
    made.push((Change::LineEnds, with_crlf(&with_lf(body))));
    made.push((Change::Trimmed, body.trim_ascii().to_vec()));
    made.extend(STANDARD.decode(body.trim_ascii()).ok().map(|bytes| (Change::Base64, bytes)));
    if let Ok(text) = std::str::from_utf8(body) {
        // Latin-1 has one byte for each of the first 256 characters.
        let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        made.extend(latin.map(|bytes| (Change::Charset, bytes)));
    }
    let as_utf8: String = body.iter().map(|&byte| char::from(byte)).collect();
    made.push((Change::Charset, as_utf8.into_bytes()));
    made.push((Change::Charset, String::from_utf8_lossy(body).into_owned().into_bytes()));
    made
}

fn with_lf(body: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(body.len());
    for (at, &byte) in body.iter().enumerate() {
        if byte != b'\r' || body.get(at + 1) != Some(&b'\n') {
            made.push(byte);
        }
    }
    made
}

fn with_crlf(body: &[u8]) -> Vec<u8> {
    body.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..])
}

/// The body's JSON as the usual libraries write it, with members in their order and sorted.
fn rewritten(body: &[u8]) -> Vec<(Change, Vec<u8>)> {
    let Some(text) = std::str::from_utf8(body).ok().filter(|text| is_json(text)) else { return Vec::new() };
    let mut made = Vec::new();
    for writer in Writer::USUAL {
        let Some(again) = rewrite(text, writer) else { continue };
        let same_space = rewrite(text, Writer { escapes: None, ..writer }).is_some_and(|same| same == text);
        let change = if same_space && !writer.short_numbers { Change::Escaped } else { Change::Rewritten };
        made.push((change, again.into_bytes()));
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        // Members sorted: `serde_json` keeps them in a sorted map.
        let sorted = value.to_string();
        let all = Writer::USUAL.iter().filter_map(|&writer| rewrite(&sorted, writer));
        made.extend(all.map(|written| (Change::Rewritten, written.into_bytes())));
        // JSON within a JSON string, or taken out of one.
        made.push((Change::Rewritten, Value::String(text.to_owned()).to_string().into_bytes()));
        if let Value::String(inner) = value {
            made.push((Change::Rewritten, inner.into_bytes()));
        }
    }
    made
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether both are JSON, and of the same value.
pub(super) fn is_same_json(one: &[u8], other: &[u8]) -> bool {
    let value = |bytes| serde_json::from_slice::<Value>(bytes).ok();
    value(one).is_some_and(|one| value(other).is_some_and(|other| one == other))
}
