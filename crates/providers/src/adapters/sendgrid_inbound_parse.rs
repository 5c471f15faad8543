//! How are the e-mails of SendGrid's Inbound Parse verified and read?
//! As the Event Webhook's events: ECDSA over P-256 with SHA-256, of the time's text and the raw multipart body, where the
//! parse setting has a security policy with a signature; else only the address is secret (`address_only`).
//!
//! A good signature says that SendGrid received the mail, not that its sender is who it says: see `SPF` and `dkim` in `raw`.
//! SendGrid drops a mail at once and tells nobody when the answer is 3xx or 4xx. Sources: SendGrid documentation, "Setting Up
//! The Inbound Parse Webhook", "Securing your Parse Webhooks" and "Inbound Email Parse Webhook".

use std::borrow::Cow;
use std::collections::HashMap;

use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::adapter::{Adapter, Answer, Attachment, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::adapters::sendgrid;
use crate::body::data::Data;
use crate::body::multipart::{self, Field, SampleField};
use crate::body::{data, form};
use crate::request::Request;
use crate::sample::{Draft, Sample};

/// The field that holds the whole mail where the parse setting says "send raw".
const RAW_MAIL: &str = "email";

/// The adapter of Inbound Parse.
#[derive(Debug)]
pub(crate) struct SendgridInboundParse;

impl Adapter for SendgridInboundParse {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        match setup.scheme {
            Scheme::AddressOnly => Ok(Verified::new(request)),
            _ => sendgrid::verify(request, setup).map(|()| Verified::new(request)),
        }
        .into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let fields = multipart::fields(verified.request())?;
        Ok(Split::of(vec![part(&fields)]))
    }

    /// 5xx, which SendGrid repeats for 72 hours: after 4xx the mail is lost. Only what can never be taken is given up.
    fn refused(&self, reason: Reason) -> Answer {
        match reason {
            Reason::BodyTooLarge => Answer::empty(413),
            _ => Answer::empty(503),
        }
    }

    fn attachment(&self, request: &Request<'_>, number: usize) -> Option<Attachment> {
        let fields = multipart::fields(request).ok()?;
        match raw_mail(&fields) {
            Some(mail) => (number == 0)
                .then(|| Attachment { content_type: Some("message/rfc822".to_owned()), ..mail.attachment() }),
            None => multipart::attachment(&fields, number),
        }
    }
}

/// SMTP's sender and recipients, which need not be those of the headers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope {
    to: Vec<String>,
    from: Option<String>,
}

fn part(fields: &[Field]) -> Part {
    let bytes = |name: &str| fields.iter().find(|field| field.name == name).map(|field| &field.bytes[..]);
    let charsets: HashMap<String, String> =
        bytes("charsets").and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
    let texts = fields.iter().filter(|field| !field.is_file());
    let mut texts: Vec<(Cow<'_, str>, Cow<'_, str>)> = texts
        .map(|field| {
            let charset = charsets.get(&field.name).map(String::as_str);
            (Cow::Borrowed(field.name.as_str()), multipart::decode(&field.bytes, charset))
        })
        .collect();
    let text = |name: &str| form::first(&texts, name).filter(|text| !text.is_empty()).map(str::to_owned);
    let headers =
        form::first(&texts, "headers").or_else(|| form::first(&texts, RAW_MAIL)).unwrap_or_default();
    let envelope: Envelope =
        bytes("envelope").and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
    let is_mail = ["headers", "from", "to", "envelope", RAW_MAIL].iter().any(|name| text(name).is_some());
    let recipient = (!envelope.to.is_empty()).then(|| envelope.to.join(", ")).or_else(|| text("to"));
    let members = Data::new()
        .with("message_id", header(headers, "message-id").map(|id| id.trim_matches(['<', '>']).to_owned()))
        .with("recipient", recipient)
        .with("sender", envelope.from.filter(|from| !from.is_empty()).or_else(|| text("from")))
        .with("subject", text("subject").or_else(|| header(headers, "subject")))
        .with("ip", text("sender_ip"))
        .with("attachments", attachments(fields));
    let cut = multipart::shorten(&mut texts);
    Part {
        event_type: if is_mail { "email.received" } else { "email.unknown" }.to_owned(),
        provider_type: "inbound_parse".to_owned(),
        dedupe_key: digest(fields),
        occurred_at: None,
        data: members.with("shortened", (!cut.is_empty()).then_some(cut)).build(),
        raw: form::raw(&texts),
    }
}

fn raw_mail(fields: &[Field]) -> Option<&Field> {
    fields.iter().find(|field| field.name == RAW_MAIL && !field.is_file())
}

/// The files; in the mode that sends the whole mail, that mail, whose text is in `raw`.
fn attachments(fields: &[Field]) -> Option<serde_json::Value> {
    let Some(mail) = raw_mail(fields) else { return multipart::attachments(fields) };
    Some(serde_json::json!([{
        "content_type": "message/rfc822", "size_bytes": mail.bytes.len(), "sha256": data::digest(&mail.bytes),
    }]))
}

/// The digest of all parts. SendGrid gives no id; the Message-ID is the sender's to choose, so that it alone could hide
/// another mail. The boundary between the parts may differ when the mail is sent again.
fn digest(fields: &[Field]) -> String {
    let mut hash = Sha256::new();
    for field in fields {
        for bytes in
            [field.name.as_bytes(), field.filename.as_deref().unwrap_or_default().as_bytes(), &field.bytes]
        {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
    }
    domain::hex::hex(&hash.finalize())
}

/// The first header of this name (in lower case), unfolded (RFC 5322, 2.2.3).
fn header(headers: &str, name: &str) -> Option<String> {
    let mut lines = headers.lines().take_while(|line| !line.is_empty());
    let is_it = |line: &&str| {
        line.split_once(':').is_some_and(|(found, _)| found.trim_end().eq_ignore_ascii_case(name))
    };
    let first = lines.find(is_it)?;
    let mut value = first.split_once(':').map(|(_, value)| value.trim().to_owned())?;
    for more in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(more.trim());
    }
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// A mail with a file.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    const BOUNDARY: &str = "xYzZY";
    let id = draft.id();
    let headers = format!(
        "Received: by mx0001.sendgrid.net with SMTP id {id}\nMessage-ID: <{id}@acme.example>\n\
         From: Ada <ada@acme.example>\nTo: support@example.com\nSubject: Caf\u{e9}\nMIME-Version: 1.0\n"
    );
    let texts: [(&str, &[u8]); 14] = [
        ("headers", headers.as_bytes()),
        ("dkim", b"{@acme.example : pass}"),
        ("to", b"support@example.com"),
        ("from", b"Ada <ada@acme.example>"),
        ("subject", "Caf\u{e9}".as_bytes()),
        ("text", b"The caf\xe9 is closed.\r\n"),
        ("sender_ip", b"192.0.2.25"),
        ("envelope", br#"{"to":["support@example.com"],"from":"ada@acme.example"}"#),
        ("SPF", b"pass"),
        ("spam_score", b"0.1"),
        ("charsets", br#"{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"iso-8859-1"}"#),
        ("attachments", b"1"),
        (
            "attachment-info",
            br#"{"attachment1":{"filename":"menu.txt","name":"menu.txt","charset":"utf-8","type":"text/plain"}}"#,
        ),
        ("content-ids", b"{}"),
    ];
    let mut fields: Vec<SampleField<'_>> =
        texts.into_iter().map(|(name, bytes)| (name, None, bytes)).collect();
    fields.push(("attachment1", Some(("menu.txt", "text/plain")), b"Soup \xff\xfe\r\n"));
    let sample = Sample {
        method: "POST",
        query: String::new(),
        headers: vec![("content-type".to_owned(), format!("multipart/form-data; boundary={BOUNDARY}"))],
        body: multipart::write(BOUNDARY, &fields),
        secret: None,
    }
    .with("user-agent", "Sendlib/1.0");
    if draft.setup.scheme == Scheme::AddressOnly { sample } else { sendgrid::signed(draft, sample) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::SAMPLE_ID;
    use crate::body::testing::{self, Case};
    use domain::source::provider::Provider;
    use serde_json::{Value, json};

    fn case(scheme: Scheme) -> Case {
        Case::sample(Provider::SendgridInboundParse, scheme)
    }

    fn read(fields: &[SampleField<'_>]) -> (Part, Value) {
        let body = multipart::write("b", fields);
        let split = testing::split(&SendgridInboundParse, "multipart/form-data; boundary=b", &body).unwrap();
        let part = split.parts.into_iter().next().unwrap();
        let raw = serde_json::from_str(part.raw.get()).unwrap();
        (part, raw)
    }

    #[test]
    fn a_mail_has_the_names_of_the_channel_and_its_texts_decoded() {
        let case = case(Scheme::EcdsaP256);
        let part = case.split().unwrap().parts.remove(0);
        let file = b"Soup \xff\xfe\r\n";
        let data = json!({
            "message_id": format!("{SAMPLE_ID}@acme.example"), "recipient": "support@example.com",
            "sender": "ada@acme.example", "subject": "Café", "ip": "192.0.2.25",
            "attachments": [{
                "filename": "menu.txt", "content_type": "text/plain", "size_bytes": 9,
                "sha256": data::digest(file), "content": data::base64(file),
            }],
        });
        assert_eq!(Value::Object(part.data), data);
        assert_eq!(
            (part.event_type.as_str(), part.provider_type.as_str()),
            ("email.received", "inbound_parse")
        );
        let raw: Value = serde_json::from_str(part.raw.get()).unwrap();
        assert_eq!(raw["text"], "The café is closed.\r\n");
        assert_eq!(raw["SPF"], "pass");
        assert_eq!(raw.get("attachment1"), None);
        let attachment = SendgridInboundParse.attachment(&case.request(), 0).unwrap();
        assert_eq!(attachment.bytes, file);
        assert_eq!(SendgridInboundParse.attachment(&case.request(), 1), None);
    }

    #[test]
    fn the_scheme_of_the_source_decides_whether_it_must_be_signed() {
        let signed = case(Scheme::EcdsaP256);
        assert_eq!(signed.reason(), None);
        assert_eq!(signed.without(sendgrid::SIGNATURE).reason(), Some(Reason::SignatureMissing));
        let unsigned = case(Scheme::AddressOnly);
        assert!(unsigned.headers.iter().all(|(name, _)| name != sendgrid::SIGNATURE));
        assert_eq!(unsigned.reason(), None);
        let required = Case { scheme: Scheme::EcdsaP256, ..unsigned };
        assert_eq!(required.reason(), Some(Reason::SignatureMissing));
    }

    #[test]
    fn the_whole_mail_may_come_in_one_field() {
        let mail = b"received: from a\r\nMessage-Id:\r\n <a.b@c>\r\nSubject: It\r\n is long\r\n\r\nMessage-ID: <other>\r\n\xff";
        let fields: [SampleField<'_>; 3] = [
            ("email", None, mail),
            ("envelope", None, br#"{"to":["a@b","c@d"],"from":""}"#),
            ("from", None, b"e@f"),
        ];
        let (part, raw) = read(&fields);
        assert_eq!(part.event_type, "email.received");
        assert_eq!(part.data["message_id"], "a.b@c");
        assert_eq!(part.data["subject"], "It is long");
        assert_eq!(part.data["recipient"], "a@b, c@d");
        assert_eq!(part.data["sender"], "e@f");
        assert_eq!(part.data["attachments"][0]["content_type"], "message/rfc822");
        assert_eq!(part.data["attachments"][0]["sha256"], data::digest(mail));
        assert!(raw["email"].as_str().unwrap().ends_with('\u{fffd}'));
        let headers = [("content-type".to_owned(), b"multipart/form-data; boundary=b".to_vec())];
        let body = multipart::write("b", &fields);
        let request = Request { method: "POST", url: "https://example.com/", headers: &headers, body: &body };
        assert_eq!(SendgridInboundParse.attachment(&request, 0).unwrap().bytes, mail);
        assert_eq!(SendgridInboundParse.attachment(&request, 1), None);
    }

    #[test]
    fn the_same_mail_has_the_same_key_whatever_the_boundary() {
        let key = |boundary: &str, id: &str, text: &[u8]| {
            let body = multipart::write(boundary, &[("headers", None, id.as_bytes()), ("text", None, text)]);
            let content_type = format!("multipart/form-data; boundary={boundary}");
            testing::split(&SendgridInboundParse, &content_type, &body).unwrap().parts.remove(0).dedupe_key
        };
        let mail = key("b", "Message-ID: <a>", b"text");
        assert_eq!(mail, key("another", "Message-ID: <a>", b"text"));
        assert_ne!(mail, key("b", "Message-ID: <a>", b"another"), "a Message-ID hides no other mail");
        assert_ne!(mail, key("b", "Message-ID: <b>", b"text"));
        let (one, _) = read(&[("headers", None, b"atextb")]);
        assert_ne!(key("b", "a", b"b"), one.dedupe_key, "where a field ends counts");
    }

    #[test]
    fn only_the_headers_are_searched_for_a_header() {
        assert_eq!(header("Subject: a\r\nMESSAGE-ID : <b>\r\n", "message-id").as_deref(), Some("<b>"));
        for none in
            ["", "Subject: a\r\n\r\nMessage-ID: <of the text>", "X-Message-ID: <c>", "Message-ID:\nTo: d"]
        {
            assert_eq!(header(none, "message-id"), None, "{none:?}");
        }
    }

    #[test]
    fn what_is_strange_is_no_error() {
        let (part, _) =
            read(&[("charsets", None, b"no JSON"), ("envelope", None, b"[1]"), ("text", None, b"a\xff")]);
        assert_eq!(part.event_type, "email.received", "it has an envelope, though nobody can read it");
        let (part, raw) = read(&[("something", None, b"else")]);
        assert_eq!(part.event_type, "email.unknown");
        assert_eq!(raw, json!({ "something": "else" }));
        for body in ["", "no multipart"] {
            let split =
                testing::split(&SendgridInboundParse, "multipart/form-data; boundary=b", body.as_bytes());
            assert_eq!(split.unwrap_err().reason, Reason::BodyMalformed);
        }
    }

    #[test]
    fn a_long_mail_is_shortened() {
        let html = "<p>".repeat(100_000);
        let (part, raw) = read(&[("html", None, html.as_bytes()), ("from", None, b"a@b")]);
        assert_eq!(part.data["shortened"], json!(["html"]));
        assert!(html.starts_with(raw["html"].as_str().unwrap()));
        assert!(part.raw.get().len() < 128 * 1024);
    }

    #[test]
    fn no_refusal_makes_sendgrid_drop_a_mail_that_could_be_taken_later() {
        for reason in [
            Reason::SignatureMissing,
            Reason::SignatureMismatch,
            Reason::TimestampTooOld,
            Reason::BodyMalformed,
        ] {
            assert_eq!(SendgridInboundParse.refused(reason).status, 503, "{reason:?}");
        }
        assert_eq!(SendgridInboundParse.refused(Reason::BodyTooLarge).status, 413);
    }
}
