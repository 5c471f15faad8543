//! How are parameters signed?
//! Schemes that sign the address and decoded parameters, sorted by name, of a query or a form.

use std::collections::{BTreeMap, HashSet};

use super::{Signed, Signer, base64, digest, hex, time};
use crate::input::{Input, Switch};

const FORM: &str = "application/x-www-form-urlencoded";

/// Most parameters that are taken.
const MAX_PARAMS: usize = 2_000;

type Pairs = Vec<(String, String)>;

/// The decoded pairs, sorted.
fn pairs(text: &[u8]) -> Pairs {
    let mut pairs: Pairs = form_urlencoded::parse(text).into_owned().collect();
    pairs.sort();
    pairs
}

fn are_unique(pairs: &Pairs) -> bool {
    let names: HashSet<_> = pairs.iter().map(|(name, _)| name).collect();
    names.len() == pairs.len()
}

fn are_few(text: &[u8]) -> bool {
    form_urlencoded::parse(text).count() <= MAX_PARAMS
}

/// A form, a GET without a body, or JSON with its digest in the address.
pub(super) fn twilio(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    if input.is(Switch::OtherForm) {
        let query = format!("bodySHA256={}&{}", hex(&digest(&body)), input.query);
        let url = Input::url(&query);
        let signature = base64(&signer.sha1(&[url.as_bytes()]));
        let signed = Signed { url, ..Signed::of(input, body) };
        return signed.with("x-twilio-signature", signature).with("content-type", "application/json");
    }
    let body = if input.is(Switch::Get) { Vec::new() } else { body };
    let url = Input::url(&input.query);
    let mut pairs = pairs(&body);
    pairs.dedup();
    let parameters = pairs.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    let parts: Vec<&[u8]> = std::iter::once(url.as_bytes()).chain(parameters).collect();
    let signature = base64(&signer.sha1(&parts));
    let are_few = are_few(&body);
    let has_digest = form_urlencoded::parse(input.query.as_bytes()).any(|(name, _)| name == "bodySHA256");
    Signed::of(input, body)
        .with("x-twilio-signature", signature)
        .with("content-type", FORM)
        .must_be_valid_if(!has_digest && are_few)
}

pub(super) fn messagebird(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let (time, pairs) = (time(), pairs(input.query.as_bytes()));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    let signature = signer.sha256(&[time.as_bytes(), b"\n", query.as_bytes(), b"\n", &digest(&body)]);
    // The plus of this time's offset may come without being encoded.
    let has_time = pairs.iter().any(|(name, _)| name == "statusDatetime");
    Signed::of(input, body)
        .with("messagebird-signature", base64(&signature))
        .with("messagebird-request-timestamp", time)
        .must_be_valid_if(are_unique(&pairs) && !has_time)
}

/// The parameters are the query of a GET, a form, or the members of a JSON object.
pub(super) fn vonage(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    if input.is(Switch::OtherForm) {
        return vonage_json(input, &body, signer);
    }
    let own = if input.is(Switch::Get) { input.query.clone().into_bytes() } else { body };
    let text = [&own, format!("&timestamp={}&nonce=aac9b1", time()).as_bytes()].concat();
    let pairs = pairs(&text);
    let signature = vonage_signature(&pairs, signer);
    let text = [&text[..], b"&sig=", signature.as_bytes()].concat();
    let has_own = pairs.iter().any(|(name, _)| name == "sig");
    let looks_like_json = text.trim_ascii_start().starts_with(b"{");
    let is_clear = are_unique(&pairs) && are_names(&pairs) && are_few(&text) && !has_own && !looks_like_json;
    let signed = if input.is(Switch::Get) {
        let url = Input::url(&String::from_utf8_lossy(&text));
        Signed { url, ..Signed::of(input, Vec::new()) }
    } else {
        Signed { url: Input::url(""), ..Signed::of(input, text) }
    };
    signed.with("content-type", FORM).must_be_valid_if(is_clear)
}

/// Whether no name holds what separates parameters where they are signed.
fn are_names(pairs: &Pairs) -> bool {
    pairs.iter().all(|(name, _)| !name.contains(['&', '=']))
}

fn vonage_json(input: &Input, body: &[u8], signer: Signer<'_>) -> Signed {
    let mut members: BTreeMap<String, String> = serde_json::from_slice(body).unwrap_or_default();
    members.insert("timestamp".to_owned(), time());
    members.remove("sig");
    let pairs: Pairs = members.clone().into_iter().collect();
    members.insert("sig".to_owned(), vonage_signature(&pairs, signer));
    let text = serde_json::to_vec(&members).expect("texts only");
    let signed = Signed { url: Input::url(""), method: "POST", ..Signed::of(input, text) };
    let is_clear = are_names(&pairs) && members.len() <= MAX_PARAMS;
    signed.with("content-type", "application/json").must_be_valid_if(is_clear)
}

fn vonage_signature(pairs: &Pairs, signer: Signer<'_>) -> String {
    let plain = |value: &str| value.replace(['&', '='], "_");
    let joined: String = pairs.iter().map(|(name, value)| format!("&{name}={}", plain(value))).collect();
    hex(&signer.sha256(&[joined.as_bytes()])).to_uppercase()
}

/// Neither the query nor the body is signed.
pub(super) fn plivo_v2(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let nonce = "31627761595286130198";
    let signature = signer.sha256(&[Input::url("").as_bytes(), nonce.as_bytes()]);
    Signed::of(input, body)
        .with("x-plivo-signature-v2", base64(&signature))
        .with("x-plivo-signature-v2-nonce", nonce)
}

pub(super) fn plivo_v3(input: &Input, body: Vec<u8>, signer: Signer<'_>) -> Signed {
    let nonce = "31627761595286130198";
    let body = if input.is(Switch::Get) { Vec::new() } else { body };
    let (query, form) = (pairs(input.query.as_bytes()), pairs(&body));
    let mut text = Input::url("");
    if !query.is_empty() || !form.is_empty() {
        text.push('?');
    }
    let joined: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    text.push_str(&joined.join("&"));
    if !query.is_empty() && !form.is_empty() {
        text.push('.');
    }
    text.extend(form.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
    let signature = signer.sha256(&[text.as_bytes(), b".", nonce.as_bytes()]);
    let are_few = are_few(input.query.as_bytes()) && are_few(&body);
    let is_clear = are_unique(&query) && are_unique(&form) && are_few;
    Signed::of(input, body)
        .with("x-plivo-signature-v3", base64(&signature))
        .with("x-plivo-signature-v3-nonce", nonce)
        .with("content-type", FORM)
        .must_be_valid_if(is_clear)
}
