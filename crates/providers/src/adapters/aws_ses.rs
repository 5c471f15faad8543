//! How are the notifications of Amazon SES verified and read?
//! They come through Amazon SNS, whose signature covers the message, its id, time, type and topic, but not the message's
//! attributes and the headers.
//!
//! The SES event is a text of JSON in the member `Message`: of event publishing (`eventType`), or a notification of an
//! identity or a receipt rule (`notificationType`). Sources: Amazon SES Developer Guide, "Contents of event data that
//! Amazon SES publishes to Amazon SNS" and "Notification contents"; Amazon SNS Developer Guide, "Parsing message formats".

use domain::source::received::Reason;
use domain::timestamp::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use url::Url;

use crate::adapter::{Adapter, Answer, Part, Parts, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::certificate::SampleCertificate;
use crate::signature::sns::{self, Found, Message, Topic};

/// SES sends to 50 recipients a message at most. A list that is longer is not split into an event each.
const MAX_RECIPIENTS: usize = 50;
/// What SES posts when a topic becomes the destination of events: plain text, or a notification of this type.
const DESTINATION_TEXT: &str = "Successfully validated SNS topic";
const DESTINATION_TYPE: &str = "AmazonSnsSubscriptionSucceeded";

/// The adapter of SES.
#[derive(Debug)]
pub(crate) struct AwsSes;

impl Adapter for AwsSes {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        match sns::verify(request, setup) {
            Ok(Found::Verified) => Verdict::Valid(Verified::new(request)),
            Ok(Found::NeedsCertificate(url)) => Verdict::NeedsCertificate(url),
            Err(refusal) if refusal.reason == Reason::CertificateUnavailable => Verdict::Undecided(refusal),
            Err(refusal) => Verdict::Invalid(refusal),
        }
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let body = verified.request().body;
        let message: Message = data::json(body)?;
        match message.kind.as_deref() {
            Some("SubscriptionConfirmation") => {
                let confirm = Some(confirmation(&message)?);
                Ok(Split { confirm, ..Split::default() })
            }
            Some("UnsubscribeConfirmation") => Ok(Split::of(vec![unsubscribed(&message, data::json(body)?)])),
            _ => Parts::of(notification(&message)).map(Split::from),
        }
    }

    /// SNS repeats after 5xx and 429 only.
    fn refused(&self, reason: Reason) -> Answer {
        match reason {
            Reason::TopicNotAllowed => Answer::empty(403),
            Reason::CertificateUnavailable | Reason::ConfirmationFailed => Answer::empty(503),
            _ => Answer::refusing(reason),
        }
    }
}

/// The address that confirms a subscription, with what lets only the AWS account end it.
fn confirmation(message: &Message) -> Result<String, Refusal> {
    let refused =
        || Refusal::malformed("its SubscribeURL is no address of SNS that confirms this subscription");
    let topic = message.topic_arn.as_deref().and_then(Topic::parse).ok_or_else(refused)?;
    let text = message.subscribe_url.as_deref().unwrap_or_default();
    // Both the text and what the parser makes of it: no other client may read another host.
    if !text.starts_with(&format!("https://{}/?", topic.host())) {
        return Err(refused());
    }
    let mut url = Url::parse(text).map_err(|_| refused())?;
    let is_plain = url.scheme() == "https"
        && url.host_str() == Some(topic.host().as_str())
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.fragment().is_none();
    let has = |name: &str, value: &str| {
        let mut values = url.query_pairs().filter(|(found, _)| found == name).map(|(_, value)| value);
        values.next().is_some_and(|found| found == value) && values.next().is_none()
    };
    let is_ours = has("Action", "ConfirmSubscription")
        && has("TopicArn", topic.arn())
        && has("Token", message.token.as_deref().unwrap_or_default());
    if !is_plain || !is_ours {
        return Err(refused());
    }
    const AUTHENTICATE: &str = "AuthenticateOnUnsubscribe";
    if !has(AUTHENTICATE, "true") {
        let pairs: Vec<_> = url.query_pairs().filter(|(name, _)| name != AUTHENTICATE).collect();
        let pairs: Vec<_> =
            pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(AUTHENTICATE, "true");
    }
    Ok(url.into())
}

/// The subscription was ended. Its SubscribeURL, which would start it again, is left to the owner.
fn unsubscribed(message: &Message, raw: Box<RawValue>) -> Part {
    let data = Data::new()
        .with("id", message.id.clone())
        .with("topic_arn", message.topic_arn.clone())
        .with("reason", message.text.clone())
        .build();
    Part {
        event_type: "sns.unsubscribed".to_owned(),
        provider_type: "UnsubscribeConfirmation".to_owned(),
        dedupe_key: message.id.clone().unwrap_or_default(),
        occurred_at: message.timestamp.as_deref().and_then(data::rfc3339),
        data,
        raw,
    }
}

fn notification(message: &Message) -> Vec<Part> {
    let text = message.text.as_deref().unwrap_or_default();
    let event: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
    let Some(event) = event else {
        if text.starts_with(DESTINATION_TEXT) {
            return Vec::new();
        }
        let part = Details { event_type: "email.unknown", ..Details::default() };
        return vec![part.into_part(message, &Value::Null, "unknown".to_owned(), None)];
    };
    let kind = text_at(&event, "/eventType").or_else(|| text_at(&event, "/notificationType"));
    let kind = kind.unwrap_or_else(|| "unknown".to_owned());
    if kind == DESTINATION_TYPE {
        return Vec::new();
    }
    let mut details = details(&kind, &event);
    if details.len() == 1 {
        details.drain(..).map(|one| one.into_part(message, &event, kind.clone(), None)).collect()
    } else {
        let numbered = details.drain(..).enumerate();
        numbered.map(|(index, one)| one.into_part(message, &event, kind.clone(), Some(index))).collect()
    }
}

/// What differs between the kinds of events.
#[derive(Debug, Default)]
struct Details {
    event_type: &'static str,
    recipient: Option<String>,
    bounce_class: Option<&'static str>,
    reason: Option<String>,
    code: Option<String>,
    url: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    at: Option<String>,
}

/// One for each recipient that the event is about.
fn details(kind: &str, event: &Value) -> Vec<Details> {
    let at = |pointer: &str| text_at(event, pointer);
    let of = |event_type| Details { event_type, ..Details::default() };
    match kind {
        "Send" => vec![Details { at: at("/mail/timestamp"), ..of("email.sent") }],
        "Delivery" => each(event, "/delivery/recipients", |_| Details {
            reason: at("/delivery/smtpResponse"),
            at: at("/delivery/timestamp"),
            ..of("email.delivered")
        }),
        "Bounce" => each(event, "/bounce/bouncedRecipients", |recipient| Details {
            bounce_class: match event.pointer("/bounce/bounceType").and_then(Value::as_str) {
                Some("Permanent") => Some("hard"),
                Some("Transient") => Some("soft"),
                _ => None,
            },
            reason: text_at(recipient, "/diagnosticCode").or_else(|| at("/bounce/bounceSubType")),
            code: text_at(recipient, "/status"),
            at: at("/bounce/timestamp"),
            ..of("email.bounced")
        }),
        "Complaint" => each(event, "/complaint/complainedRecipients", |_| Details {
            reason: at("/complaint/complaintFeedbackType"),
            at: at("/complaint/timestamp"),
            ..of("email.complained")
        }),
        "DeliveryDelay" => each(event, "/deliveryDelay/delayedRecipients", |recipient| Details {
            reason: text_at(recipient, "/diagnosticCode").or_else(|| at("/deliveryDelay/delayType")),
            code: text_at(recipient, "/status"),
            at: at("/deliveryDelay/timestamp"),
            ..of("email.deferred")
        }),
        "Reject" => vec![Details { reason: at("/reject/reason"), ..of("email.rejected") }],
        "Rendering Failure" => vec![Details { reason: at("/failure/errorMessage"), ..of("email.failed") }],
        "Open" | "Click" => vec![engagement(kind, event)],
        "Subscription" => vec![Details { at: at("/subscription/timestamp"), ..of(subscription(event)) }],
        "Received" => vec![Details {
            recipient: joined(event.pointer("/receipt/recipients")),
            at: at("/receipt/timestamp"),
            ..of("email.received")
        }],
        _ => vec![of("email.unknown")],
    }
}

fn engagement(kind: &str, event: &Value) -> Details {
    let (event_type, member) =
        if kind == "Open" { ("email.opened", "open") } else { ("email.clicked", "click") };
    let at = |name: &str| text_at(event, &format!("/{member}/{name}"));
    Details {
        event_type,
        url: at("link"),
        ip: at("ipAddress"),
        user_agent: at("userAgent"),
        at: at("timestamp"),
        ..Details::default()
    }
}

/// A recipient changed what they want. It is a return only if nothing is declined any more.
fn subscription(event: &Value) -> &'static str {
    let Some(new) = event.pointer("/subscription/newTopicPreferences") else { return "email.unsubscribed" };
    let topics = new.get("topicSubscriptionStatus").and_then(Value::as_array);
    let opted_out = |topic: &Value| topic.get("subscriptionStatus").and_then(Value::as_str) == Some("OptOut");
    let declines = new.get("unsubscribeAll").and_then(Value::as_bool).unwrap_or(true)
        || topics.is_some_and(|topics| topics.iter().any(opted_out));
    if declines { "email.unsubscribed" } else { "email.resubscribed" }
}

/// The details for each recipient of a list: addresses, or objects with an `emailAddress`. One without a recipient if there
/// is no list.
fn each(event: &Value, list: &str, details: impl Fn(&Value) -> Details) -> Vec<Details> {
    let recipients = event.pointer(list).and_then(Value::as_array);
    match recipients {
        Some(recipients) if (1..=MAX_RECIPIENTS).contains(&recipients.len()) => recipients
            .iter()
            .map(|recipient| Details { recipient: address(recipient), ..details(recipient) })
            .collect(),
        _ => vec![details(&Value::Null)],
    }
}

fn address(recipient: &Value) -> Option<String> {
    text_at(recipient, "").or_else(|| text_at(recipient, "/emailAddress"))
}

fn joined(list: Option<&Value>) -> Option<String> {
    let texts: Vec<&str> = list?.as_array()?.iter().filter_map(Value::as_str).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

impl Details {
    fn into_part(self, message: &Message, event: &Value, kind: String, index: Option<usize>) -> Part {
        let text = message.text.as_deref().unwrap_or_default();
        let when = |text: &str| data::rfc3339(text);
        let mail_at = || text_at(event, "/mail/timestamp").as_deref().and_then(when);
        let occurred_at: Option<Timestamp> = self.at.as_deref().and_then(when);
        let sent_at = || message.timestamp.as_deref().and_then(when);
        let subject = text_at(event, "/mail/commonHeaders/subject");
        let data = Data::new()
            .with("message_id", text_at(event, "/mail/messageId"))
            .with("recipient", self.recipient.or_else(|| joined(event.pointer("/mail/destination"))))
            .with("sender", text_at(event, "/mail/source"))
            .with("subject", subject)
            .with("bounce_class", self.bounce_class)
            .with("reason", self.reason)
            .with("code", self.code)
            .with("url", self.url)
            .with("ip", self.ip)
            .with("user_agent", self.user_agent)
            .with("topic_arn", message.topic_arn.clone())
            .build();
        let id = message.id.as_deref().unwrap_or_default();
        Part {
            event_type: self.event_type.to_owned(),
            provider_type: kind,
            dedupe_key: index.map_or_else(|| id.to_owned(), |index| format!("{id}:{index}")),
            occurred_at: occurred_at.or_else(mail_at).or_else(sent_at),
            data,
            // The event as SES wrote it; what is no JSON, as a text.
            raw: RawValue::from_string(text.to_owned()).unwrap_or_else(|_| data::raw(&text)),
        }
    }
}

/// A bounced mail. Only SNS has the key that SNS signs with: the sample brings another, and its certificate.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let listed = draft.setup.options.topic_arns.first().map(String::as_str);
    let topic = listed.and_then(Topic::parse).or_else(|| Topic::parse(SAMPLE_TOPIC));
    let Some((topic, certificate)) =
        topic.and_then(|topic| Some((topic, SampleCertificate::new(&topic.certificate_name(), draft.now)?)))
    else {
        return Sample::json("{}");
    };
    let id = draft.id();
    let now = jiff::Timestamp::from_millisecond(draft.now.as_millis()).unwrap_or_default();
    let now = format!("{now:.3}");
    let url = format!("https://{}/SimpleNotificationService-{id}.pem", topic.host());
    let message = Message {
        kind: Some("Notification".to_owned()),
        id: Some(id.clone()),
        topic_arn: Some(topic.arn().to_owned()),
        subject: Some("Amazon SES Email Event Notification".to_owned()),
        text: Some(format!("{}\n", bounce(&id, &now))),
        timestamp: Some(now),
        token: None,
        subscribe_url: None,
        version: Some("2".to_owned()),
        signature: None,
        certificate_url: Some(url.clone()),
    };
    let signed = message.signed_text().unwrap_or_default();
    let signature = certificate.sign(signed.as_bytes()).unwrap_or_default();
    let unsubscribe =
        format!("https://{}/?Action=Unsubscribe&SubscriptionArn={}:{id}", topic.host(), topic.arn());
    let body = json!({
        "Type": message.kind, "MessageId": message.id, "TopicArn": topic.arn(), "Subject": message.subject,
        "Message": message.text, "Timestamp": message.timestamp, "SignatureVersion": message.version,
        "Signature": data::base64(&signature), "SigningCertURL": url, "UnsubscribeURL": unsubscribe,
    });
    Sample {
        method: "POST",
        query: String::new(),
        headers: vec![("content-type".to_owned(), "text/plain; charset=UTF-8".to_owned())],
        body: body.to_string().into_bytes(),
        secret: Some(format!("{url}\n{}", certificate.pem)),
    }
    .with("x-amz-sns-message-type", "Notification")
    .with("x-amz-sns-message-id", id)
    .with("x-amz-sns-topic-arn", topic.arn())
    .with("user-agent", "Amazon Simple Notification Service Agent")
}

const SAMPLE_TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:ses-events";

fn bounce(id: &str, now: &str) -> Value {
    json!({
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent", "bounceSubType": "General",
            "bouncedRecipients": [{
                "emailAddress": "nobody@acme.example", "action": "failed", "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }],
            "timestamp": now, "feedbackId": format!("{id}-000000"), "reportingMTA": "dsn; a1-2.smtp-out.amazonses.com",
        },
        "mail": {
            "timestamp": now, "source": "billing@example.com", "sendingAccountId": "123456789012",
            "messageId": format!("{id}-000000"), "destination": ["nobody@acme.example"],
            "headersTruncated": false,
            "commonHeaders": {
                "from": ["billing@example.com"], "to": ["nobody@acme.example"], "subject": "Your invoice 1003",
            },
            "tags": { "ses:configuration-set": ["events"] },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Certificate;
    use crate::body::testing::{self, Case};
    use domain::source::options::SourceOptions;
    use domain::source::provider::Provider;
    use domain::source::scheme::Scheme;
    use std::time::Duration;

    const TOPIC: &str = "arn:aws:sns:eu-south-1:123456789012:ses-events";
    const HOST: &str = "sns.eu-south-1.amazonaws.com";

    fn options(topics: &[&str]) -> SourceOptions {
        SourceOptions {
            topic_arns: topics.iter().map(|&topic| topic.to_owned()).collect(),
            ..SourceOptions::default()
        }
    }

    /// In a region whose certificate has the region's name.
    fn case() -> Case {
        Case::sample_with(Provider::AwsSes, Scheme::Sns, &[], options(&[TOPIC]))
    }

    impl Case {
        fn change(&self, change: impl Fn(&mut Value)) -> Self {
            let mut message: Value = serde_json::from_slice(&self.body).unwrap();
            change(&mut message);
            Self { body: message.to_string().into_bytes(), ..self.clone() }
        }
    }

    #[test]
    fn the_certificate_of_a_sample_is_for_its_address_only() {
        let good = case();
        assert_eq!(good.reason(), None);
        let (url, pem) = good.secrets[0].split_once('\n').unwrap();
        let spaced = Case { secrets: vec!["a secret".to_owned(), format!("{url} {pem}")], ..good.clone() };
        assert_eq!(spaced.reason(), None, "a space may stand before the certificate");
        for secrets in [Vec::new(), vec![String::new()], vec![format!("{url}a\n{pem}")], vec![pem.to_owned()]]
        {
            let bare = Case { secrets, ..good.clone() };
            let Verdict::NeedsCertificate(needed) = bare.verdict() else { panic!("{:?}", bare.verdict()) };
            assert_eq!(needed, url);
            let with = |url, pem| {
                let setup = Setup { certificate: Some(Certificate { url, pem }), ..bare.setup() };
                AwsSes.verify(&bare.request(), &setup)
            };
            assert!(matches!(with(url, pem), Verdict::Valid(_)));
            assert!(matches!(with("https://sns.example/a.pem", pem), Verdict::NeedsCertificate(_)));
            // A page of an error says nothing about the message, which comes again.
            let Verdict::Undecided(refusal) = with(url, "<html>") else { panic!() };
            assert_eq!(refusal.reason, Reason::CertificateUnavailable);
        }
    }

    #[test]
    fn a_certificate_for_another_name_is_refused() {
        let good = case();
        let url = good.secrets[0].split_once('\n').unwrap().0;
        for name in ["sns.amazonaws.com", "sns.eu-south-1.amazonaws.com", "evil.example"] {
            let pem = SampleCertificate::new(name, good.now).unwrap().pem;
            let other = Case { secrets: vec![format!("{url}\n{pem}")], ..good.clone() };
            assert_eq!(other.reason(), Some(Reason::CertificateRefused), "{name}");
            let both =
                Case { secrets: vec![other.secrets[0].clone(), good.secrets[0].clone()], ..good.clone() };
            assert_eq!(both.reason(), None, "each secret is tried");
        }
        let expired = Case { now: good.now.plus(Duration::from_secs(3 * 24 * 3600)), ..good };
        assert_eq!(expired.reason(), Some(Reason::CertificateRefused));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_reason() {
        let good = case();
        let set = |name: &'static str, value: Value| good.change(|message| message[name] = value.clone());
        for (case, reason) in [
            (set("Message", json!("another")), Reason::SignatureMismatch),
            (set("Timestamp", json!("2026-09-21T00:00:00.000Z")), Reason::SignatureMismatch),
            (set("Subject", Value::Null), Reason::SignatureMismatch),
            (set("Signature", Value::Null), Reason::SignatureMissing),
            (set("Signature", json!("no base64")), Reason::SignatureMalformed),
            (set("SignatureVersion", json!("1")), Reason::SignatureMismatch),
            (set("SignatureVersion", json!("3")), Reason::SignatureMalformed),
            (set("SignatureVersion", json!(2)), Reason::SignatureMissing),
            (set("Type", json!("Other")), Reason::SignatureMalformed),
            (set("MessageId", Value::Null), Reason::SignatureMalformed),
            (set("SigningCertURL", json!("https://localhost:56789/cert.pem")), Reason::CertificateUrlRefused),
            (set("SigningCertURL", Value::Null), Reason::CertificateUrlRefused),
            (set("TopicArn", json!("arn:aws:sns:eu-south-1:999999999999:theirs")), Reason::TopicNotAllowed),
            (good.with("x-amz-sns-rawdelivery", "true"), Reason::RawDelivery),
            (Case { body: b"text".to_vec(), ..good.clone() }, Reason::SignatureMissing),
            (Case { now: good.now.plus(Duration::from_secs(3602)), ..good.clone() }, Reason::TimestampTooOld),
        ] {
            assert_eq!(case.reason(), Some(reason), "{}", String::from_utf8_lossy(&case.body));
        }
        let order = good.change(|message| {
            let members = std::mem::take(message.as_object_mut().unwrap());
            *message = members.into_iter().rev().collect();
        });
        assert_eq!(order.reason(), None, "members may be in any order");
    }

    #[test]
    fn without_a_list_every_topic_is_refused_and_named() {
        let unlisted = Case { options: options(&[]), ..case() };
        let refusal = unlisted.refusal().unwrap();
        assert_eq!(refusal.reason, Reason::TopicNotAllowed);
        assert!(refusal.detail.contains(TOPIC), "{}", refusal.detail);
        // Who is refused for it cannot make us fetch a certificate.
        assert_eq!(Case { secrets: Vec::new(), ..unlisted }.reason(), Some(Reason::TopicNotAllowed));
    }

    #[test]
    fn a_source_may_demand_sha_256() {
        let mut strict = case();
        strict.options.require_signature_v2 = true;
        assert_eq!(strict.reason(), None);
        let old = strict.change(|message| message["SignatureVersion"] = json!("1"));
        assert_eq!(old.reason(), Some(Reason::SignatureMalformed));
    }

    fn split(message: &Value) -> Result<Split, Refusal> {
        testing::split(&AwsSes, "text/plain", message.to_string().as_bytes())
    }

    fn subscription(url: &str) -> Result<Split, Refusal> {
        split(
            &json!({ "Type": "SubscriptionConfirmation", "TopicArn": TOPIC, "Token": "t0k", "SubscribeURL": url }),
        )
    }

    #[test]
    fn only_a_subscription_at_sns_is_confirmed() {
        let good = format!("https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t0k");
        let split = subscription(&good).unwrap();
        assert!(split.parts.is_empty());
        assert_eq!(
            split.confirm.unwrap(),
            format!("{good}&AuthenticateOnUnsubscribe=true").replace(':', "%3A").replacen("%3A", ":", 1)
        );
        for (given, count) in [
            (format!("{good}&AuthenticateOnUnsubscribe=true"), 1),
            (format!("{good}&AuthenticateOnUnsubscribe=false"), 1),
        ] {
            let confirm = subscription(&given).unwrap().confirm.unwrap();
            assert_eq!(confirm.matches("AuthenticateOnUnsubscribe=true").count(), count, "{confirm}");
            assert!(!confirm.contains("false"));
        }
        for bad in [
            good.replace("https", "http"),
            good.replace(HOST, "evil.example"),
            good.replace(HOST, "sns.us-east-1.amazonaws.com"),
            good.replace(HOST, &format!("{HOST}:8443")),
            good.replace(HOST, &format!("{HOST}@evil.example")),
            good.replace("/?", "/a?"),
            good.replace("ConfirmSubscription", "Unsubscribe"),
            good.replace("ses-events", "others"),
            good.replace("t0k", "other"),
            format!("{good}&Action=Publish"),
            format!("{good}#a"),
            String::new(),
        ] {
            assert_eq!(subscription(&bad).unwrap_err().reason, Reason::BodyMalformed, "{bad}");
        }
    }

    #[test]
    fn the_end_of_a_subscription_is_an_event_and_nothing_is_called() {
        let message = json!({
            "Type": "UnsubscribeConfirmation", "MessageId": "id", "TopicArn": TOPIC, "Token": "t0k", "Message": "You have",
            "SubscribeURL": format!("https://{HOST}/?Action=ConfirmSubscription"), "Timestamp": "2026-03-06T19:55:38.903Z",
        });
        let split = split(&message).unwrap();
        assert_eq!(split.confirm, None);
        let part = &split.parts[0];
        assert_eq!((part.event_type.as_str(), part.dedupe_key.as_str()), ("sns.unsubscribed", "id"));
        assert_eq!(part.data["topic_arn"], TOPIC);
        assert_eq!(part.raw.get(), message.to_string());
    }

    fn notification(text: &str) -> Vec<Part> {
        let message = json!({
            "Type": "Notification", "MessageId": "id", "TopicArn": TOPIC, "Message": text,
            "Timestamp": "2026-03-06T19:55:38.903Z",
        });
        split(&message).unwrap().parts
    }

    #[test]
    fn each_word_has_its_type() {
        for (word, expected) in [
            ("Send", "email.sent"),
            ("Delivery", "email.delivered"),
            ("Bounce", "email.bounced"),
            ("Complaint", "email.complained"),
            ("Reject", "email.rejected"),
            ("Open", "email.opened"),
            ("Click", "email.clicked"),
            ("Rendering Failure", "email.failed"),
            ("DeliveryDelay", "email.deferred"),
            ("Subscription", "email.unsubscribed"),
            ("Received", "email.received"),
            ("SomethingNew", "email.unknown"),
        ] {
            for member in ["eventType", "notificationType"] {
                let parts = notification(&json!({ member: word }).to_string());
                assert_eq!(parts.len(), 1);
                let part = &parts[0];
                assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), (expected, word));
                assert_eq!(part.dedupe_key, "id");
            }
        }
        for (kind, class) in
            [("Permanent", Some("hard")), ("Transient", Some("soft")), ("Undetermined", None)]
        {
            let part = &notification(
                &json!({ "eventType": "Bounce", "bounce": { "bounceType": kind } }).to_string(),
            )[0];
            assert_eq!(part.data.get("bounce_class").and_then(Value::as_str), class);
        }
        let back = json!({ "eventType": "Subscription", "subscription": { "newTopicPreferences": {
            "unsubscribeAll": false, "topicSubscriptionStatus": [{ "topicName": "a", "subscriptionStatus": "OptIn" }],
        } } });
        assert_eq!(notification(&back.to_string())[0].event_type, "email.resubscribed");
        let away = back.to_string().replace("OptIn", "OptOut");
        assert_eq!(notification(&away)[0].event_type, "email.unsubscribed");
    }

    #[test]
    fn each_recipient_has_an_event() {
        let text = json!({
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": "Transient", "bounceSubType": "MailboxFull", "timestamp": "2017-08-05T00:41:02.669Z",
                "bouncedRecipients": [{ "emailAddress": "a@b", "status": "4.2.2", "diagnosticCode": "full" }, 7, { "emailAddress": "c@d" }],
            },
            "mail": { "messageId": "ses", "source": "e@f", "destination": ["a@b", "c@d"], "commonHeaders": { "subject": "It" } },
        });
        let text = format!("{text}\n");
        let parts = notification(&text);
        let keys: Vec<_> = parts.iter().map(|part| part.dedupe_key.as_str()).collect();
        assert_eq!(keys, ["id:0", "id:1", "id:2"]);
        let data = json!({
            "message_id": "ses", "recipient": "a@b", "sender": "e@f", "subject": "It", "bounce_class": "soft",
            "reason": "full", "code": "4.2.2", "topic_arn": TOPIC,
        });
        assert_eq!(Value::Object(parts[0].data.clone()), data);
        assert_eq!(
            (&parts[2].data["recipient"], &parts[2].data["reason"]),
            (&json!("c@d"), &json!("MailboxFull"))
        );
        assert_eq!(parts[0].occurred_at, data::rfc3339("2017-08-05T00:41:02.669Z"));
        assert_eq!(parts[0].raw.get(), text.trim_end(), "byte for byte");
        let delivered = |recipients: usize| {
            let recipients: Vec<_> = (0..recipients).map(|number| format!("{number}@b")).collect();
            notification(
                &json!({ "eventType": "Delivery", "delivery": { "recipients": recipients } }).to_string(),
            )
        };
        assert_eq!(delivered(2)[1].data["recipient"], "1@b");
        assert_eq!((delivered(50).len(), delivered(51).len()), (50, 1));
    }

    #[test]
    fn an_opening_says_where_it_was() {
        let text = json!({
            "eventType": "Click",
            "click": { "ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0", "link": "https://a.example", "timestamp": "2017-08-09T23:51:25.570Z" },
            "mail": { "messageId": "ses", "destination": ["a@b"] },
        });
        let part = &notification(&text.to_string())[0];
        let data = json!({
            "message_id": "ses", "recipient": "a@b", "url": "https://a.example", "ip": "192.0.2.1",
            "user_agent": "Mozilla/5.0", "topic_arn": TOPIC,
        });
        assert_eq!(Value::Object(part.data.clone()), data);
    }

    #[test]
    fn what_ses_says_about_the_topic_is_no_event_and_other_texts_are_unknown() {
        let first = "Successfully validated SNS topic for Amazon SES event publishing.";
        assert!(notification(first).is_empty());
        assert!(
            notification(&json!({ "notificationType": "AmazonSnsSubscriptionSucceeded" }).to_string())
                .is_empty()
        );
        for (text, raw) in
            [("Hello \"you\"", r#""Hello \"you\"""#), ("[1, 2]", "[1, 2]"), ("", r#""""#), ("{}", "{}")]
        {
            let part = &notification(text)[0];
            assert_eq!((part.event_type.as_str(), part.raw.get()), ("email.unknown", raw));
        }
    }

    #[test]
    fn what_could_not_be_decided_is_repeated() {
        for (reason, status) in [
            (Reason::CertificateUnavailable, 503),
            (Reason::ConfirmationFailed, 503),
            (Reason::SignatureMismatch, 401),
            (Reason::TopicNotAllowed, 403),
            (Reason::BodyMalformed, 400),
            (Reason::BodyTooLarge, 413),
        ] {
            assert_eq!(AwsSes.refused(reason).status, status, "{reason:?}");
        }
    }
}
