//! Is a request refused that its provider did not sign?
//! Without the secret, nothing is valid, whatever the headers, the query and the body are.

use domain::source::provider::Provider;
use domain::source::scheme::AuthStrength;
use providers::adapter::{Certificate, MAX_DETAIL_CHARS, Refusal, Verdict};
use url::Url;

use crate::input::{Input, Switch};
use crate::keys::Keys;
use crate::oracle::split;
use crate::signing::{self, Signed, Signer};
use crate::source;

/// Checks an input: as it is, and as somebody signs it who has another secret or none.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let input = Input::parse(data);
    let strangers = Keys::strangers();
    let secret = strangers.secret(input.scheme).unwrap_or_default();
    let request = if input.is(Switch::Stranger) {
        signing::sign(&input, Signer::new(strangers, &secret))
    } else if input.is(Switch::EmptySecret) {
        signing::sign(&input, Signer::new(strangers, ""))
    } else {
        Signed::not(&input)
    };
    let ours = Keys::ours().secret(input.scheme);
    for secrets in [ours.into_iter().collect::<Vec<_>>(), Vec::new(), vec![String::new()]] {
        is_refused(&input, &request, &secrets);
    }
}

fn is_refused(input: &Input, request: &Signed, secrets: &[String]) {
    let settings = source::settings(input);
    let adapter = providers::adapter(input.provider);
    let mut setup = source::setup(&settings, secrets, None);
    let certificate = match adapter.verify(&request.request(), &setup) {
        Verdict::NeedsCertificate(url) => {
            assert!(is_certificate_url(&url), "a certificate would be fetched from {url}");
            Some(url)
        }
        verdict => return is_no_forgery(input, request, secrets, verdict),
    };
    // AWS gives its certificate, for which only AWS has the key.
    setup.certificate = certificate.as_deref().map(|url| Certificate { url, pem: &Keys::ours().certificate });
    let verdict = adapter.verify(&request.request(), &setup);
    assert!(!matches!(verdict, Verdict::NeedsCertificate(_)), "the certificate is asked for again");
    is_no_forgery(input, request, secrets, verdict);
}

fn is_no_forgery(input: &Input, request: &Signed, secrets: &[String], verdict: Verdict<'_>) {
    match verdict {
        Verdict::Invalid(refusal) => refusal_is_harmless(&refusal, secrets),
        Verdict::Undecided(refusal) => panic!("undecided with the certificate: {refusal:?}"),
        Verdict::Valid(verified) => {
            let strength = input.scheme.strength();
            assert_eq!(strength, AuthStrength::AddressOnly, "valid without the secret: {input:?}");
            split::check_parts(input, request, &verified, secrets);
        }
        // Slack's probe is never signed. Meta's handshake needs the verify token, which nobody knows.
        Verdict::Answered(answer) => {
            let is_probe = input.provider == Provider::Slack && answer.body.is_empty();
            assert!(is_probe, "answered without the secret: {answer:?}");
        }
        Verdict::NeedsCertificate(_) => {}
    }
}

/// Details are shown to the source's owner and stored.
pub(crate) fn refusal_is_harmless(refusal: &Refusal, secrets: &[String]) {
    let Refusal { detail, .. } = refusal;
    let chars = detail.chars().count();
    assert!((1..=MAX_DETAIL_CHARS).contains(&chars), "a detail of {chars} characters");
    let told = secrets.iter().any(|secret| !secret.is_empty() && detail.contains(secret.as_str()));
    assert!(!told && !detail.contains(source::VERIFY_TOKEN), "the detail tells a secret");
}

/// Whether this is an address that only Amazon SNS can have: not a bucket, not a port or a user of somebody else.
fn is_certificate_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let name =
        url.path().strip_prefix("/SimpleNotificationService-").and_then(|name| name.strip_suffix(".pem"));
    let name = name.is_some_and(|name| name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_at_sns(&url) && name && url.query().is_none() && url.as_str() == text
}

/// Whether the URL is at SNS in the region of the topic.
pub(crate) fn is_at_sns(url: &Url) -> bool {
    url.scheme() == "https"
        && url.host_str() == Some("sns.eu-central-1.amazonaws.com")
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}
