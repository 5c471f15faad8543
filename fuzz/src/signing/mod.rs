//! How would the provider sign this request?
//! Every scheme once more, from the providers' documentation and without the crate `providers`: what is signed here must
//! be valid there.

mod body_schemes;
mod parameter_schemes;
mod token_schemes;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::source::scheme::Scheme;
use hmac::digest::KeyInit as _;
use hmac::{Hmac, Mac as _};
use providers::request::Request;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::input::{Input, Switch};
use crate::keys::Keys;

/// A request that is signed.
#[derive(Debug)]
pub struct Signed {
    /// The HTTP method.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its body.
    pub body: Vec<u8>,
    /// Whether the signature must be accepted. It may be refused where the provider's documentation leaves open what is
    /// signed (a parameter that comes twice), or where the input changes the signed members themselves.
    pub must_be_valid: bool,
}

/// Who signs.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    keys: &'a Keys,
    mac_key: &'a [u8],
    secret: &'a str,
}

impl<'a> Signer<'a> {
    /// Somebody with these keys, whose secret is `secret`.
    pub fn new(keys: &'a Keys, secret: &'a str) -> Self {
        let mac_key = if secret.is_empty() { b"" } else { keys.mac_key() };
        Self { keys, mac_key, secret }
    }

    fn sha256(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.mac_key).expect("any length");
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }

    fn sha1(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.mac_key).expect("any length");
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }
}

impl Signed {
    /// The input as it is, without a signature.
    pub fn not(input: &Input) -> Self {
        Self {
            method: input.method(),
            url: Input::url(&input.query),
            headers: input.headers.clone(),
            body: input.body.clone(),
            must_be_valid: false,
        }
    }

    /// The request as adapters get it.
    pub fn request(&self) -> Request<'_> {
        Request { method: self.method, url: &self.url, headers: &self.headers, body: &self.body }
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len());
        self.body.len() + self.url.len() + headers.sum::<usize>()
    }

    /// A request with this body, whose signature must be accepted.
    fn of(input: &Input, body: Vec<u8>) -> Self {
        Self { body, must_be_valid: true, ..Self::not(input) }
    }

    /// With a header, the only one of its name.
    fn with(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.retain(|(found, _)| found != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same, of which it is left open whether it must be accepted, unless `is_clear`.
    fn must_be_valid_if(mut self, is_clear: bool) -> Self {
        self.must_be_valid &= is_clear;
        self
    }
}

/// The input as its provider sends it, if `signer` is the provider.
pub fn sign(input: &Input, signer: Signer<'_>) -> Signed {
    let body = if input.is(Switch::Batch) { batch(&input.body) } else { input.body.clone() };
    match input.scheme {
        Scheme::AddressOnly => Signed::of(input, body),
        Scheme::StaticHeader => Signed::of(input, body).with("authorization", signer.secret),
        Scheme::EcdsaP256 => body_schemes::ecdsa(input, body, signer),
        Scheme::HubSignature256 => body_schemes::hub(input, body, signer),
        Scheme::BirdNotifications => body_schemes::bird(input, body, signer),
        Scheme::StandardWebhooks => body_schemes::standard(input, body, signer),
        Scheme::Stripe => body_schemes::stripe(input, body, signer),
        Scheme::Shopify => body_schemes::shopify(input, body, signer),
        Scheme::SlackV0 => body_schemes::slack(input, body, signer),
        Scheme::Hmac => body_schemes::generic(input, body, signer),
        Scheme::Sns => body_schemes::sns(input, body, signer),
        Scheme::Twilio => parameter_schemes::twilio(input, body, signer),
        Scheme::MessagebirdLegacy => parameter_schemes::messagebird(input, body, signer),
        Scheme::VonageLegacy => parameter_schemes::vonage(input, body, signer),
        Scheme::PlivoV2 => parameter_schemes::plivo_v2(input, body, signer),
        Scheme::PlivoV3 => parameter_schemes::plivo_v3(input, body, signer),
        Scheme::Mailgun => token_schemes::mailgun(input, body, signer),
        Scheme::MessagebirdJwt => token_schemes::messagebird(input, body, signer),
        Scheme::VonageJwt => token_schemes::vonage(input, body, signer),
    }
}

/// The body several times in an array.
fn batch(body: &[u8]) -> Vec<u8> {
    const TIMES: usize = 24;
    [b"[".to_vec(), vec![body; TIMES].join(&b','), b"]".to_vec()].concat()
}

fn time() -> String {
    crate::NOW.to_string()
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn hex(bytes: &[u8]) -> String {
    domain::hex::hex(bytes)
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}
