//! What holds for every provider?
//! Laws, by property tests over samples: a sample is valid; what its scheme covers cannot be changed, be it body, URL or
//! header; old requests, other secrets and requests without a signature are refused; no bytes whatever make an adapter
//! panic, signed or not.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::hex::hex;
use domain::source::options::{Algorithm, SourceOptions};
use domain::source::provider::Provider;
use domain::source::received::Reason;
use domain::source::scheme::{AuthStrength, Scheme};
use domain::source::secret::ProviderSecret;
use domain::timestamp::Timestamp;
use hmac::digest::KeyInit as _;
use hmac::{Hmac, Mac as _};
use proptest::prelude::*;
use providers::adapter::{Setup, Verdict};
use providers::request::Request;
use providers::sample::{Draft, Sample};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const ADDRESS: &str = "https://hooks.example.com/in/Q2hlY2sgb25lIGFkZHJlc3MgdG9rZW4gaGVyZSE0Mg";
fn now() -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000)
}

/// Everything that belongs to one request of one provider.
#[derive(Clone)]
struct Case {
    provider: Provider,
    scheme: Scheme,
    options: SourceOptions,
    secrets: Vec<String>,
    method: &'static str,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

fn options(provider: Provider, scheme: Scheme) -> SourceOptions {
    let mut options = SourceOptions::default();
    match (provider, scheme) {
        (Provider::AwsSes, _) => {
            options.topic_arns.push("arn:aws:sns:eu-central-1:123456789012:ses-events".to_owned());
        }
        (Provider::MetaWhatsapp, _) => options.verify_token = Some(ProviderSecret::new("meatyhamhock")),
        (_, Scheme::VonageLegacy) => options.algorithm = Some(Algorithm::Sha256),
        (Provider::Generic, _) => {
            options.header = Some("X-Signature".to_owned());
            options.timestamp_header = Some("X-Timestamp".to_owned());
        }
        _ => {}
    }
    options
}

fn secret(scheme: Scheme) -> Vec<String> {
    let text = match scheme {
        Scheme::StandardWebhooks => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        Scheme::StaticHeader => "Bearer 0123456789abcdef0123456789abcdef",
        Scheme::EcdsaP256 | Scheme::Sns | Scheme::AddressOnly => return Vec::new(),
        _ => "a secret that nobody can guess",
    };
    vec![text.to_owned()]
}

fn setup<'a>(case: &'a Case, now: Timestamp) -> Setup<'a> {
    Setup {
        scheme: case.scheme,
        secrets: case.secrets.iter().map(String::as_str).collect(),
        options: &case.options,
        tolerance: case.scheme.default_tolerance(),
        now,
        certificate: None,
    }
}

impl Case {
    fn sample(provider: Provider, scheme: Scheme, randomness: [u8; 32]) -> Self {
        let mut case = Self {
            provider,
            scheme,
            options: options(provider, scheme),
            secrets: secret(scheme),
            method: "POST",
            url: ADDRESS.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let setup = setup(&case, now());
        let draft = Draft { setup: &setup, url: ADDRESS, now: now(), randomness };
        let Sample { method, query, headers, body, secret } = providers::sample(provider, &draft);
        case.secrets.extend(secret);
        case.method = method;
        case.url.push_str(&query);
        case.headers =
            headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect();
        case.body = body;
        case
    }

    fn request(&self) -> Request<'_> {
        Request { method: self.method, url: &self.url, headers: &self.headers, body: &self.body }
    }

    /// `None` if valid, else why not.
    fn refusal_at(&self, now: Timestamp) -> Option<Reason> {
        let request = self.request();
        match providers::adapter(self.provider).verify(&request, &setup(self, now)) {
            Verdict::Valid(_) => None,
            Verdict::Answered(answer) => panic!("a sample is no handshake: {answer:?}"),
            Verdict::Invalid(refusal) | Verdict::Undecided(refusal) => Some(refusal.reason),
            // Nobody has another certificate than that of the sample.
            Verdict::NeedsCertificate(_) => Some(Reason::CertificateUnavailable),
        }
    }

    fn refusal(&self) -> Option<Reason> {
        self.refusal_at(now())
    }

    /// What a receiver reads of the request: two requests with the same meaning may both be valid.
    fn meaning(&self) -> String {
        let form = |text: &[u8]| format!("{:?}", form_urlencoded::parse(text).collect::<Vec<_>>());
        let is_form = self.headers.iter().any(|(name, value)| {
            name == "content-type" && value.starts_with(b"application/x-www-form-urlencoded")
        });
        match self.scheme {
            Scheme::Sns => {
                // Members that are not read may be no text at all.
                let body = String::from_utf8_lossy(&self.body);
                let message: Value = serde_json::from_str(&body).unwrap_or_default();
                let signed =
                    ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type", "Signature"];
                signed.map(|name| message[name].to_string()).join("\n")
            }
            // `&` and `=` in a value count as `_`, and the signature's digits may be of either case.
            Scheme::VonageLegacy => {
                let pairs = form_urlencoded::parse(&self.body).map(|(name, value)| {
                    let value =
                        if name == "sig" { value.to_lowercase() } else { value.replace(['&', '='], "_") };
                    format!("{name}={value}\n")
                });
                pairs.chain([self.url.clone()]).collect()
            }
            Scheme::Twilio | Scheme::PlivoV3 if is_form => form(&self.body),
            _ => format!("{:?}", self.body),
        }
    }
}

fn a_sample_is_valid_and_has_events(provider: Provider, scheme: Scheme) {
    let case = Case::sample(provider, scheme, [7; 32]);
    assert_eq!(case.refusal(), None);
    let (request, setup) = (case.request(), setup(&case, now()));
    let adapter = providers::adapter(provider);
    let Verdict::Valid(verified) = adapter.verify(&request, &setup) else { panic!("not valid") };
    let parts = adapter.split(&verified, &setup).unwrap().parts;
    assert!(!parts.is_empty());
    for part in parts {
        assert!(!part.dedupe_key.is_empty() && !part.event_type.is_empty(), "{part:?}");
    }
    // A scheme that does not cover the body must say which token may come only once. Plivo V3 covers it, but not where a
    // parameter ends.
    let once = verified.one_time().is_some();
    assert_eq!(once, scheme.strength() == AuthStrength::SenderOnly || scheme == Scheme::PlivoV3);
}

fn nothing_secret_is_printed(provider: Provider, scheme: Scheme) {
    let case = Case::sample(provider, scheme, [7; 32]);
    let (request, setup) = (case.request(), setup(&case, now()));
    let draft = Draft { setup: &setup, url: ADDRESS, now: now(), randomness: [7; 32] };
    let sample = providers::sample(provider, &draft);
    let Verdict::Valid(verified) = providers::adapter(provider).verify(&request, &setup) else { panic!() };
    let printed = format!("{setup:?} {draft:?} {sample:?} {verified:?} {:?}", verified.one_time());
    let token = ADDRESS.rsplit('/').next();
    let hidden = ["meatyhamhock", "7, 7"].into_iter().chain(token).map(str::to_owned);
    let headers = case.headers.iter().map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    let once = verified.one_time().map(|once| once.token.clone());
    for hidden in hidden.chain(case.secrets.clone()).chain(sample.secret).chain(headers).chain(once) {
        assert!(!printed.contains(&hidden), "{hidden:?} in {printed}");
    }
}

fn what_is_covered_cannot_be_changed(provider: Provider, scheme: Scheme, at: usize, bit: u8) {
    let case = Case::sample(provider, scheme, [7; 32]);
    if scheme.coverage().body && !case.body.is_empty() {
        let mut changed = case.clone();
        let at = at % changed.body.len();
        changed.body[at] ^= 1 << bit;
        if changed.meaning() != case.meaning() {
            assert!(changed.refusal().is_some(), "byte {at} of the body, bit {bit}");
        }
    }
    for (index, (name, value)) in case.headers.iter().enumerate() {
        let is_proof = ["signature", "authorization", "jwt", "hmac"].iter().any(|word| name.contains(word));
        if !is_proof || value.is_empty() {
            continue;
        }
        let mut changed = case.clone();
        let at = at % value.len();
        changed.headers[index].1[at] ^= 1 << bit;
        // Hexadecimal digits and names of schemes may be of either case.
        if !changed.headers[index].1.eq_ignore_ascii_case(value) || scheme == Scheme::StaticHeader {
            let valid = changed.refusal().is_none();
            assert!(!valid || is_beside_the_signature(scheme, value, at), "byte {at} of {name}, bit {bit}");
        }
    }
}

/// The headers that are signed beside the body: times, ids and nonces.
fn signed_headers(scheme: Scheme) -> &'static [&'static str] {
    match scheme {
        Scheme::EcdsaP256 => &["x-twilio-email-event-webhook-timestamp"],
        Scheme::MessagebirdLegacy | Scheme::BirdNotifications => &["messagebird-request-timestamp"],
        Scheme::StandardWebhooks => &["webhook-id", "webhook-timestamp", "svix-id", "svix-timestamp"],
        Scheme::PlivoV2 => &["x-plivo-signature-v2-nonce"],
        Scheme::PlivoV3 => &["x-plivo-signature-v3-nonce"],
        Scheme::SlackV0 => &["x-slack-request-timestamp"],
        Scheme::Hmac => &["x-timestamp"],
        // Their times, ids and nonces stand in the signature's header, in a token or in the body.
        Scheme::Stripe
        | Scheme::MessagebirdJwt
        | Scheme::VonageJwt
        | Scheme::VonageLegacy
        | Scheme::Sns
        | Scheme::Mailgun => &[],
        Scheme::AddressOnly
        | Scheme::StaticHeader
        | Scheme::Twilio
        | Scheme::HubSignature256
        | Scheme::Shopify => &[],
    }
}

fn no_signed_header_can_be_changed(provider: Provider, scheme: Scheme, at: usize, bit: u8) {
    let case = Case::sample(provider, scheme, [7; 32]);
    let signed = signed_headers(scheme);
    let places = (0..case.headers.len()).filter(|place| signed.contains(&case.headers[*place].0.as_str()));
    let places: Vec<_> = places.collect();
    assert_eq!(places.is_empty(), signed.is_empty(), "a signed header that the sample does not have");
    for place in places {
        let mut changed = case.clone();
        let (name, value) = &mut changed.headers[place];
        let (name, at) = (name.clone(), at % value.len());
        value[at] ^= 1 << bit;
        assert!(changed.refusal().is_some(), "byte {at} of {name}, bit {bit}");
        changed.headers.remove(place);
        assert!(changed.refusal().is_some(), "without {name}");
    }
}

/// Where a signature covers the URL, it covers all of it; MessageBird's older one only the query, Plivo's V2 all but the
/// query.
fn a_signed_url_cannot_be_changed(provider: Provider, scheme: Scheme, at: usize, bit: u8) {
    let case = Case::sample(provider, scheme, [7; 32]);
    let mut changed = case.clone();
    let from = if scheme == Scheme::MessagebirdLegacy { ADDRESS.len() + 1 } else { 0 };
    let at = from + at % (case.url.len() - from);
    let mut bytes = std::mem::take(&mut changed.url).into_bytes();
    bytes[at] ^= 1 << bit;
    let Ok(url) = String::from_utf8(bytes) else { return };
    changed.url = url;
    if !scheme.coverage().url {
        // Nobody may rely on it either: the verdict does not depend on the URL, except where it holds the parameters.
        assert_eq!(changed.refusal(), None, "byte {at} of the URL, bit {bit}");
        return;
    }
    let query = |url: &str| {
        let query = url.split_once('?').map_or("", |(_, query)| query).to_owned();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>()
    };
    let same_query = scheme == Scheme::MessagebirdLegacy && query(&changed.url) == query(&case.url);
    assert!(same_query || changed.refusal().is_some(), "byte {at} of the URL, bit {bit}");
}

/// The header with the signature of the case's body, where only the body and headers are signed and both by an HMAC.
fn proof(case: &Case) -> Option<(String, String)> {
    let header = |end: &str| {
        let found = case.headers.iter().find(|(name, _)| name.ends_with(end));
        found.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value)))
    };
    let secret = case.secrets.first()?;
    let sign = |key: &[u8], parts: &[&[u8]]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes()
    };
    let ours = |parts: &[&[u8]]| sign(secret.as_bytes(), parts);
    let body = case.body.as_slice();
    let (name, value) = match case.scheme {
        Scheme::HubSignature256 => ("x-hub-signature-256", format!("sha256={}", hex(&ours(&[body])))),
        Scheme::Shopify => ("x-shopify-hmac-sha256", STANDARD.encode(ours(&[body]))),
        Scheme::Stripe => {
            let time = now().as_seconds().to_string();
            ("stripe-signature", format!("t={time},v1={}", hex(&ours(&[time.as_bytes(), b".", body]))))
        }
        Scheme::SlackV0 => {
            let (_, time) = header("-timestamp")?;
            ("x-slack-signature", format!("v0={}", hex(&ours(&[b"v0:", time.as_bytes(), b":", body]))))
        }
        Scheme::Hmac => {
            let (_, time) = header("-timestamp")?;
            ("x-signature", hex(&ours(&[time.as_bytes(), b".", body])))
        }
        Scheme::BirdNotifications => {
            let (_, time) = header("-timestamp")?;
            let digest = Sha256::digest(body);
            let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", case.url.as_bytes(), b"\n", &digest];
            ("messagebird-signature", STANDARD.encode(ours(&parts)))
        }
        Scheme::StandardWebhooks => {
            let ((name, id), (_, time)) = (header("-id")?, header("-timestamp")?);
            let key = STANDARD.decode(secret.strip_prefix("whsec_")?).unwrap();
            let signature = sign(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
            let name = name.replace("-id", "-signature");
            return Some((name, format!("v1,{}", STANDARD.encode(signature))));
        }
        _ => return None,
    };
    Some((name.to_owned(), value))
}

/// Whatever is signed is split or is no readable body: other bytes than a sample's get there, too.
fn no_signed_bytes_make_it_panic(provider: Provider, scheme: Scheme, noise: &Noise) {
    let mut case = Case::sample(provider, scheme, [7; 32]);
    case.body = noise.body.clone().unwrap_or_default();
    case.headers.retain(|(name, _)| name != "content-type");
    if let Some(content_type) = &noise.content_type {
        case.headers.push(("content-type".to_owned(), content_type.clone().into_bytes()));
    }
    if let Some((name, value)) = proof(&case) {
        case.headers.retain(|(found, _)| *found != name);
        case.headers.push((name, value.into_bytes()));
    } else if !matches!(scheme, Scheme::AddressOnly | Scheme::StaticHeader | Scheme::PlivoV2) {
        return;
    }
    let (request, setup) = (case.request(), setup(&case, now()));
    let adapter = providers::adapter(provider);
    let Verdict::Valid(verified) = adapter.verify(&request, &setup) else { panic!("{:?}", case.refusal()) };
    match adapter.split(&verified, &setup) {
        Ok(split) => {
            assert!(
                split.parts.iter().all(|part| !part.dedupe_key.is_empty() && !part.event_type.is_empty())
            );
        }
        Err(refusal) => assert_eq!(refusal.reason, Reason::BodyMalformed),
    }
}

/// Stripe's header names its scheme and may have further items: what is beside `t` and `v1` is not read.
fn is_beside_the_signature(scheme: Scheme, value: &[u8], at: usize) -> bool {
    scheme == Scheme::Stripe && value.get(at).is_some_and(|byte| !byte.is_ascii_hexdigit())
}

fn it_is_refused_without_its_proof(provider: Provider, scheme: Scheme) {
    if scheme == Scheme::AddressOnly {
        return;
    }
    let case = Case::sample(provider, scheme, [7; 32]);
    let no_secret = Case { secrets: Vec::new(), ..case.clone() };
    assert!(no_secret.refusal().is_some(), "without a secret");
    let empty_secret = Case { secrets: vec![String::new()], ..case.clone() };
    assert!(empty_secret.refusal().is_some(), "an empty secret");
    if !matches!(scheme, Scheme::Sns | Scheme::EcdsaP256) {
        let mut others = secret(scheme);
        others.iter_mut().for_each(|secret| *secret = secret.replace('a', "b"));
        assert!(Case { secrets: others, ..case.clone() }.refusal().is_some(), "another secret");
    }
    let bare = Case { headers: Vec::new(), ..case.clone() };
    let in_headers = !matches!(scheme, Scheme::Sns | Scheme::Mailgun | Scheme::VonageLegacy);
    if in_headers {
        assert_eq!(bare.refusal(), Some(Reason::SignatureMissing), "without headers");
    }
}

fn an_old_request_is_refused(provider: Provider, scheme: Scheme) {
    let Some(tolerance) = scheme.default_tolerance() else { return };
    let case = Case::sample(provider, scheme, [7; 32]);
    // A JWT of MessageBird is valid for a minute by its own claims, and the tolerance after that.
    let valid_for = if scheme == Scheme::MessagebirdJwt { Duration::from_secs(60) } else { Duration::ZERO };
    let late = now().plus(valid_for + tolerance + Duration::from_secs(2));
    assert_eq!(case.refusal_at(late), Some(Reason::TimestampTooOld));
    let early = now().minus(tolerance + Duration::from_secs(2));
    assert_eq!(case.refusal_at(early), Some(Reason::TimestampInFuture));
    assert_eq!(case.refusal_at(now().plus(tolerance.saturating_sub(Duration::from_secs(1)))), None);
}

fn no_bytes_make_it_panic(provider: Provider, scheme: Scheme, noise: &Noise) {
    let mut case = Case::sample(provider, scheme, [7; 32]);
    case.method = if noise.get { "GET" } else { "POST" };
    case.url = format!("{ADDRESS}?{}", noise.query);
    if let Some(body) = &noise.body {
        case.body.clone_from(body);
    }
    for (_, value) in &mut case.headers {
        if let Some(noise) = &noise.header {
            value.clone_from(noise);
        }
    }
    let (request, setup) = (case.request(), setup(&case, now()));
    let adapter = providers::adapter(provider);
    if let Verdict::Valid(verified) = adapter.verify(&request, &setup) {
        let _parts = adapter.split(&verified, &setup).map(|split| split.parts.len());
    }
    let _attachment = adapter.attachment(&request, 0);
}

#[derive(Debug, Clone)]
struct Noise {
    get: bool,
    query: String,
    body: Option<Vec<u8>>,
    header: Option<Vec<u8>>,
    content_type: Option<String>,
}

fn noise() -> impl Strategy<Value = Noise> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..300);
    let json = "[\\[\\]{}\",:0-9a-z]{0,80}".prop_map(String::into_bytes);
    let form = "[a-c=&%+0-9]{0,80}".prop_map(String::into_bytes);
    let object = r#"(\{"(type|event|action|data|entry|payload|challenge)":("[a-z_./]{0,9}"|[0-9]{1,20}|\{\}|\[\]|null)\}|\[\{\}\])"#;
    let object = object.prop_map(String::into_bytes);
    let body = proptest::option::of(prop_oneof![bytes(), json, form, object]);
    let content_type = "(application/json|application/x-www-form-urlencoded|text/xml|multipart/form-data; boundary=b|[ -~]{0,20})";
    (any::<bool>(), "[ -~]{0,80}", body, proptest::option::of(bytes()), proptest::option::of(content_type))
        .prop_map(|(get, query, body, header, content_type)| Noise { get, query, body, header, content_type })
}

macro_rules! laws {
    ($($name:ident: $provider:ident $scheme:ident;)*) => {
        $(mod $name {
            use super::*;

            const PROVIDER: Provider = Provider::$provider;
            const SCHEME: Scheme = Scheme::$scheme;

            #[test]
            fn a_sample_is_valid_and_has_events() {
                super::a_sample_is_valid_and_has_events(PROVIDER, SCHEME);
            }

            #[test]
            fn it_is_refused_without_its_proof() {
                super::it_is_refused_without_its_proof(PROVIDER, SCHEME);
            }

            #[test]
            fn nothing_secret_is_printed() {
                super::nothing_secret_is_printed(PROVIDER, SCHEME);
            }

            #[test]
            fn an_old_request_is_refused() {
                super::an_old_request_is_refused(PROVIDER, SCHEME);
            }

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(if SCHEME as u8 == Scheme::Sns as u8 { 12 } else { 64 }))]

                #[test]
                fn what_is_covered_cannot_be_changed(at in any::<usize>(), bit in 0u8..8) {
                    super::what_is_covered_cannot_be_changed(PROVIDER, SCHEME, at, bit);
                }

                #[test]
                fn no_signed_header_can_be_changed(at in any::<usize>(), bit in 0u8..8) {
                    super::no_signed_header_can_be_changed(PROVIDER, SCHEME, at, bit);
                }

                #[test]
                fn a_signed_url_cannot_be_changed(at in any::<usize>(), bit in 0u8..8) {
                    super::a_signed_url_cannot_be_changed(PROVIDER, SCHEME, at, bit);
                }

                #[test]
                fn no_signed_bytes_make_it_panic(noise in noise()) {
                    super::no_signed_bytes_make_it_panic(PROVIDER, SCHEME, &noise);
                }

                #[test]
                fn no_bytes_make_it_panic(noise in noise()) {
                    super::no_bytes_make_it_panic(PROVIDER, SCHEME, &noise);
                }
            }
        })*

        #[test]
        fn every_provider_and_scheme_keeps_the_laws() {
            let kept = [$((Provider::$provider, Scheme::$scheme)),*];
            for provider in Provider::ALL {
                for scheme in provider.schemes() {
                    assert!(kept.contains(&(provider, *scheme)), "{provider} {scheme}");
                }
            }
        }
    };
}

laws! {
    sendgrid: Sendgrid EcdsaP256;
    sendgrid_inbound_parse: SendgridInboundParse EcdsaP256;
    sendgrid_inbound_parse_unsigned: SendgridInboundParse AddressOnly;
    twilio_sms: TwilioSms Twilio;
    twilio_whatsapp: TwilioWhatsapp Twilio;
    meta_whatsapp: MetaWhatsapp HubSignature256;
    messagebird_jwt: Messagebird MessagebirdJwt;
    messagebird_legacy: Messagebird MessagebirdLegacy;
    bird: Bird StandardWebhooks;
    bird_notifications: Bird BirdNotifications;
    aws_ses: AwsSes Sns;
    gupshup: Gupshup StaticHeader;
    gupshup_unsigned: Gupshup AddressOnly;
    vonage_jwt: Vonage VonageJwt;
    vonage_legacy: Vonage VonageLegacy;
    plivo_v3: Plivo PlivoV3;
    plivo_v2: Plivo PlivoV2;
    mailgun: Mailgun Mailgun;
    stripe: Stripe Stripe;
    github: Github HubSignature256;
    shopify: Shopify Shopify;
    slack: Slack SlackV0;
    standard_webhooks: StandardWebhooks StandardWebhooks;
    svix: Svix StandardWebhooks;
    generic: Generic Hmac;
}
