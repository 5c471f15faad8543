//! Does this message come from Amazon SNS, and from a topic that its receiver expects?
//! RSA PKCS#1 v1.5 over `Key\nValue\n` of the message's fields in the order of their names; `SignatureVersion` 1 is SHA-1
//! and 2 is SHA-256. The key is in the certificate at `SigningCertURL`.
//!
//! Signatures prove only that SNS sent it: anybody can subscribe any address to a topic of theirs. So the topic must be in
//! the source's list, and only its region's host is asked for certificates. Sources: Amazon SNS Developer Guide, "Verifying
//! the signatures of Amazon SNS messages"; AWS SDK for Java 2, `sns-message-manager` (names of certificates).

use domain::source::received::Reason;
use domain::source::topic::TopicArn;
use serde::Deserialize;

use crate::adapter::{Refusal, Setup};
use crate::body::data;
use crate::request::Request;
use crate::signature::certificate::{RsaHash, RsaKey};
use crate::signature::mac;

/// A message as SNS posts it. Other members are not signed and not read.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "Type")]
    pub(crate) kind: Option<String>,
    #[serde(rename = "MessageId")]
    pub(crate) id: Option<String>,
    #[serde(rename = "TopicArn")]
    pub(crate) topic_arn: Option<String>,
    #[serde(rename = "Subject")]
    pub(crate) subject: Option<String>,
    #[serde(rename = "Message")]
    pub(crate) text: Option<String>,
    #[serde(rename = "Timestamp")]
    pub(crate) timestamp: Option<String>,
    #[serde(rename = "Token")]
    pub(crate) token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    pub(crate) subscribe_url: Option<String>,
    #[serde(rename = "SignatureVersion")]
    pub(crate) version: Option<String>,
    #[serde(rename = "Signature")]
    pub(crate) signature: Option<String>,
    #[serde(rename = "SigningCertURL")]
    pub(crate) certificate_url: Option<String>,
}

/// What was found about a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Verified,
    /// The certificate at this address is needed.
    NeedsCertificate(String),
}

/// Verifies a message.
///
/// The topic is compared before the certificate is asked for: who does not know a listed topic cannot make us fetch
/// anything.
///
/// # Errors
/// [`Refusal`] with any reason that a message of SNS can be refused for; with [`Reason::CertificateUnavailable`] it could
/// not be judged.
pub(crate) fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<Found, Refusal> {
    let is_raw = |value: &str| value.eq_ignore_ascii_case("true");
    if request.header("x-amz-sns-rawdelivery").is_some_and(is_raw) {
        let detail =
            "it came by raw message delivery, which has no signature; switch that off in the subscription";
        return Err(Refusal::new(Reason::RawDelivery, detail));
    }
    let no_message =
        |_| Refusal::new(Reason::SignatureMissing, "it is no SNS message, which is JSON with a `Signature`");
    let message: Message = data::json(request.body).map_err(no_message)?;
    let signature = message.signature.as_deref().ok_or_else(|| Refusal::missing("Signature"))?;
    let signature = mac::from_base64(signature)?;
    let hash = hash(&message, setup)?;
    let signed = message.signed_text()?;
    let topic = Topic::listed(message.topic_arn.as_deref().unwrap_or_default(), &setup.options.topic_arns)?;
    let url = message.certificate_url.as_deref().unwrap_or_default();
    if !topic.is_certificate_url(url) {
        let detail = format!("its SigningCertURL is not that of a certificate at {}", topic.host());
        return Err(Refusal::new(Reason::CertificateUrlRefused, detail));
    }
    let mut found = None;
    for pem in certificates(setup, url) {
        let verified = RsaKey::of(pem, &topic.certificate_name(), setup.now)
            .and_then(|key| key.require_match(hash, signed.as_bytes(), &signature));
        found = Some(verified);
        if matches!(found, Some(Ok(()))) {
            break;
        }
    }
    let Some(verified) = found else { return Ok(Found::NeedsCertificate(url.to_owned())) };
    verified?;
    let time = message.timestamp.as_deref().and_then(data::rfc3339);
    let time =
        time.ok_or_else(|| Refusal::new(Reason::TimestampMissing, "its `Timestamp` cannot be read"))?;
    setup.check_time(time)?;
    Ok(Found::Verified)
}

fn hash(message: &Message, setup: &Setup<'_>) -> Result<RsaHash, Refusal> {
    let malformed = |detail| Err(Refusal::new(Reason::SignatureMalformed, detail));
    match message.version.as_deref() {
        Some("1") if setup.options.require_signature_v2 => malformed(
            "its SignatureVersion is 1 (SHA-1), but this source takes only 2; set the topic's SignatureVersion to 2",
        ),
        Some("1") => Ok(RsaHash::Sha1),
        Some("2") => Ok(RsaHash::Sha256),
        _ => malformed("its SignatureVersion is neither 1 nor 2"),
    }
}

/// The certificates from this address: those of samples, which are among the secrets as address and PEM, and the fetched
/// one.
fn certificates<'a>(setup: &'a Setup<'_>, url: &'a str) -> impl Iterator<Item = &'a str> {
    let samples = setup.secrets.iter().filter_map(move |secret| {
        let (of, pem) = secret.split_once(char::is_whitespace)?;
        (of == url).then_some(pem)
    });
    let fetched = setup.certificate.iter().filter(move |certificate| certificate.url == url);
    samples.chain(fetched.map(|certificate| certificate.pem))
}

impl Message {
    /// The text that is signed.
    ///
    /// # Errors
    /// [`Reason::SignatureMalformed`] when a signed member is missing.
    pub(crate) fn signed_text(&self) -> Result<String, Refusal> {
        let Self { kind, id, topic_arn, subject, text, timestamp, token, subscribe_url, .. } = self;
        let mut signed = String::with_capacity(text.as_ref().map_or(0, String::len) + 512);
        let mut add = |name: &str, value: &Option<String>| {
            let missing =
                || Refusal::new(Reason::SignatureMalformed, format!("it has no `{name}`, which SNS signs"));
            let value = value.as_ref().ok_or_else(missing)?;
            for part in [name, "\n", value.as_str(), "\n"] {
                signed.push_str(part);
            }
            Ok(())
        };
        let is_confirmation = match kind.as_deref() {
            Some("Notification") => false,
            Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => true,
            _ => return Err(Refusal::new(Reason::SignatureMalformed, "its `Type` is not one of SNS")),
        };
        add("Message", text)?;
        add("MessageId", id)?;
        if is_confirmation {
            add("SubscribeURL", subscribe_url)?;
        } else if subject.is_some() {
            add("Subject", subject)?;
        }
        add("Timestamp", timestamp)?;
        if is_confirmation {
            add("Token", token)?;
        }
        add("TopicArn", topic_arn)?;
        add("Type", kind)?;
        Ok(signed)
    }
}

/// A topic, and where SNS is in its region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Topic<'a>(TopicArn<'a>);

impl<'a> Topic<'a> {
    /// Reads an ARN.
    pub(crate) fn parse(arn: &'a str) -> Option<Self> {
        TopicArn::parse(arn).map(Self)
    }

    /// Its ARN.
    pub(crate) fn arn(self) -> &'a str {
        self.0.as_str()
    }

    /// A topic of the list.
    ///
    /// # Errors
    /// [`Reason::TopicNotAllowed`], with the ARN so that its owner can add it.
    fn listed(arn: &'a str, list: &[String]) -> Result<Self, Refusal> {
        let refused = |detail| Refusal::new(Reason::TopicNotAllowed, detail);
        let topic =
            Self::parse(arn).ok_or_else(|| refused("its `TopicArn` is no ARN of a topic".to_owned()))?;
        if list.iter().any(|listed| listed == arn) {
            return Ok(topic);
        }
        // The advice comes first: a long detail is cut at its end.
        Err(refused(format!(
            "its topic is not in options.topic_arns; if it is yours, add it and replay the request: {arn}"
        )))
    }

    /// The host of SNS in the topic's region.
    pub(crate) fn host(self) -> String {
        format!("sns.{}.{}", self.0.region(), self.domain())
    }

    fn domain(self) -> &'static str {
        match self.0.region() {
            region if region.starts_with("cn-") => "amazonaws.com.cn",
            region if region.starts_with("eusc-") => "amazonaws.eu",
            region if region.starts_with("us-iso-") => "c2s.ic.gov",
            region if region.starts_with("us-isob-") => "sc2s.sgov.gov",
            _ => "amazonaws.com",
        }
    }

    /// The name that the certificate of the region is for. The regions that an account must opt in to have one of their
    /// own.
    pub(crate) fn certificate_name(self) -> String {
        const OPT_IN: [&str; 17] = [
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-south-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-west-1",
            "eu-central-2",
            "eu-south-1",
            "eu-south-2",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
        ];
        let region = self.0.region();
        match region {
            _ if region.starts_with("us-gov-") => "sns-us-gov-west-1.amazonaws.com".to_owned(),
            _ if region.starts_with("cn-") => format!("sns-{region}.{}", self.domain()),
            _ if region.starts_with("eusc-") || OPT_IN.contains(&region) => {
                format!("sns-signing.{region}.{}", self.domain())
            }
            _ => format!("sns.{}", self.domain()),
        }
    }

    /// Whether this is exactly the address of a certificate of SNS in the topic's region. Compared as text: an address that
    /// two parsers may read differently is no such address.
    fn is_certificate_url(self, url: &str) -> bool {
        let name = url.strip_prefix(&format!("https://{}/SimpleNotificationService-", self.host()));
        let digits = name.and_then(|name| name.strip_suffix(".pem")).unwrap_or_default();
        digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "0123456789abcdef0123456789abcdef";

    fn topic(region: &str) -> String {
        let partition = match region {
            _ if region.starts_with("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ if region.starts_with("eusc-") => "aws-eusc",
            _ => "aws",
        };
        format!("arn:{partition}:sns:{region}:123456789012:ses-events")
    }

    #[test]
    fn only_the_exact_address_at_the_topic_s_region_is_a_certificate_s() {
        let arn = topic("eu-central-1");
        let topic = Topic::parse(&arn).unwrap();
        let host = "sns.eu-central-1.amazonaws.com";
        let path = format!("/SimpleNotificationService-{DIGITS}.pem");
        assert!(topic.is_certificate_url(&format!("https://{host}{path}")));
        for bad in [
            format!("http://{host}{path}"),
            format!("https://{host}:443{path}"),
            format!("https://{host}:8443{path}"),
            format!("https://{host}.{path}"),
            format!("https://{host}@evil.example{path}"),
            format!("https://user@{host}{path}"),
            format!("https://evil.example/{host}{path}"),
            format!("https://sns.us-east-1.amazonaws.com{path}"),
            format!("https://sns.s3-eu-central-1.amazonaws.com{path}"),
            format!("https://{host}.cn{path}"),
            format!("https://{host}{path}?a"),
            format!("https://{host}{path}#a"),
            format!("https://{host}{path}\n"),
            format!(" https://{host}{path}"),
            format!("HTTPS://{host}{path}"),
            format!("https://{host}/a/..{path}"),
            format!("https://{host}/a{path}"),
            format!("https://{host}{}", path.to_uppercase()),
            format!("https://{host}/SimpleNotificationService-{}.pem", &DIGITS[1..]),
            format!("https://{host}/SimpleNotificationService-{DIGITS}a.pem"),
            format!("https://{host}/cert.pem"),
            String::new(),
        ] {
            assert!(!topic.is_certificate_url(&bad), "{bad}");
        }
    }

    #[test]
    fn each_region_has_its_host_and_the_name_of_its_certificate() {
        for (region, host, name) in [
            ("eu-central-1", "sns.eu-central-1.amazonaws.com", "sns.amazonaws.com"),
            ("us-east-1", "sns.us-east-1.amazonaws.com", "sns.amazonaws.com"),
            ("eu-south-1", "sns.eu-south-1.amazonaws.com", "sns-signing.eu-south-1.amazonaws.com"),
            ("mx-central-1", "sns.mx-central-1.amazonaws.com", "sns-signing.mx-central-1.amazonaws.com"),
            ("cn-north-1", "sns.cn-north-1.amazonaws.com.cn", "sns-cn-north-1.amazonaws.com.cn"),
            ("cn-northwest-1", "sns.cn-northwest-1.amazonaws.com.cn", "sns-cn-northwest-1.amazonaws.com.cn"),
            ("us-gov-east-1", "sns.us-gov-east-1.amazonaws.com", "sns-us-gov-west-1.amazonaws.com"),
            ("eusc-de-east-1", "sns.eusc-de-east-1.amazonaws.eu", "sns-signing.eusc-de-east-1.amazonaws.eu"),
        ] {
            let arn = topic(region);
            let topic = Topic::parse(&arn).unwrap();
            assert_eq!((topic.host().as_str(), topic.certificate_name().as_str()), (host, name));
        }
    }

    #[test]
    fn the_signed_text_has_the_members_that_sns_signs() {
        let message =
            |json: serde_json::Value| serde_json::from_value::<Message>(json).unwrap().signed_text();
        let notification = |subject: serde_json::Value| {
            message(serde_json::json!({
                "Type": "Notification", "MessageId": "id", "TopicArn": "arn", "Message": "é\n", "Timestamp": "now",
                "Subject": subject, "Token": "no", "SubscribeURL": "no",
            }))
            .unwrap()
        };
        let without = "Message\né\n\nMessageId\nid\nTimestamp\nnow\nTopicArn\narn\nType\nNotification\n";
        assert_eq!(notification(serde_json::Value::Null), without);
        let with =
            "Message\né\n\nMessageId\nid\nSubject\n\nTimestamp\nnow\nTopicArn\narn\nType\nNotification\n";
        assert_eq!(notification("".into()), with, "an empty subject is one");
        for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
            let text = message(serde_json::json!({
                "Type": kind, "MessageId": "id", "TopicArn": "arn", "Message": "it", "Timestamp": "now",
                "Subject": "no", "Token": "token", "SubscribeURL": "url",
            }));
            let expected = format!(
                "Message\nit\nMessageId\nid\nSubscribeURL\nurl\nTimestamp\nnow\nToken\ntoken\nTopicArn\narn\nType\n{kind}\n"
            );
            assert_eq!(text.unwrap(), expected);
        }
        for bad in [
            serde_json::json!({}),
            serde_json::json!({ "Type": "Other" }),
            serde_json::json!({ "Type": "Notification" }),
        ] {
            assert_eq!(message(bad).unwrap_err().reason, Reason::SignatureMalformed);
        }
    }
}
