//! How are the webhooks of a sender verified and read whose scheme the source describes?
//! The header that `options.header` names: an HMAC of the raw body, or of `{time}.{raw body}` with a time's header.
//!
//! Algorithm (SHA-256 if left out), encoding (hexadecimal digits if left out) and what stands before the signature are
//! options, too. Type and dedupe key are read from where the options say. Source: the owner of the source.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::source::options::{Algorithm, Encoding, Place, SourceOptions};
use domain::source::received::Reason;
use serde_json::{Map, Value};

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

/// Takes padding and its absence: the alphabet is what tells the two base64s apart.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The adapter of senders that sign by HMAC.
#[derive(Debug)]
pub(crate) struct Generic;

impl Adapter for Generic {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let Payload { value, raw } = payload::any(request)?;
        let options = setup.options;
        let name = match &options.type_from {
            None => "received".to_owned(),
            Some(place) => text(place, request, &value).unwrap_or_else(|| "unknown".to_owned()),
        };
        let id = options.dedupe_from.as_deref().and_then(|place| text(place, request, &value));
        let part = Part {
            event_type: name.clone(),
            provider_type: name,
            dedupe_key: id.clone().unwrap_or_else(|| digest(request, options)),
            occurred_at: None,
            data: Data::new().with("id", id).build(),
            raw,
        };
        Ok(Split::of(vec![part]))
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let options = setup.options;
    let name = options.header.as_deref().unwrap_or_default();
    let header = request.header(&name.to_ascii_lowercase()).ok_or_else(|| Refusal::missing(name))?;
    let prefix = options.prefix.as_deref().unwrap_or_default();
    let signature = header.strip_prefix(prefix).ok_or_else(|| {
        Refusal::new(Reason::SignatureMalformed, format!("its `{name}` does not begin with `{prefix}`"))
    })?;
    let signature = decoded(signature, options.encoding.unwrap_or_default())?;
    let hash = hash(options)?;
    let Some(time_name) = options.timestamp_header.as_deref() else {
        return mac::require_match(hash, &setup.secrets, &[request.body], &[signature]);
    };
    let time = request.header(&time_name.to_ascii_lowercase());
    let time =
        time.ok_or_else(|| Refusal::new(Reason::TimestampMissing, format!("it has no `{time_name}`")))?;
    let parts: [&[u8]; 3] = [time.as_bytes(), b".", request.body];
    mac::require_match(hash, &setup.secrets, &parts, &[signature])?;
    setup.check_unix_seconds(Some(time))
}

fn hash(options: &SourceOptions) -> Result<Hash, Refusal> {
    match options.algorithm {
        None | Some(Algorithm::Sha256) => Ok(Hash::Sha256),
        Some(Algorithm::Sha1) => Ok(Hash::Sha1),
        Some(Algorithm::Sha512) => Ok(Hash::Sha512),
        // A source cannot be saved with these.
        Some(Algorithm::Md5 | Algorithm::Md5hash) => {
            Err(Refusal::new(Reason::SignatureMalformed, "its algorithm is too weak to prove anything"))
        }
    }
}

fn decoded(text: &str, encoding: Encoding) -> Result<Vec<u8>, Refusal> {
    match encoding {
        Encoding::Hex => mac::from_hex(text),
        Encoding::Base64 => mac::from_base64(text),
        Encoding::Base64url => URL_SAFE
            .decode(text)
            .map_err(|_| Refusal::new(Reason::SignatureMalformed, "its signature is not base64 for URLs")),
    }
}

/// The text at a place of a request, if there is one that is not empty.
fn text(place: &str, request: &Request<'_>, value: &Value) -> Option<String> {
    let found = match Place::parse(place)? {
        Place::Header(name) => request.header(&name.to_ascii_lowercase()).map(str::to_owned),
        Place::Pointer(pointer) => text_at(value, pointer),
    };
    found.filter(|text| !text.is_empty())
}

/// The digest of what is signed: with the time where there is one, by which two events with one body differ.
fn digest(request: &Request<'_>, options: &SourceOptions) -> String {
    let name = options.timestamp_header.as_deref();
    match name.and_then(|name| request.header(&name.to_ascii_lowercase())) {
        Some(time) => data::digest_of([time.as_bytes(), request.body]),
        None => data::digest(request.body),
    }
}

/// A created order, with type and id where the source's options look for them.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let options = draft.setup.options;
    let mut body = serde_json::json!({ "data": { "order": "1003", "total": "42.00", "currency": "EUR" } });
    let mut headers = Vec::new();
    for (place, text) in
        [(&options.type_from, "order.created".to_owned()), (&options.dedupe_from, draft.id())]
    {
        match place.as_deref().and_then(Place::parse) {
            Some(Place::Header(name)) => headers.push((name.to_ascii_lowercase(), text)),
            Some(Place::Pointer(pointer)) => put(&mut body, pointer, &text),
            None => {}
        }
    }
    if options.dedupe_from.is_none() {
        // Without a key, each sample must have another body to be another event.
        put(&mut body, "/id", &draft.id());
    }
    let body = body.to_string();
    let time =
        options.timestamp_header.as_ref().map(|name| (name.to_ascii_lowercase(), draft.unix_seconds()));
    let signed = time.as_ref().map(|(_, time)| format!("{time}.")).unwrap_or_default();
    let key = draft.secret().as_bytes();
    let hash = hash(options).unwrap_or(Hash::Sha256);
    let signature = mac::sign(hash, key, &[signed.as_bytes(), body.as_bytes()]);
    let encoded = match options.encoding.unwrap_or_default() {
        Encoding::Hex => domain::hex::hex(&signature),
        Encoding::Base64 => STANDARD.encode(&signature),
        Encoding::Base64url => URL_SAFE.encode(&signature),
    };
    let name = options.header.as_deref().unwrap_or_default().to_ascii_lowercase();
    let mut sample =
        Sample::json(body).with(name, format!("{}{encoded}", options.prefix.as_deref().unwrap_or_default()));
    sample.headers.extend(time);
    sample.headers.extend(headers);
    sample
}

/// Puts a text at a JSON pointer, with the objects on the way to it.
fn put(body: &mut Value, pointer: &str, text: &str) {
    let mut at = body;
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[name];
    }
    *at = Value::from(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, NOW, SAMPLE_ID, part, refusal, split};
    use domain::source::scheme::Scheme;
    use domain::timestamp::Timestamp;

    const KEY: &str = "a secret that nobody can guess";

    fn options() -> SourceOptions {
        SourceOptions { header: Some("X-Signature".to_owned()), ..SourceOptions::default() }
    }

    /// A sample for a source with these options.
    fn case(options: &SourceOptions) -> Case {
        let mut case = Case::new(Scheme::Hmac, KEY);
        let now = Timestamp::from_millis(NOW * 1000);
        let tolerance = Scheme::Hmac.default_tolerance();
        let setup =
            Setup { scheme: Scheme::Hmac, secrets: vec![KEY], options, tolerance, now, certificate: None };
        let sample = sample(&Draft { setup: &setup, url: "", now, randomness: [7; 32] });
        case.headers = sample.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        case.body = sample.body;
        case.options = options.clone();
        case
    }

    #[test]
    fn each_algorithm_and_encoding_verifies_its_own() {
        for algorithm in [None, Some(Algorithm::Sha1), Some(Algorithm::Sha256), Some(Algorithm::Sha512)] {
            for encoding in [None, Some(Encoding::Hex), Some(Encoding::Base64), Some(Encoding::Base64url)] {
                for timestamp_header in [None, Some("X-Timestamp".to_owned())] {
                    let prefix = Some("sig=".to_owned());
                    let options =
                        SourceOptions { algorithm, encoding, prefix, timestamp_header, ..options() };
                    let good = case(&options);
                    assert_eq!(refusal(&Generic, &good), None, "{options:?}");
                    let mut other = good.clone();
                    other.options.algorithm = match algorithm {
                        Some(Algorithm::Sha1) => Some(Algorithm::Sha512),
                        _ => Some(Algorithm::Sha1),
                    };
                    assert_eq!(refusal(&Generic, &other), Some(Reason::SignatureMismatch), "{options:?}");
                    let mut unprefixed = good.clone();
                    unprefixed.options.prefix = Some("v1=".to_owned());
                    assert_eq!(refusal(&Generic, &unprefixed), Some(Reason::SignatureMalformed));
                }
            }
        }
    }

    #[test]
    fn the_values_of_other_tools_verify() {
        // printf 'hello' | openssl dgst -sha256 -hmac key -binary | base64, and so on
        let hello = Case::new(Scheme::Hmac, "key").body("hello");
        for (algorithm, encoding, signature) in [
            (
                Algorithm::Sha256,
                Encoding::Hex,
                "9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b",
            ),
            (Algorithm::Sha1, Encoding::Base64, "s0zqxFFv8joUPmHXnQ+npPvl8mY="),
            (
                Algorithm::Sha512,
                Encoding::Base64url,
                "_warNnV3d4FcAI0yyOFKcFtOe_MQNRoGojthLcTHQz53V9IFJaVZO3ECDqLuFi0jEbJH6YVYYrJwEiQZZSwMkg",
            ),
        ] {
            let mut case = hello.clone().header("x-signature", signature);
            case.options =
                SourceOptions { algorithm: Some(algorithm), encoding: Some(encoding), ..options() };
            assert_eq!(refusal(&Generic, &case), None, "{algorithm:?}");
        }
        let mut hex =
            hello.header("x-signature", "9307B3B915EFB5171FF14D8CB55FBCC798C6C0EF1456D66DED1A6AA723A58B7B");
        hex.options = options();
        assert_eq!(refusal(&Generic, &hex), None);
        hex.body = b"hellO".to_vec();
        assert_eq!(refusal(&Generic, &hex), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn base64_for_urls_may_be_padded() {
        let good = case(&SourceOptions { encoding: Some(Encoding::Base64url), ..options() });
        let (_, signature) = good.headers.iter().find(|(name, _)| name == "x-signature").unwrap();
        let padded = format!("{}=", String::from_utf8(signature.clone()).unwrap());
        assert_eq!(refusal(&Generic, &good.clone().header("x-signature", &padded)), None);
        let other = good.header("x-signature", "a+/b");
        assert_eq!(refusal(&Generic, &other), Some(Reason::SignatureMalformed));
    }

    #[test]
    fn the_time_counts_only_where_a_header_is_named() {
        let timed = case(&SourceOptions { timestamp_header: Some("X-Timestamp".to_owned()), ..options() });
        assert_eq!(refusal(&Generic, &timed.clone().at(NOW + 301)), Some(Reason::TimestampTooOld));
        assert_eq!(refusal(&Generic, &timed.clone().at(NOW - 301)), Some(Reason::TimestampInFuture));
        let moved = timed.clone().header("x-timestamp", &(NOW + 1).to_string());
        assert_eq!(refusal(&Generic, &moved), Some(Reason::SignatureMismatch));
        let mut without = timed;
        without.headers.retain(|(name, _)| name != "x-timestamp");
        assert_eq!(refusal(&Generic, &without), Some(Reason::TimestampMissing));
        assert_eq!(refusal(&Generic, &case(&options()).at(NOW + 999_999)), None);
    }

    #[test]
    fn type_and_key_stand_where_the_options_say() {
        let by_pointer = SourceOptions {
            type_from: Some("/event/na~1me".to_owned()),
            dedupe_from: Some("/event/id".to_owned()),
            ..options()
        };
        let by_header = SourceOptions {
            type_from: Some("header:X-Event".to_owned()),
            dedupe_from: Some("header:X-Delivery".to_owned()),
            ..options()
        };
        for options in [by_pointer, by_header] {
            let found = part(&Generic, &case(&options));
            assert_eq!(
                (found.event_type.as_str(), found.dedupe_key),
                ("order.created", SAMPLE_ID.to_owned())
            );
            assert_eq!(found.data["id"], SAMPLE_ID);
        }
        let left_out = case(&options());
        let found = part(&Generic, &left_out);
        assert_eq!((found.event_type.as_str(), found.dedupe_key), ("received", data::digest(&left_out.body)));
        assert!(found.data.is_empty());
        let mut nowhere = left_out;
        nowhere.options.type_from = Some("/data".to_owned());
        nowhere.options.dedupe_from = Some("header:X-None".to_owned());
        let found = part(&Generic, &nowhere);
        assert_eq!((found.event_type.as_str(), found.dedupe_key), ("unknown", data::digest(&nowhere.body)));
    }

    #[test]
    fn without_a_key_an_event_is_told_by_its_body_and_its_signed_time() {
        let timed = SourceOptions { timestamp_header: Some("X-Timestamp".to_owned()), ..options() };
        let key = |options: &SourceOptions, time: i64, body: &str| {
            let (time, name) = (time.to_string(), "x-timestamp");
            let signed =
                if options.timestamp_header.is_some() { format!("{time}.{body}") } else { body.to_owned() };
            let signature = domain::hex::hex(&mac::sign(Hash::Sha256, KEY.as_bytes(), &[signed.as_bytes()]));
            let mut case = Case::new(Scheme::Hmac, KEY).body(body).header(name, &time);
            case.options = options.clone();
            part(&Generic, &case.header("x-signature", &signature)).dedupe_key
        };
        assert_eq!(key(&timed, NOW, "{}"), key(&timed, NOW, "{}"));
        assert_ne!(key(&timed, NOW, "{}"), key(&timed, NOW + 1, "{}"), "the same event twice a second apart");
        assert_ne!(key(&timed, NOW, "{}"), key(&timed, NOW, "{ }"));
        // A time that is not signed could be anything.
        assert_eq!(key(&options(), NOW, "{}"), key(&options(), NOW + 1, "{}"));
    }

    #[test]
    fn forms_and_texts_are_taken() {
        let with = |content_type: &str, body: &str| {
            let signature = domain::hex::hex(&mac::sign(Hash::Sha256, KEY.as_bytes(), &[body.as_bytes()]));
            let mut case = Case::new(Scheme::Hmac, KEY).body(body).header("content-type", content_type);
            case.options = SourceOptions { type_from: Some("/kind".to_owned()), ..options() };
            split(&Generic, &case.header("x-signature", &signature))
        };
        let form = with("application/x-www-form-urlencoded", "kind=paid&n=1").unwrap().parts.remove(0);
        assert_eq!((form.event_type.as_str(), form.raw.get()), ("paid", r#"{"kind":"paid","n":"1"}"#));
        let xml = with("text/xml", "<kind>paid</kind>").unwrap().parts.remove(0);
        assert_eq!((xml.event_type.as_str(), xml.raw.get()), ("unknown", "\"<kind>paid</kind>\""));
        assert_eq!(with("application/json", "kind").unwrap_err().reason, Reason::BodyMalformed);
    }
}
