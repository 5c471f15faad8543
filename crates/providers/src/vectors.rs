//! Do the adapters agree with the values that the providers publish?
//! The runner of vector files: JSON arrays of requests with the verdict that is expected of each, under the clock, secret
//! and certificate that the row names. The tests run one such file; the example `vectors` of the function `inbound` runs
//! any.

use std::time::Duration;

use domain::source::options::{Algorithm, SourceOptions};
use domain::source::provider::Provider;
use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use domain::source::secret::ProviderSecret;
use domain::timestamp::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::adapter::{Adapter, Answer, Certificate, Refusal, Setup, Verdict};
use crate::adapters::vonage;
use crate::request::Request;

/// One request and the verdict that is expected of it. Members that only people need are not read.
#[derive(Debug, Deserialize)]
struct Vector {
    provider: String,
    kind: String,
    method: String,
    url: String,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
    #[serde(default)]
    body_encoding: Option<String>,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    public_key: Option<String>,
    #[serde(default)]
    certificate_pem: Option<String>,
    #[serde(default)]
    certificate_url: Option<String>,
    #[serde(default)]
    algorithm: Option<String>,
    /// `jwt_signature_only`: the body that the token's digest belongs to was never published.
    #[serde(default)]
    check: Option<String>,
    /// Unix seconds; `null` where the scheme has no time.
    now: Option<i64>,
    #[serde(default)]
    tolerance: Option<u64>,
    expect: String,
    #[serde(default)]
    expect_response: Option<ExpectedResponse>,
}

#[derive(Debug, Deserialize)]
struct ExpectedResponse {
    status: u16,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    body: Option<String>,
}

/// What came of one vector.
#[derive(Debug)]
pub struct Result {
    /// The vector's id.
    pub id: String,
    /// Why the request was refused, if it was.
    pub reason: Option<Reason>,
    /// What the adapter and the vector disagree about; `None` if they agree.
    pub disagreement: Option<String>,
}

/// Runs every vector of a file.
///
/// # Errors
/// When the text is no array of vectors.
pub fn run(json: &str) -> serde_json::Result<Vec<Result>> {
    let rows: Vec<Value> = serde_json::from_str(json)?;
    Ok(rows.into_iter().map(result).collect())
}

fn result(row: Value) -> Result {
    let id = row["id"].as_str().unwrap_or("a row without an id").to_owned();
    let vector = match serde_json::from_value::<Vector>(row) {
        Ok(vector) => vector,
        Err(error) => {
            return Result { id, reason: None, disagreement: Some(format!("is no vector: {error}")) };
        }
    };
    match examine(&vector) {
        Ok(found) => Result { id, reason: found.reason, disagreement: disagreement(&vector, found) },
        Err(unknown) => Result { id, reason: None, disagreement: Some(unknown) },
    }
}

/// What was found, and the answer that the provider would get.
struct Found {
    verdict: &'static str,
    reason: Option<Reason>,
    detail: String,
    answer: Answer,
}

fn disagreement(vector: &Vector, found: Found) -> Option<String> {
    if found.verdict != vector.expect {
        return Some(format!("expected {}, found {} ({})", vector.expect, found.verdict, found.detail));
    }
    let expected = vector.expect_response.as_ref()?;
    let Answer { status, content_type, body, .. } = found.answer;
    let same_type = expected.content_type.is_none() || expected.content_type.as_deref() == content_type;
    let same_body = expected.body.as_ref().is_none_or(|expected| *expected == body);
    (status != expected.status || !same_type || !same_body)
        .then(|| format!("expected the answer {expected:?}, found {status} {content_type:?} {body:?}"))
}

fn examine(vector: &Vector) -> std::result::Result<Found, String> {
    let (provider, scheme) =
        scheme(vector).ok_or_else(|| format!("no provider has {} {}", vector.provider, vector.kind))?;
    let body = body(vector)?;
    let headers =
        vector.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone().into_bytes()));
    let headers: Vec<_> = headers.collect();
    let request = Request { method: &vector.method, url: &vector.url, headers: &headers, body: &body };
    let options = options(vector, scheme);
    let secret = vector.public_key.as_deref().or(vector.secret.as_deref());
    let tolerance = vector.tolerance.map(Duration::from_secs);
    let mut setup = Setup {
        scheme,
        secrets: secret.into_iter().collect(),
        options: &options,
        tolerance: scheme.default_tolerance().map(|default| tolerance.unwrap_or(default)),
        now: Timestamp::from_millis(vector.now.unwrap_or_default().saturating_mul(1000)),
        certificate: None,
    };
    let adapter = crate::adapter(provider);
    if vector.check.as_deref() == Some("jwt_signature_only") {
        let signed = vonage::check_token(&request, &setup).map(drop);
        return Ok(found_of(adapter, signed.err()));
    }
    let mut verdict = adapter.verify(&request, &setup);
    if let Verdict::NeedsCertificate(url) = &verdict {
        let Some(pem) = &vector.certificate_pem else { return Ok(error("the vector has no certificate")) };
        if vector.certificate_url.as_ref().is_some_and(|of| of != url) {
            return Ok(error("the vector's certificate has another address"));
        }
        let url = url.clone();
        setup.certificate = Some(Certificate { url: &url, pem });
        verdict = adapter.verify(&request, &setup);
        return Ok(found(adapter, verdict));
    }
    Ok(found(adapter, verdict))
}

fn found(adapter: &dyn Adapter, verdict: Verdict<'_>) -> Found {
    match verdict {
        Verdict::Valid(_) => found_of(adapter, None),
        Verdict::Answered(answer) => {
            Found { verdict: "valid", reason: None, detail: "answered".to_owned(), answer }
        }
        Verdict::Invalid(refusal) => found_of(adapter, Some(refusal)),
        Verdict::Undecided(refusal) => error(&refusal.detail),
        Verdict::NeedsCertificate(_) => error("another certificate is needed"),
    }
}

fn found_of(adapter: &dyn Adapter, refusal: Option<Refusal>) -> Found {
    match refusal {
        None => Found {
            verdict: "valid",
            reason: None,
            detail: "verified".to_owned(),
            answer: adapter.accepted(),
        },
        Some(Refusal { reason, detail }) => Found {
            verdict: "invalid",
            reason: Some(reason),
            detail: format!("{}: {detail}", reason.as_str()),
            answer: adapter.refused(reason),
        },
    }
}

fn error(detail: &str) -> Found {
    Found { verdict: "error", reason: None, detail: detail.to_owned(), answer: Answer::empty(503) }
}

/// The provider and scheme of a vector's names.
fn scheme(vector: &Vector) -> Option<(Provider, Scheme)> {
    let found = match (vector.provider.as_str(), vector.kind.as_str()) {
        ("sendgrid", "event_webhook") => (Provider::Sendgrid, Scheme::EcdsaP256),
        ("sendgrid" | "sendgrid_inbound_parse", _) => (Provider::SendgridInboundParse, Scheme::EcdsaP256),
        ("twilio" | "twilio_sms", _) => (Provider::TwilioSms, Scheme::Twilio),
        ("twilio_whatsapp", _) => (Provider::TwilioWhatsapp, Scheme::Twilio),
        ("meta_whatsapp" | "meta", _) => (Provider::MetaWhatsapp, Scheme::HubSignature256),
        ("messagebird", "signature_jwt") => (Provider::Messagebird, Scheme::MessagebirdJwt),
        ("messagebird", _) => (Provider::Messagebird, Scheme::MessagebirdLegacy),
        ("bird", "standard_webhooks") => (Provider::Bird, Scheme::StandardWebhooks),
        ("bird", _) => (Provider::Bird, Scheme::BirdNotifications),
        ("aws_sns" | "aws_ses", _) => (Provider::AwsSes, Scheme::Sns),
        ("gupshup", _) => (Provider::Gupshup, Scheme::StaticHeader),
        ("vonage", "legacy_sig") => (Provider::Vonage, Scheme::VonageLegacy),
        ("vonage", _) => (Provider::Vonage, Scheme::VonageJwt),
        ("plivo", "v2") => (Provider::Plivo, Scheme::PlivoV2),
        ("plivo", _) => (Provider::Plivo, Scheme::PlivoV3),
        ("mailgun", _) => (Provider::Mailgun, Scheme::Mailgun),
        ("stripe", _) => (Provider::Stripe, Scheme::Stripe),
        ("github", _) => (Provider::Github, Scheme::HubSignature256),
        ("shopify", _) => (Provider::Shopify, Scheme::Shopify),
        ("slack", _) => (Provider::Slack, Scheme::SlackV0),
        ("standard_webhooks", _) => (Provider::StandardWebhooks, Scheme::StandardWebhooks),
        ("svix", _) => (Provider::Svix, Scheme::StandardWebhooks),
        _ => return None,
    };
    Some(found)
}

/// The options that a source for this vector would have: the topic of an SNS message is one that it lists.
fn options(vector: &Vector, scheme: Scheme) -> SourceOptions {
    let mut options = SourceOptions::default();
    match scheme {
        Scheme::Sns => {
            let message: Value = serde_json::from_str(&vector.body).unwrap_or_default();
            options.topic_arns.extend(message["TopicArn"].as_str().map(str::to_owned));
        }
        Scheme::HubSignature256 if vector.kind == "verify_challenge" => {
            options.verify_token = vector.secret.as_deref().map(ProviderSecret::new);
        }
        Scheme::VonageLegacy => {
            let name = vector.algorithm.clone().unwrap_or_default();
            options.algorithm = serde_json::from_value::<Algorithm>(Value::String(name)).ok();
        }
        _ => {}
    }
    options
}

fn body(vector: &Vector) -> std::result::Result<Vec<u8>, String> {
    use base64::Engine as _;
    match vector.body_encoding.as_deref() {
        None | Some("utf8") => Ok(vector.body.clone().into_bytes()),
        Some("base64") => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(&vector.body);
            decoded.map_err(|_| "the vector's body is not base64".to_owned())
        }
        Some(other) => Err(format!("unknown body_encoding {other}")),
    }
}
