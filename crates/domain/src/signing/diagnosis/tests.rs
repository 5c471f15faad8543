#![expect(clippy::too_many_lines, reason = "each table is one list")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::delivery::attempt::{SentRequest, Trigger};
use crate::hex::hex;
use crate::id::DeliveryId;
use crate::policy::outcome::{ErrorClass, Outcome};
use crate::signing::secret::Secret;
use crate::signing::signature::{Signed, headers, hmac_of};
use hmac::Mac as _;
use sha2::Digest as _;

const PATH: &str = "/hooks/42%20a";

fn at() -> Timestamp {
    Timestamp::parse("2026-01-05T09:30:00Z").unwrap()
}

fn event() -> EventId {
    EventId::new(at(), 7)
}

fn endpoint() -> EndpointId {
    EndpointId::new(at(), 1)
}

fn other_endpoint() -> EndpointId {
    EndpointId::new(at(), 2)
}

fn secret(n: u8) -> Secret {
    Secret::new(&[n; 32])
}

fn body_of(id: EventId) -> Vec<u8> {
    let body = format!(
        r#"{{"id":"{id}","type":"invoice.paid","timestamp":"{}","data":{{"z":"Zoë & 🎺","n":[1.50,null],"a":"x/y"}}}}"#,
        at()
    );
    body.into_bytes()
}

/// A delivery that is right, to be sabotaged.
#[derive(Clone)]
struct Case {
    profile: Profile,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    path: Option<&'static str>,
    received_at: Option<Timestamp>,
    computed: Option<String>,
    keys: Vec<KnownKey>,
    prefix: &'static str,
    endpoint: EndpointId,
    /// Whether the log of attempts is known, and the body.
    log: bool,
}

/// `profile`, signed by `by` with the code that signs deliveries.
fn delivery(profile: Profile, by: &[&Secret], body: &[u8], when: Timestamp) -> Vec<(String, String)> {
    let id = event().to_string();
    let signed =
        Signed { id: &id, at: when, nonce: [0xab; 16], path: PATH, prefix: "X-OWC", body, invoked: None };
    let mut all = headers(profile, by.iter().copied(), &signed);
    let delivery = DeliveryId::of(event(), endpoint()).to_string();
    all.push(("X-OWC-Delivery".to_owned(), delivery.clone()));
    all.push(("X-OWC-Attempt".to_owned(), "1".to_owned()));
    all.push(("Idempotency-Key".to_owned(), delivery));
    all.push(("Content-Length".to_owned(), body.len().to_string()));
    all
}

fn current(secret: Secret) -> KnownKey {
    KnownKey { key: VerificationKey::Secret(secret), expires_at: None }
}

fn signer(profile: Profile, n: u8) -> Secret {
    Secret::for_profile(profile, &[n; 32])
}

impl Case {
    fn new(profile: Profile) -> Self {
        let body = body_of(event());
        Self {
            profile,
            headers: delivery(profile, &[&signer(profile, 1)], &body, at()),
            body,
            path: Some(PATH),
            received_at: Some(at().plus(Duration::from_secs(2))),
            computed: None,
            keys: vec![current(signer(profile, 1))],
            prefix: "X-OWC",
            endpoint: endpoint(),
            log: false,
        }
    }

    fn signed_by(mut self, by: &[&Secret]) -> Self {
        self.headers = delivery(self.profile, by, &self.body, at());
        self
    }

    fn header(&mut self, ending: &str) -> &mut (String, String) {
        let lower = ending.to_ascii_lowercase();
        self.headers.iter_mut().find(|(name, _)| name.to_ascii_lowercase().ends_with(&lower)).unwrap()
    }

    fn without(mut self, ending: &str) -> Self {
        let name = self.header(ending).0.clone();
        self.headers.retain(|(given, _)| *given != name);
        self
    }

    fn set(mut self, ending: &str, value: impl Into<String>) -> Self {
        self.header(ending).1 = value.into();
        self
    }

    fn value(&mut self, ending: &str) -> String {
        self.header(ending).1.clone()
    }

    /// Another body than the one that was signed, with the length that was sent.
    fn body(mut self, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        self.body = change(&self.body);
        self
    }

    /// A signature of another body than the one that is received, as if the sender's body was that.
    fn signed_body(mut self, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        self.headers = delivery(self.profile, &[&signer(self.profile, 1)], &change(&self.body), at());
        self
    }

    /// What the receiver's code computes with `key` over `parts`, as this profile writes it.
    fn computes(mut self, key: &[u8], parts: impl Fn(&Self) -> Vec<u8>) -> Self {
        let tag = hmac_of(key, &[&parts(&self)]).finalize().into_bytes();
        self.computed = Some(match self.profile {
            Profile::Body | Profile::Covered => format!("sha256={}", hex(&tag)),
            _ => format!("v1,{}", STANDARD.encode(tag)),
        });
        self
    }

    fn with_log(mut self) -> Self {
        self.log = true;
        self
    }

    fn diagnosis(&self) -> Diagnosis {
        let original = body_of(event());
        let attempt = |number: u32, when| Attempt {
            number,
            trigger: Trigger::Automatic,
            started_at: when,
            duration: Duration::from_millis(9),
            sent: SentRequest {
                method: None,
                url: None,
                headers: delivery(self.profile, &[&signer(self.profile, 1)], &original, when),
                body_bytes: original.len(),
                body_sha256: hex(&sha2::Sha256::digest(&original)),
                ..SentRequest::default()
            },
            outcome: Outcome::Unreachable(ErrorClass::Timeout),
            error: Some(ErrorClass::Timeout),
        };
        let attempts = [attempt(1, at()), attempt(2, at().plus(Duration::from_secs(61)))];
        let endpoints = [endpoint(), other_endpoint()];
        let sent = Sent { event: event(), endpoints: &endpoints, body: Some(&original), attempts: &attempts };
        let Self { headers, body, path, received_at, computed, .. } = self;
        let request =
            Request { headers, body, path: *path, received_at: *received_at, computed: computed.as_deref() };
        let known = Known {
            keys: &self.keys,
            profile: Some(self.profile),
            prefix: Some(self.prefix),
            path: Some(PATH),
            endpoint: Some(self.endpoint),
            sent: self.log.then_some(sent),
            now: at().plus(Duration::from_secs(3600)),
        };
        diagnose(&request, &known)
    }
}

fn replaced(from: &str, to: &str) -> impl Fn(&[u8]) -> Vec<u8> {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |body| String::from_utf8(body.to_vec()).unwrap().replace(&from, &to).into_bytes()
}

fn appended(end: &str) -> impl Fn(&[u8]) -> Vec<u8> {
    let end = end.to_owned();
    move |body| [body, end.as_bytes()].concat()
}

fn prepended(start: &'static [u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    move |body| [start, body].concat()
}

/// Written again as Python's `json.dumps(json.loads(body))` does.
fn dumped(_: &[u8]) -> Vec<u8> {
    let written = format!(
        r#"{{"id": "{}", "type": "invoice.paid", "timestamp": "{}", "data": {{"z": "Zo\u00eb & \ud83c\udfba", "n": [1.5, null], "a": "x/y"}}}}"#,
        event(),
        at()
    );
    written.into_bytes()
}

/// As `JSON.stringify(JSON.parse(body))` does.
fn stringified(body: &[u8]) -> Vec<u8> {
    replaced("1.50", "1.5")(body)
}

fn standard_parts(case: &Case) -> Vec<u8> {
    [format!("{}.{}.", event(), at().as_seconds()).as_bytes(), &case.body].concat()
}

/// The ways in which people and machines break a signature, each with its right name.
fn sabotages() -> Vec<(&'static str, Case, Reason)> {
    let mut all = of_the_body();
    all.extend(of_the_secret());
    all.extend(of_the_headers());
    all.extend(of_the_computation());
    all
}

fn of_the_body() -> Vec<(&'static str, Case, Reason)> {
    let case = || Case::new(Profile::Standard);
    let other = EventId::new(at().plus(Duration::from_secs(1)), 8);
    vec![
        (
            "JSON with spaces",
            case().signed_body(replaced("\":", "\" :")).with_log().body(replaced("\":", "\": ")),
            Reason::BodyReserialised,
        ),
        ("JSON by Python", case().body(dumped).with_log(), Reason::BodyReserialised),
        ("JSON by JavaScript", case().body(stringified).with_log(), Reason::BodyReserialised),
        (
            "the sender's JSON had spaces",
            case().body(replaced("\",\"", "\", \"")).signed_body(replaced("\", \"", "\",\"")),
            Reason::BodyReserialised,
        ),
        (
            "pretty JSON",
            case().signed_body(|_| b"{\n  \"a\": 1\n}".to_vec()).body(|_| br#"{"a":1}"#.to_vec()),
            Reason::BodyReserialised,
        ),
        ("a newline cut", case().signed_body(appended("\n")), Reason::BodyNewlineCut),
        ("a newline added", case().body(appended("\n")), Reason::BodyNewlineAdded),
        ("CRLF added", case().body(appended("\r\n")), Reason::BodyNewlineAdded),
        ("a byte order mark added", case().body(prepended(b"\xef\xbb\xbf")), Reason::BodyBomAdded),
        ("a byte order mark cut", case().signed_body(prepended(b"\xef\xbb\xbf")), Reason::BodyBomCut),
        (
            "LF became CRLF",
            case().signed_body(replaced(",", ",\n")).body(replaced(",", ",\r\n")),
            Reason::BodyLineEndsChanged,
        ),
        (
            "CRLF became LF",
            case().signed_body(replaced(",", ",\r\n")).body(replaced(",", ",\n")),
            Reason::BodyLineEndsChanged,
        ),
        (
            "white space at the ends",
            case().body(appended("  ")).body(prepended(b" ")),
            Reason::BodyWhitespaceAdded,
        ),
        ("base64 for the body", case().body(|body| STANDARD.encode(body).into_bytes()), Reason::BodyBase64),
        (
            "the body decoded",
            case().signed_body(|body| STANDARD.encode(body).into_bytes()),
            Reason::BodyBase64,
        ),
        (
            "read as Latin-1",
            case().body(|body| body.iter().map(|&b| char::from(b)).collect::<String>().into()),
            Reason::BodyCharsetChanged,
        ),
        (
            "escaped",
            case().body(replaced("ë", "\\u00eb")).body(replaced("🎺", "\\ud83c\\udfba")),
            Reason::BodyEscapesChanged,
        ),
        ("slashes escaped", case().body(replaced("/", "\\/")).with_log(), Reason::BodyEscapesChanged),
        ("read before", case().body(|_| Vec::new()), Reason::BodyEmpty),
        ("of another event", case().body(|_| body_of(other)), Reason::BodyOfOtherEvent),
        ("a byte changed", case().body(replaced("1.50", "1.51")).with_log(), Reason::BodyChanged),
        ("a byte missing", case().body(replaced("1.50", "1.")), Reason::BodyChanged),
    ]
}

fn of_the_secret() -> Vec<(&'static str, Case, Reason)> {
    let case = || Case::new(Profile::Standard);
    let text = secret(1).reveal().to_owned();
    let plain = |text: &str| Secret::parse(text).unwrap();
    let rest = text.strip_prefix("whsec_").unwrap().to_owned();
    let by_key = |key: &[u8]| {
        let mut case = case();
        let tag = hmac_of(key, &[&standard_parts(&case)]).finalize().into_bytes();
        case = case.set("-signature", format!("v1,{}", STANDARD.encode(tag)));
        case
    };
    let node = STANDARD.decode(format!("whsec/{rest}").replace('=', "A")).ok();
    let old = |mut case: Case, end: Timestamp| {
        case.keys = vec![current(secret(2)), KnownKey { expires_at: Some(end), ..current(secret(1)) }];
        case
    };
    let mut public = Case::new(Profile::StandardAsymmetric);
    public.keys = vec![KnownKey { key: VerificationKey::Secret(secret(1)), expires_at: None }];
    let mut other = case();
    other.endpoint = other_endpoint();
    other.keys = vec![current(secret(2))];
    let mut dropped = case().with_log();
    dropped.keys = vec![current(secret(2))];
    let mut all = vec![
        ("not decoded", by_key(rest.as_bytes()), Reason::SecretNotDecoded),
        ("prefix kept", by_key(text.as_bytes()), Reason::SecretPrefixKept),
        ("a newline after it", by_key(format!("{rest}\n").as_bytes()), Reason::SecretUntrimmed),
        ("decoded under body", Case::new(Profile::Body).body(|body| body.to_vec()), Reason::SignatureValid),
        (
            "prefix cut under body",
            Case::new(Profile::Body).signed_by(&[&plain(&rest)]),
            Reason::SecretPrefixCut,
        ),
        ("of another endpoint", other.clone(), Reason::OtherEndpoint),
        ("of another endpoint, the event known", Case { log: true, ..other }, Reason::OtherEndpoint),
        ("of nobody", case().signed_by(&[&secret(9)]), Reason::WrongSecret),
        ("of nobody, by the log", case().signed_by(&[&secret(9)]).with_log(), Reason::SignatureChanged),
        ("rotated out long ago", dropped, Reason::SecretExpired),
        ("expired", old(case(), at().minus(Duration::from_secs(60))), Reason::SecretExpired),
        ("still in force then", old(case(), at().plus(Duration::from_secs(60))), Reason::SignatureValid),
        ("a secret for a key pair", public, Reason::WrongSecret),
    ];
    all.extend(node.map(|key| ("prefix decoded", by_key(&key[..key.len() - 1]), Reason::SecretPrefixKept)));
    all
}

fn of_the_headers() -> Vec<(&'static str, Case, Reason)> {
    let case = || Case::new(Profile::Standard);
    let covered = || Case::new(Profile::Covered);
    let seconds = at().as_seconds();
    let tag = |case: &mut Case| {
        let value = case.value("-signature");
        STANDARD.decode(value.strip_prefix("v1,").unwrap()).unwrap()
    };
    let signature = case().value("-signature");
    let unhexed = hex(&tag(&mut case()));
    let half = signature[..20].to_owned();
    let mut renamed = covered();
    renamed.prefix = "X-Acme";
    let mut late = case();
    late.received_at = Some(at().plus(Duration::from_secs(301)));
    let mut early = case();
    early.received_at = Some(at().minus(Duration::from_secs(301)));
    let mut unknown_clock = case();
    unknown_clock.received_at = None;
    let mut behind_proxy = covered();
    behind_proxy.path = Some("/internal/42%20a");
    let both = case().signed_by(&[&secret(2), &secret(1)]);
    let swapped = both.clone().value("-signature");
    let swapped: Vec<_> = swapped.split(' ').rev().collect();
    let mut mistaken = Case::new(Profile::Body);
    mistaken.profile = Profile::Covered;
    let mut unsigned = case();
    unsigned.profile = Profile::None;
    let mut of_body = Case::new(Profile::Body);
    of_body.profile = Profile::Standard;
    let mut of_standard = case();
    of_standard.profile = Profile::Body;
    let second =
        delivery(Profile::Standard, &[&secret(1)], &body_of(event()), at().plus(Duration::from_secs(61)));
    vec![
        ("signature dropped", case().without("-signature"), Reason::HeaderMissing),
        ("id dropped", case().without("webhook-id"), Reason::HeaderMissing),
        ("nonce dropped", covered().without("-nonce"), Reason::HeaderMissing),
        ("all dropped", Case { headers: Vec::new(), ..case() }, Reason::HeaderMissing),
        ("prefix changed", renamed, Reason::HeaderPrefixDiffers),
        (
            "timestamp in milliseconds",
            case().set("-timestamp", format!("{seconds}000")),
            Reason::TimestampInMilliseconds,
        ),
        ("timestamp in words", case().set("-timestamp", "soon"), Reason::TimestampMalformed),
        (
            "timestamp of another attempt",
            case().set("-timestamp", (seconds + 61).to_string()).with_log(),
            Reason::AttemptsMixed,
        ),
        (
            "nonce of another attempt",
            covered().set("-nonce", "cd".repeat(16)).with_log(),
            Reason::AttemptsMixed,
        ),
        ("clock ahead", late, Reason::TimestampTooOld),
        ("clock behind", early, Reason::TimestampInFuture),
        ("clock unknown", unknown_clock, Reason::SignatureValid),
        ("id changed", case().set("webhook-id", EventId::new(at(), 99).to_string()), Reason::IdChanged),
        (
            "the delivery's id",
            case().set("webhook-id", DeliveryId::of(event(), endpoint()).to_string()),
            Reason::IdChanged,
        ),
        ("path behind a proxy", behind_proxy, Reason::PathDiffers),
        ("hex for base64", case().set("-signature", format!("v1,{unhexed}")), Reason::EncodingDiffers),
        ("no label", case().set("-signature", &signature[3..]), Reason::EncodingDiffers),
        ("signature cut", case().set("-signature", half), Reason::SignatureMalformed),
        ("entries in another order", both.set("-signature", swapped.join(" ")), Reason::SignatureValid),
        (
            "signatures of two attempts swapped",
            case().set("-signature", second[2].1.clone()).with_log(),
            Reason::AttemptsMixed,
        ),
        (
            "signatures of two deliveries swapped",
            case().signed_body(|_| body_of(EventId::new(at(), 8))).with_log(),
            Reason::SignatureChanged,
        ),
        ("covered verified, body sent", mistaken, Reason::HeaderMissing),
        ("standard verified, body sent", of_body, Reason::ProfileDiffers),
        ("body verified, standard sent", of_standard, Reason::ProfileDiffers),
        ("unsigned", unsigned, Reason::Unsigned),
    ]
}

fn of_the_computation() -> Vec<(&'static str, Case, Reason)> {
    let case = || Case::new(Profile::Standard);
    let key = secret(1).standard_key().unwrap().to_vec();
    let text = secret(1).reveal().to_owned();
    let over = |change: &dyn Fn(&[u8]) -> Vec<u8>| {
        let head = format!("{}.{}.", event(), at().as_seconds());
        let body = change(&body_of(event()));
        case().computes(&key, |_| [head.as_bytes(), &body].concat())
    };
    let head = |id: &str, timestamp: &str| {
        let head = format!("{id}.{timestamp}.");
        case().computes(&key, |case| [head.as_bytes(), &case.body].concat())
    };
    let seconds = at().as_seconds().to_string();
    let right = case().computes(&key, standard_parts);
    let mut hexed = right.clone();
    let tag = STANDARD.decode(&right.computed.clone().unwrap()[3..]).unwrap();
    hexed.computed = Some(hex(&tag));
    let covered = |path: &str| {
        let head = format!("{}.{}.{path}.", at().as_seconds(), "ab".repeat(16));
        Case::new(Profile::Covered).computes(text.as_bytes(), |case| [head.as_bytes(), &case.body].concat())
    };
    let mut old = case().computes(secret(5).standard_key().unwrap(), standard_parts);
    let ended = KnownKey { expires_at: Some(at().minus(Duration::from_secs(9))), ..current(secret(5)) };
    old.keys.push(ended);
    let spacious = b" {\"a\":1}\n".to_vec();
    let mut trimmed = Case { body: spacious.clone(), ..case() }.signed_by(&[&secret(1)]);
    let head_of_trimmed = format!("{}.{}.", event(), at().as_seconds());
    trimmed = trimmed.computes(&key, |case| [head_of_trimmed.as_bytes(), case.body.trim_ascii()].concat());
    vec![
        ("trimmed", trimmed, Reason::BodyTrimmed),
        ("right", right, Reason::ComputedMatches),
        ("in hex", hexed, Reason::EncodingDiffers),
        ("not decoded", case().computes(&text.as_bytes()[6..], standard_parts), Reason::SecretNotDecoded),
        ("prefix kept", case().computes(text.as_bytes(), standard_parts), Reason::SecretPrefixKept),
        ("an old secret", old, Reason::SecretExpired),
        ("another secret", case().computes(&[3; 32], standard_parts), Reason::NoMatch),
        ("parsed and written", over(&stringified), Reason::BodyReserialised),
        ("a newline cut", over(&appended("\n")), Reason::BodyNewlineAdded),
        (
            "read as Latin-1",
            over(&|body| body.iter().map(|&b| char::from(b)).collect::<String>().into()),
            Reason::BodyCharsetChanged,
        ),
        ("read twice", over(&|_| Vec::new()), Reason::BodyEmpty),
        ("base64 of a gateway", over(&|body| STANDARD.encode(body).into()), Reason::BodyBase64),
        (
            "the delivery's id",
            head(&DeliveryId::of(event(), endpoint()).to_string(), &seconds),
            Reason::IdChanged,
        ),
        (
            "milliseconds",
            head(&event().to_string(), &format!("{seconds}000")),
            Reason::TimestampInMilliseconds,
        ),
        ("the body alone", case().computes(&key, |case| case.body.clone()), Reason::ProfileMistaken),
        (
            "the body alone, with the text",
            case().computes(text.as_bytes(), |case| case.body.clone()),
            Reason::ProfileMistaken,
        ),
        (
            "decoded under covered",
            Case::new(Profile::Body).computes(&key, |case| case.body.clone()),
            Reason::SecretDecoded,
        ),
        ("the path decoded", covered("/hooks/42 a"), Reason::PathDiffers),
        ("the path with a slash", covered("/hooks/42%20a/"), Reason::PathDiffers),
        (
            "no signature at all",
            Case { computed: Some("true".to_owned()), ..case() },
            Reason::SignatureMalformed,
        ),
    ]
}

#[test]
fn what_is_not_sabotaged_is_good_under_every_profile() {
    for profile in [Profile::Standard, Profile::StandardAsymmetric, Profile::Body, Profile::Covered] {
        for case in [Case::new(profile), Case::new(profile).with_log()] {
            let diagnosis = case.diagnosis();
            assert_eq!(
                (diagnosis.reason, diagnosis.profile, diagnosis.key),
                (Reason::SignatureValid, Some(profile), Some(0))
            );
        }
    }
}

#[test]
fn every_sabotage_is_called_by_its_name() {
    let all = sabotages();
    let wrong: Vec<_> = all
        .iter()
        .map(|(name, case, expected)| (name, case.diagnosis(), expected))
        .filter(|(_, diagnosis, expected)| diagnosis.reason != **expected)
        .map(|(name, diagnosis, expected)| format!("{name}: {:?}, not {expected:?}", diagnosis.reason))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// No reason that only exists on paper.
#[test]
fn every_reason_is_given_to_some_sabotage() {
    let all = sabotages();
    let given: Vec<_> = all.iter().map(|(_, case, _)| case.diagnosis().reason).collect();
    let never: Vec<_> = Reason::ALL.iter().filter(|reason| !given.contains(reason)).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn what_was_found_is_told_with_its_figures() {
    let detail = |name: &str| {
        let all = sabotages();
        all.into_iter().find(|(given, ..)| *given == name).unwrap().1.diagnosis().detail
    };
    for (name, figure) in [
        ("clock ahead", "The timestamp is 301 s before the receiver's clock."),
        ("expired", "ended at 2026-01-05T09:29:00.000Z"),
        ("id dropped", "`webhook-id` is missing."),
        ("a byte changed", "they differ from byte"),
        ("path behind a proxy", "`/hooks/42%20a` is signed; your server saw `/internal/42%20a`."),
        ("prefix changed", "The headers begin with `X-OWC-`."),
        ("of another endpoint, the event known", "It was made for `we_"),
    ] {
        assert!(detail(name).contains(figure), "{name}: {}", detail(name));
    }
}

/// An answer about a part of a signature would let a caller find a valid one byte by byte.
#[test]
fn the_beginning_of_the_right_signature_is_told_from_nothing() {
    let mut right = Case::new(Profile::Body);
    let signature = right.value("-signature");
    for digits in 0..64 {
        let right_start = format!("{}{}", &signature[..7 + digits], "0".repeat(64 - digits));
        let wrong = format!("sha256={}", "5".repeat(64));
        let told = |signature: &str| Case::new(Profile::Body).set("-signature", signature).diagnosis();
        assert_eq!(told(&right_start), told(&wrong), "{digits} digits are right");
        assert_eq!(told(&signature[..7 + digits]), told(&wrong[..7 + digits]), "{digits} digits are there");
    }
}

#[test]
fn neither_an_answer_nor_debug_shows_a_secret() {
    for (name, case, _) in sabotages() {
        let shown =
            format!("{:?} {:?}", case.diagnosis(), case.keys.iter().map(|key| &key.key).collect::<Vec<_>>());
        for key in [1, 2, 5, 9].map(|n| secret(n).reveal()[6..].to_owned()) {
            assert!(!shown.contains(&key), "{name}");
        }
    }
}

#[test]
fn without_an_endpoint_every_profile_and_prefix_is_taken() {
    for profile in [Profile::Standard, Profile::StandardAsymmetric, Profile::Body, Profile::Covered] {
        let case = Case::new(profile);
        let public = signer(profile, 1).public_key().map(VerificationKey::Public);
        let key = public.unwrap_or(VerificationKey::Secret(signer(profile, 1)));
        let keys = [current(secret(8)), KnownKey { key, expires_at: None }];
        let known = Known {
            keys: &keys,
            profile: None,
            prefix: None,
            path: None,
            endpoint: None,
            sent: None,
            now: at(),
        };
        let Case { headers, body, path, received_at, .. } = &case;
        let request = Request { headers, body, path: *path, received_at: *received_at, computed: None };
        let diagnosis = diagnose(&request, &known);
        assert_eq!((diagnosis.reason, diagnosis.key), (Reason::SignatureValid, Some(1)), "{profile:?}");
        assert_eq!(prefix(headers), Some("X-OWC"));
    }
}
