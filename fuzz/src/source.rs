//! To which source is an input sent?
//! A source as its owner would set it up: with the options that its provider needs, and every bound kept.

use domain::source::SourceSettings;
use domain::source::options::{Algorithm, SourceOptions};
use domain::source::provider::Provider;
use domain::source::scheme::Scheme;
use domain::source::secret::ProviderSecret;
use providers::adapter::{Certificate, Setup};

use crate::input::{Input, PAIRS, Switch};
use crate::keys::Keys;
use crate::{TOPIC, now};

/// A word that nobody who calls can know.
pub const VERIFY_TOKEN: &str = "b9d2b1f05c7e4a6f8d13";

/// The settings of the source.
pub fn settings(input: &Input) -> SourceSettings {
    let mut options = SourceOptions::default();
    match (input.provider, input.scheme) {
        (Provider::AwsSes, _) => options.topic_arns.push(TOPIC.to_owned()),
        (Provider::MetaWhatsapp, _) => options.verify_token = Some(ProviderSecret::new(VERIFY_TOKEN)),
        (_, Scheme::VonageLegacy) => options.algorithm = Some(Algorithm::Sha256),
        (Provider::Generic, _) => {
            options.header = Some("X-Signature".to_owned());
            options.type_from = Some("/type".to_owned());
            options.dedupe_from = Some("header:X-Delivery".to_owned());
            let has_time = !input.is(Switch::OtherForm);
            options.timestamp_header = has_time.then(|| "X-Timestamp".to_owned());
        }
        _ => {}
    }
    SourceSettings {
        name: "fuzz".to_owned(),
        provider: input.provider,
        scheme: Some(input.scheme),
        active: true,
        public_base_url: None,
        event_type_prefix: None,
        channels: Vec::new(),
        tolerance_seconds: None,
        options,
    }
}

/// What verification knows of the source.
pub fn setup<'a>(
    settings: &'a SourceSettings,
    secrets: &'a [String],
    certificate: Option<Certificate<'a>>,
) -> Setup<'a> {
    Setup {
        scheme: settings.scheme(),
        secrets: secrets.iter().map(String::as_str).collect(),
        options: &settings.options,
        tolerance: settings.tolerance(),
        now: now(),
        certificate,
    }
}

/// Checks, once, that every provider is fuzzed with each of its schemes, and that its source is one that can be saved.
///
/// # Panics
/// When one is missing or wrong: add it to [`PAIRS`].
pub fn check() {
    for provider in Provider::ALL {
        for scheme in provider.schemes() {
            assert!(PAIRS.contains(&(provider, *scheme)), "{provider} is not fuzzed with {scheme}");
        }
    }
    for place in 0..PAIRS.len() {
        let input = Input::parse(&Input::write(place, 0, "", &[], b""));
        settings(&input).check(false).unwrap_or_else(|problem| panic!("{input:?}: {problem}"));
        for keys in [Keys::ours(), Keys::strangers()] {
            let secret = keys.secret(input.scheme);
            let good = secret.map_or(Ok(()), |secret| input.scheme.check_secret(&secret));
            assert_eq!(good, Ok(()), "{input:?}");
        }
    }
}
