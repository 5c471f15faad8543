//! How are Twilio's webhooks of SMS and WhatsApp messages verified and read?
//! `X-Twilio-Signature`: HMAC-SHA1 of the URL and the form's sorted parameters, or of a URL with the body's digest in it.
//!
//! The key is the account's primary Auth Token. There is no time in it: repeats are recognised by the message's id. Names
//! and values are joined without anything between them, so only whole forms are compared. Source: Twilio's "Webhooks
//! security", and the request validators of twilio-node and twilio-python.

use domain::source::received::Reason;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::adapter::{Adapter, Answer, Part, Parts, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at, word_at};
use crate::body::form::{self, Pairs};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const HEADER: &str = "x-twilio-signature";
const WHATSAPP: &str = "whatsapp:";
/// Longest body that is compared with every spelling of its URL, in bytes. Twilio's forms are far shorter; each spelling
/// hashes the whole body once a secret.
const MAX_SPELLED_BYTES: usize = 64 * 1024;

/// The adapter of Twilio's SMS and MMS.
#[derive(Debug)]
pub(crate) struct TwilioSms;

/// The adapter of Twilio's WhatsApp messages.
#[derive(Debug)]
pub(crate) struct TwilioWhatsapp;

impl Adapter for TwilioSms {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        split(verified.request(), Channel::Sms)
    }

    fn accepted(&self) -> Answer {
        no_reply()
    }
}

impl Adapter for TwilioWhatsapp {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        split(verified.request(), Channel::Whatsapp)
    }

    fn accepted(&self) -> Answer {
        no_reply()
    }
}

/// `TwiML` without a verb: no message is sent back to the sender of one that arrived. Of a status the answer is not read.
fn no_reply() -> Answer {
    Answer {
        status: 200,
        content_type: Some("text/xml"),
        body: "<Response></Response>".to_owned(),
        header: None,
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(HEADER).ok_or_else(|| Refusal::missing("X-Twilio-Signature"))?;
    let signature = [mac::from_base64(header)?];
    let mut params = if has_form(request) { form::signed_pairs(request.body)? } else { Vec::new() };
    in_order(&mut params);
    let params = joined(&params);
    let query = form::pairs(request.query().as_bytes());
    let digest = form::first(&query, "bodySHA256");
    match digest {
        Some(digest) => check_digest(digest, request.body)?,
        None if request.body.is_empty() || has_form(request) => {}
        None => {
            let detail = "its body is no form, and its URL has no `bodySHA256`: nothing covers the body";
            return Err(Refusal::new(Reason::SignatureMismatch, detail));
        }
    }
    let mut found = false;
    let is_long = request.body.len() > MAX_SPELLED_BYTES;
    for url in spellings(request.url, is_long) {
        found |= mac::any_matches(Hash::Sha1, &setup.secrets, &[url.as_bytes(), &params], &signature);
        // The digest covers the body whatever it is, a form included.
        if digest.is_some() {
            found |= mac::any_matches(Hash::Sha1, &setup.secrets, &[url.as_bytes()], &signature);
        }
    }
    if found { Ok(()) } else { Err(mismatch()) }
}

fn mismatch() -> Refusal {
    let detail = "no secret of this source makes its signature; is the secret the account's primary Auth Token, and does \
                  Twilio call exactly the source's address?";
    Refusal::new(Reason::SignatureMismatch, detail)
}

/// Whether the body is read as a form: it is one unless it says that it is something else.
fn has_form(request: &Request<'_>) -> bool {
    request.is_form() || request.media_type().is_empty()
}

fn check_digest(digest: &str, body: &[u8]) -> Result<(), Refusal> {
    let same = mac::from_hex(digest).is_ok_and(|digest| mac::equal(&digest, &Sha256::digest(body)));
    let detail = "its body is another one than `bodySHA256` in its URL says";
    if same { Ok(()) } else { Err(Refusal::new(Reason::SignatureMismatch, detail)) }
}

/// Sorted by name and value, byte by byte; a pair that comes twice counts once.
fn in_order(params: &mut Pairs<'_>) {
    params.sort_unstable();
    params.dedup();
}

/// What is signed behind the URL.
fn joined(params: &Pairs<'_>) -> Vec<u8> {
    params.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]).collect::<Vec<_>>().concat()
}

/// The spellings of a URL that Twilio may have signed: with the port and without, since the signing side is inconsistent
/// about it (so its own libraries say), each with the query as it came, with `'` as `%27` or plain, and re-encoded as
/// Node's `querystring` does. All of them name the same resource. Of a long request, only the query as it came.
fn spellings(url: &str, is_long: bool) -> Vec<String> {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let queries = query.map_or_else(
        || vec![String::new()],
        |query| {
            if is_long {
                return vec![format!("?{query}")];
            }
            let plain = query.replace("%27", "'");
            [query.to_owned(), query.replace('\'', "%27"), plain, encoded_again(query)]
                .map(|query| format!("?{query}"))
                .to_vec()
        },
    );
    let mut urls = Vec::new();
    for base in [Some(base.to_owned()), other_port(base)].into_iter().flatten() {
        for query in &queries {
            let url = format!("{base}{query}");
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls
}

/// The URL without its port, or with the scheme's own if it has none.
fn other_port(base: &str) -> Option<String> {
    let (scheme, rest) = base.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host_at = authority.rfind('@').map_or(0, |at| at + 1);
    // An IPv6 address has colons, too, in brackets.
    let port_at = authority.rfind(':').filter(|at| *at >= host_at && !authority[*at..].contains(']'));
    Some(match port_at {
        Some(at) => format!("{scheme}://{}{path}", &authority[..at]),
        None => {
            let port = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
            format!("{scheme}://{authority}:{port}{path}")
        }
    })
}

/// The parameters with everything percent-encoded but the characters that `encodeURIComponent` leaves.
fn encoded_again(query: &str) -> String {
    let mut text = String::with_capacity(query.len());
    let encode = |part: &str, text: &mut String| {
        for byte in part.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    };
    for (name, value) in form::pairs(query.as_bytes()) {
        if !text.is_empty() {
            text.push('&');
        }
        encode(&name, &mut text);
        text.push('=');
        encode(&value, &mut text);
    }
    text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Sms,
    Whatsapp,
}

impl Channel {
    const fn unknown(self) -> &'static str {
        match self {
            Self::Sms => "sms.unknown",
            Self::Whatsapp => "whatsapp.unknown",
        }
    }

    /// Of a message between these two, whatever the source is for.
    fn of(from: Option<&str>, to: Option<&str>, source: Self) -> Self {
        if from.or(to).is_none() {
            return source;
        }
        let whatsapp = [from, to].into_iter().flatten().any(|address| address.starts_with(WHATSAPP));
        if whatsapp { Self::Whatsapp } else { Self::Sms }
    }

    fn event_type(self, status: &str) -> &'static str {
        match (self, status) {
            (Self::Sms, "accepted" | "scheduled" | "queued" | "sending") => "sms.accepted",
            (Self::Sms, "sent") => "sms.sent",
            (Self::Sms, "delivered") => "sms.delivered",
            (Self::Sms, "undelivered") => "sms.undelivered",
            (Self::Sms, "failed") => "sms.failed",
            (Self::Sms, "received") => "sms.received",
            (Self::Whatsapp, "accepted" | "scheduled" | "queued" | "sending") => "whatsapp.accepted",
            (Self::Whatsapp, "sent") => "whatsapp.sent",
            (Self::Whatsapp, "delivered") => "whatsapp.delivered",
            (Self::Whatsapp, "read") => "whatsapp.read",
            (Self::Whatsapp, "undelivered" | "failed") => "whatsapp.failed",
            (Self::Whatsapp, "received") => "whatsapp.message.received",
            _ => self.unknown(),
        }
    }
}

fn split(request: &Request<'_>, source: Channel) -> Result<Split, Refusal> {
    if !request.body.is_empty() && !has_form(request) {
        return split_json(request.body, source);
    }
    let text = if request.body.is_empty() { request.query().as_bytes() } else { request.body };
    let params = form::pairs(text);
    if params.is_empty() {
        return Err(Refusal::malformed("it has no parameters"));
    }
    Ok(Split::of(vec![message(&params, text, source)]))
}

fn message(params: &Pairs<'_>, text: &[u8], source: Channel) -> Part {
    let get = |name| form::first(params, name).filter(|value| !value.is_empty());
    let address = |name| get(name).map(|value| value.strip_prefix(WHATSAPP).unwrap_or(value));
    let id = get("MessageSid").or_else(|| get("SmsSid")).or_else(|| get("SmsMessageSid"));
    let is_message = form::first(params, "Body").is_some() || get("NumMedia").is_some();
    let status = get("MessageStatus").or_else(|| get("SmsStatus"));
    let status = status.or(is_message.then_some("received")).unwrap_or("unknown");
    let error_code = get("ErrorCode");
    let dedupe_key = match (id, error_code) {
        (None, _) => data::digest(text),
        (Some(id), _) if status == "received" => id.to_owned(),
        (Some(id), None) => format!("{id}:{status}"),
        (Some(id), Some(code)) => format!("{id}:{status}:{code}"),
    };
    let data = Data::new()
        .with("message_id", id)
        .with("from", address("From"))
        .with("to", address("To"))
        .with("text", get("Body"))
        .with("status_detail", get("ChannelStatusMessage"))
        .with("error_code", error_code)
        .with("error_message", get("ErrorMessage"))
        .with("media", get("NumMedia").and_then(data::count))
        .with("contact_name", get("ProfileName"))
        .with("reply_to", get("OriginalRepliedMessageSid"))
        .build();
    Part {
        event_type: Channel::of(get("From"), get("To"), source).event_type(status).to_owned(),
        provider_type: status.to_owned(),
        dedupe_key,
        occurred_at: None,
        data,
        raw: form::raw(params),
    }
}

/// Other products of Twilio post JSON: an event, or an array of events. They have no canonical types.
fn split_json(body: &[u8], source: Channel) -> Result<Split, Refusal> {
    let whole: &RawValue = data::json(body)?;
    let events = if whole.get().starts_with('[') { data::json(body)? } else { vec![whole] };
    let part = |raw: &RawValue| {
        let event: Value = data::value(raw.get().as_bytes()).unwrap_or_default();
        let id = word_at(&event, "/id");
        Part {
            event_type: source.unknown().to_owned(),
            provider_type: text_at(&event, "/type").unwrap_or_else(|| "unknown".to_owned()),
            dedupe_key: id.clone().unwrap_or_else(|| data::digest(raw.get().as_bytes())),
            occurred_at: text_at(&event, "/time").and_then(|time| data::rfc3339(&time)),
            data: Data::new().with("id", id).build(),
            raw: raw.to_owned(),
        }
    };
    Parts::of(events.into_iter().map(part)).map(Split::from)
}

/// An SMS that was delivered.
pub(crate) fn sample_sms(draft: &Draft<'_>) -> Sample {
    let id = format!("SM{}", draft.id());
    let (to, from) = ("+15558675310", "+15550006789");
    let status = "delivered";
    signed_form(
        draft,
        &[
            ("ApiVersion", "2010-04-01"),
            ("MessageStatus", status),
            ("SmsSid", &id),
            ("SmsStatus", status),
            ("To", to),
            ("From", from),
            ("MessageSid", &id),
            ("AccountSid", "AC0123456789abcdef0123456789abcdef"),
        ],
    )
}

/// A WhatsApp message that was read.
pub(crate) fn sample_whatsapp(draft: &Draft<'_>) -> Sample {
    let id = format!("SM{}", draft.id());
    signed_form(
        draft,
        &[
            ("EventType", "READ"),
            ("SmsSid", &id),
            ("SmsStatus", "read"),
            ("MessageStatus", "read"),
            ("ChannelToAddress", "+15558675310"),
            ("To", "whatsapp:+15558675310"),
            ("ChannelPrefix", "whatsapp"),
            ("MessageSid", &id),
            ("AccountSid", "AC0123456789abcdef0123456789abcdef"),
            ("From", "whatsapp:+15550006789"),
            ("ApiVersion", "2010-04-01"),
        ],
    )
}

fn signed_form(draft: &Draft<'_>, pairs: &[(&str, &str)]) -> Sample {
    let sample = Sample::form(pairs);
    let mut params = form::pairs(&sample.body);
    in_order(&mut params);
    let signature =
        mac::sign(Hash::Sha1, draft.secret().as_bytes(), &[draft.url.as_bytes(), &joined(&params)]);
    sample.with(HEADER, data::base64(&signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, URL, part, refusal, split as parts_of};
    use domain::source::scheme::Scheme;

    const TOKEN: &str = "the Auth Token of an account";
    const FORM: &str = "application/x-www-form-urlencoded";

    /// A request whose signature is made of `signed_url` and the parameters of the body.
    fn request(signed_url: &str, url: &str, content_type: &str, body: &str, params: &str) -> Case {
        let mut params = form::pairs(params.as_bytes());
        in_order(&mut params);
        let signature = mac::sign(Hash::Sha1, TOKEN.as_bytes(), &[signed_url.as_bytes(), &joined(&params)]);
        let mut case = Case::new(Scheme::Twilio, TOKEN)
            .body(body)
            .header("content-type", content_type)
            .header(HEADER, &data::base64(&signature));
        url.clone_into(&mut case.url);
        case
    }

    fn form_of(body: &str) -> Case {
        request(URL, URL, FORM, body, body)
    }

    fn sms(body: &str) -> Part {
        part(&TwilioSms, &form_of(body))
    }

    #[test]
    fn a_status_has_its_type() {
        for (status, sms_type, whatsapp_type) in [
            ("accepted", "sms.accepted", "whatsapp.accepted"),
            ("scheduled", "sms.accepted", "whatsapp.accepted"),
            ("queued", "sms.accepted", "whatsapp.accepted"),
            ("sending", "sms.accepted", "whatsapp.accepted"),
            ("sent", "sms.sent", "whatsapp.sent"),
            ("delivered", "sms.delivered", "whatsapp.delivered"),
            ("undelivered", "sms.undelivered", "whatsapp.failed"),
            ("failed", "sms.failed", "whatsapp.failed"),
            ("read", "sms.unknown", "whatsapp.read"),
            ("received", "sms.received", "whatsapp.message.received"),
            ("canceled", "sms.unknown", "whatsapp.unknown"),
            ("new_one", "sms.unknown", "whatsapp.unknown"),
        ] {
            let one = sms(&format!("MessageSid=SM1&MessageStatus={status}&From=%2B1&To=%2B2"));
            assert_eq!((one.event_type.as_str(), one.provider_type.as_str()), (sms_type, status));
            let other = form_of(&format!(
                "MessageSid=SM1&MessageStatus={status}&From=whatsapp:%2B1&To=whatsapp:%2B2"
            ));
            assert_eq!(part(&TwilioWhatsapp, &other).event_type, whatsapp_type);
            let alias = sms(&format!("SmsSid=SM1&SmsStatus={status}&From=%2B1"));
            assert_eq!(alias.event_type, sms_type);
        }
    }

    #[test]
    fn the_channel_is_that_of_the_message() {
        let whatsapp = form_of("MessageSid=SM1&MessageStatus=read&To=whatsapp:%2B2&From=MG1");
        assert_eq!(part(&TwilioSms, &whatsapp).event_type, "whatsapp.read");
        let sms = form_of("MessageSid=SM1&MessageStatus=sent&From=%2B1&To=%2B2");
        assert_eq!(part(&TwilioWhatsapp, &sms).event_type, "sms.sent");
        let nobody = form_of("MessageSid=SM1&MessageStatus=sent");
        assert_eq!(part(&TwilioWhatsapp, &nobody).event_type, "whatsapp.sent");
        assert_eq!(part(&TwilioSms, &nobody).event_type, "sms.sent");
    }

    #[test]
    fn a_message_that_arrived_has_its_text() {
        let body = "MessageSid=SM1&SmsStatus=received&NumMedia=2&Body=Hi+there&From=whatsapp:%2B1&To=whatsapp:%2B2\
                    &ProfileName=Ada&OriginalRepliedMessageSid=SM0&Empty=";
        let part = part(&TwilioSms, &form_of(body));
        assert_eq!(
            (part.event_type.as_str(), part.dedupe_key.as_str()),
            ("whatsapp.message.received", "SM1")
        );
        let data = serde_json::json!({
            "message_id": "SM1", "from": "+1", "to": "+2", "text": "Hi there", "media": 2, "contact_name": "Ada",
            "reply_to": "SM0",
        });
        assert_eq!(Value::Object(part.data), data);
        let raw: Value = serde_json::from_str(part.raw.get()).unwrap();
        assert_eq!((&raw["From"], &raw["Empty"]), (&Value::from("whatsapp:+1"), &Value::from("")));
        assert_eq!(sms("MessageSid=SM1&Body=&From=%2B1").event_type, "sms.received");
    }

    #[test]
    fn a_repeat_has_the_same_key_and_another_status_another() {
        assert_eq!(sms("MessageSid=SM1&MessageStatus=sent&To=%2B2").dedupe_key, "SM1:sent");
        assert_eq!(
            sms("To=%2B2&MessageStatus=failed&MessageSid=SM1&ErrorCode=30003").dedupe_key,
            "SM1:failed:30003"
        );
        let (one, other) = (sms("CallSid=CA1&Digits=1"), sms("CallSid=CA1&Digits=2"));
        assert_ne!(one.dedupe_key, other.dedupe_key);
        assert_eq!((one.event_type.as_str(), one.dedupe_key.len()), ("sms.unknown", 64));
    }

    #[test]
    fn a_get_is_read_from_its_query() {
        let url = format!("{URL}?MessageSid=SM1&MessageStatus=sent");
        let mut case = request(&url, &url, "", "", "");
        case.method = "GET";
        assert_eq!(part(&TwilioSms, &case).dedupe_key, "SM1:sent");
        let nothing = request(URL, URL, "", "", "");
        assert_eq!(parts_of(&TwilioSms, &nothing).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn the_url_may_be_signed_in_each_of_its_spellings() {
        for (came, signed_as) in [
            ("https://a.example/x", "https://a.example:443/x"),
            ("http://a.example/x", "http://a.example:80/x"),
            ("https://a.example", "https://a.example:443"),
            ("https://a.example:8443/x?y=1", "https://a.example/x?y=1"),
            ("https://me:word@a.example/x?y=1", "https://me:word@a.example:443/x?y=1"),
            ("https://me:word@a.example:443/x", "https://me:word@a.example/x"),
            ("https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"),
            ("https://[2001:db8::1]:443/x", "https://[2001:db8::1]/x"),
            ("https://a.example/x?b=It's+so", "https://a.example/x?b=It%27s+so"),
            ("https://a.example/x?b=It%27s+so", "https://a.example/x?b=It's+so"),
            ("https://a.example/x?b=It%27s+so", "https://a.example:443/x?b=It's%20so"),
            ("https://a.example/x?b=%e2%82%ac&c", "https://a.example/x?b=%E2%82%AC&c="),
        ] {
            let case = request(signed_as, came, FORM, "MessageSid=SM1", "MessageSid=SM1");
            assert_eq!(refusal(&TwilioSms, &case), None, "{came} {signed_as}");
        }
        for (came, signed_as) in [
            ("https://a.example/x", "http://a.example/x"),
            ("https://a.example/x", "https://a.example:444/x"),
            ("https://a.example/x", "https://a.example/x/"),
            ("https://a.example/x", "https://a.example/X"),
            ("https://a.example/x?a=1&b=2", "https://a.example/x?b=2&a=1"),
        ] {
            let case = request(signed_as, came, FORM, "MessageSid=SM1", "MessageSid=SM1");
            assert_eq!(refusal(&TwilioSms, &case), Some(Reason::SignatureMismatch), "{came} {signed_as}");
        }
    }

    #[test]
    fn every_parameter_is_signed_by_name_and_value_once() {
        let case = request(URL, URL, FORM, "b=2&a=&B=x+y&b=1&b=2", "B=x+y&a=&b=1&b=2");
        assert_eq!(refusal(&TwilioSms, &case), None);
        for changed in ["b=2&a=&B=x+y&b=2", "b=2&a=&B=xy&b=1", "b=2&B=x+y&b=1&c=", "b=2&a=&B=x+y&b=1&c=3"] {
            let case = case.clone().body(changed);
            assert_eq!(refusal(&TwilioSms, &case), Some(Reason::SignatureMismatch), "{changed}");
        }
        let plain = case.clone().header("content-type", "");
        assert_eq!(refusal(&TwilioSms, &plain), None);
    }

    #[test]
    fn a_long_form_is_compared_with_fewer_spellings() {
        let form = |length: usize| format!("a={}", "x".repeat(length - 2));
        let came = "https://a.example/x?b=It's+so";
        for (length, signed_as, is_found) in [
            (MAX_SPELLED_BYTES, "https://a.example/x?b=It%27s+so", true),
            (MAX_SPELLED_BYTES + 1, "https://a.example/x?b=It%27s+so", false),
            (MAX_SPELLED_BYTES + 1, came, true),
            (MAX_SPELLED_BYTES + 1, "https://a.example:443/x?b=It's+so", true),
        ] {
            let case = request(signed_as, came, FORM, &form(length), &form(length));
            assert_eq!(refusal(&TwilioSms, &case).is_none(), is_found, "{length} {signed_as}");
        }
    }

    #[test]
    fn more_parameters_than_a_message_has_are_refused() {
        let form =
            |count: usize| (0..count).map(|number| format!("{number}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(refusal(&TwilioSms, &form_of(&form(form::MAX_PARAMS))), None);
        let more = form_of(&form(form::MAX_PARAMS + 1));
        assert_eq!(refusal(&TwilioSms, &more), Some(Reason::SignatureMalformed));
    }

    #[test]
    fn json_is_covered_by_the_digest_in_its_url() {
        let body = r#"{"id":"EZ1","type":"com.twilio.x","time":"2026-01-05T09:30:00Z"}"#;
        let url = format!("{URL}?bodySHA256={}", data::digest(body.as_bytes()));
        let json = "application/json";
        let case = request(&url, &url, json, body, "");
        let event = part(&TwilioSms, &case);
        assert_eq!(
            (event.event_type.as_str(), event.provider_type.as_str()),
            ("sms.unknown", "com.twilio.x")
        );
        assert_eq!((event.dedupe_key.as_str(), event.raw.get()), ("EZ1", body));
        let mismatch = Some(Reason::SignatureMismatch);
        assert_eq!(refusal(&TwilioSms, &case.clone().body("{}")), mismatch);
        // Neither without a body, nor as a form.
        assert_eq!(refusal(&TwilioSms, &case.clone().body("")), mismatch);
        assert_eq!(refusal(&TwilioSms, &case.header("content-type", FORM).body("")), mismatch);
        assert_eq!(refusal(&TwilioSms, &request(URL, URL, json, body, "")), mismatch);
        assert_eq!(refusal(&TwilioSms, &request(URL, URL, "text/plain", "a=1", "a=1")), mismatch);
    }

    #[test]
    fn an_empty_id_is_no_key() {
        let body = r#"[{"id":"","a":1},{"id":"","a":2}]"#;
        let url = format!("{URL}?bodySHA256={}", data::digest(body.as_bytes()));
        let parts = parts_of(&TwilioSms, &request(&url, &url, "application/json", body, "")).unwrap().parts;
        assert!(parts[0].dedupe_key.len() == 64 && parts[0].dedupe_key != parts[1].dedupe_key);
    }

    #[test]
    fn a_batch_keeps_its_good_events() {
        let body = r#"[{"id":"EZ1"}, 7, {"no":"id"}]"#;
        let url = format!("{URL}?bodySHA256={}", data::digest(body.as_bytes()));
        let case = request(&url, &url, "application/json", body, "");
        let parts = parts_of(&TwilioWhatsapp, &case).unwrap().parts;
        let raw: Vec<_> = parts.iter().map(|part| part.raw.get()).collect();
        assert_eq!(raw, [r#"{"id":"EZ1"}"#, "7", r#"{"no":"id"}"#]);
        assert!(parts.iter().all(|part| part.event_type == "whatsapp.unknown"));
    }

    #[test]
    fn each_secret_is_tried_and_a_bad_signature_refused() {
        let mut case = form_of("MessageSid=SM1");
        case.secrets.insert(0, "a newer token of the account".to_owned());
        assert_eq!(refusal(&TwilioSms, &case), None);
        case.secrets.pop();
        assert_eq!(refusal(&TwilioSms, &case), Some(Reason::SignatureMismatch));
        let bad = case.clone().header(HEADER, "WRONG_SIGNATURE");
        assert_eq!(refusal(&TwilioSms, &bad), Some(Reason::SignatureMalformed));
        case.headers.clear();
        assert_eq!(refusal(&TwilioSms, &case), Some(Reason::SignatureMissing));
    }

    #[test]
    fn the_answer_sends_no_message_back() {
        let answer = TwilioWhatsapp.accepted();
        assert_eq!((answer.status, answer.content_type), (200, Some("text/xml")));
        assert_eq!(answer.body, "<Response></Response>");
    }
}
