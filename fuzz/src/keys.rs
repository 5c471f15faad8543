//! With which keys is signed?
//! One party has the source's secret; the other is a stranger with keys of its own. The fuzzer sees neither.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::source::scheme::Scheme;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::EncodePublicKey as _;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, SigningKey as _};

/// The keys of one party.
#[derive(Debug)]
pub struct Keys {
    text: &'static str,
    p256: SigningKey,
    rsa: KeyPair,
    /// Its certificate for the name of Amazon SNS, PEM.
    pub certificate: String,
}

impl Keys {
    /// The keys that the sources expect.
    pub fn ours() -> &'static Self {
        static OURS: OnceLock<Keys> = OnceLock::new();
        OURS.get_or_init(|| Self::new("0c2f8be5f1a94d3e9b7764aa15d08e3c", 1))
    }

    /// The keys of somebody else.
    pub fn strangers() -> &'static Self {
        static STRANGERS: OnceLock<Keys> = OnceLock::new();
        STRANGERS.get_or_init(|| Self::new("5e91d7a3b06c42f8a1d39e574c20bb86", 2))
    }

    fn new(text: &'static str, byte: u8) -> Self {
        let p256 = SigningKey::from_slice(&[byte; 32]).expect("a scalar of the curve");
        let rsa = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key");
        let mut params = CertificateParams::new(["sns.amazonaws.com".to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, "sns.amazonaws.com");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let certificate = params.self_signed(&rsa).expect("a certificate").pem();
        Self { text, p256, rsa, certificate }
    }

    /// The secret of a source with this scheme; `None` where it has none.
    pub fn secret(&self, scheme: Scheme) -> Option<String> {
        match scheme {
            Scheme::AddressOnly | Scheme::Sns => None,
            Scheme::EcdsaP256 => {
                let der = self.p256.verifying_key().to_public_key_der().expect("a public key");
                Some(STANDARD.encode(der.as_bytes()))
            }
            Scheme::StandardWebhooks => Some(format!("whsec_{}", STANDARD.encode(self.text))),
            Scheme::StaticHeader => Some(format!("Bearer {}", self.text)),
            _ => Some(self.text.to_owned()),
        }
    }

    /// The key of HMACs under this scheme.
    pub fn mac_key(&self) -> &'static [u8] {
        self.text.as_bytes()
    }

    /// ECDSA over P-256 with SHA-256, DER.
    pub fn sign_p256(&self, message: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::DerSignature = self.p256.sign(message);
        signature.as_bytes().to_vec()
    }

    /// RSA PKCS#1 v1.5 with SHA-256.
    pub fn sign_rsa(&self, message: &[u8]) -> Vec<u8> {
        self.rsa.sign(message).expect("a signature")
    }
}
