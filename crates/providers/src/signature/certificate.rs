//! Did the owner of this certificate sign this?
//! X.509 by `x509-cert`: the certificate must be for the expected name and valid now. RSA PKCS#1 v1.5 by AWS-LC.
//!
//! The chain is not followed: the certificate is believed because it was fetched by TLS from the one host that serves it.

use std::time::Duration;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use domain::source::received::Reason;
use domain::timestamp::Timestamp;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, SigningKey as _};
use x509_cert::Certificate;
use x509_cert::der::DecodePem as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::adapter::Refusal;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The hash of an RSA signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RsaHash {
    Sha1,
    Sha256,
}

/// The RSA key of a certificate that may be used.
#[derive(Debug)]
pub(crate) struct RsaKey(Vec<u8>);

impl RsaKey {
    /// The key of a certificate, PEM, that is for `name` and valid at `now`.
    ///
    /// # Errors
    /// [`Reason::CertificateRefused`]; [`Reason::CertificateUnavailable`] for what is no certificate, which says nothing
    /// about the message.
    pub(crate) fn of(pem: &str, name: &str, now: Timestamp) -> Result<Self, Refusal> {
        let refused = |detail: String| Refusal::new(Reason::CertificateRefused, detail);
        let certificate = read(pem).ok_or_else(|| {
            let detail = "what is at the address of its certificate cannot be read as a certificate";
            Refusal::new(Reason::CertificateUnavailable, detail)
        })?;
        let certificate = certificate.tbs_certificate();
        let since_1970 = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or_default());
        let validity = certificate.validity();
        if since_1970 < validity.not_before.to_unix_duration() {
            return Err(refused("its certificate is not yet valid; is this clock right?".to_owned()));
        }
        if since_1970 > validity.not_after.to_unix_duration() {
            return Err(refused("its certificate has expired".to_owned()));
        }
        if !is_for(certificate, name) {
            return Err(refused(format!("its certificate is not for {name}")));
        }
        let key = certificate.subject_public_key_info();
        let bytes =
            (key.algorithm.oid == RSA_ENCRYPTION).then(|| key.subject_public_key.as_bytes()).flatten();
        bytes
            .map(|bytes| Self(bytes.to_vec()))
            .ok_or_else(|| refused("its certificate has no RSA key".to_owned()))
    }

    /// Checks a signature. Keys of less than 2048 bits are refused.
    ///
    /// # Errors
    /// [`Reason::SignatureMismatch`].
    pub(crate) fn require_match(
        &self,
        hash: RsaHash,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Refusal> {
        let algorithm: &'static RsaParameters = match hash {
            RsaHash::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            RsaHash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.0).verify(message, signature).map_err(|_| {
            let detail =
                "its certificate does not belong to its signature: it was changed, or AWS did not sign it";
            Refusal::new(Reason::SignatureMismatch, detail)
        })
    }
}

/// Whether the text is a certificate that can be read, PEM.
pub(crate) fn is_certificate(pem: &str) -> bool {
    read(pem).is_some()
}

fn read(pem: &str) -> Option<Certificate> {
    Certificate::from_pem(pem.trim().as_bytes()).ok()
}

/// Whether the certificate is for exactly this DNS name. The common name counts only if there are no alternative names
/// (RFC 6125, 6.4.4).
fn is_for(certificate: &x509_cert::TbsCertificate, name: &str) -> bool {
    match certificate.get_extension::<SubjectAltName>() {
        Ok(Some((_, SubjectAltName(names)))) => names.iter().any(
            |found| matches!(found, GeneralName::DnsName(found) if found.as_str().eq_ignore_ascii_case(name)),
        ),
        Ok(None) => {
            let common_name = certificate.subject().common_name().ok().flatten();
            common_name.is_some_and(|found| found.value().eq_ignore_ascii_case(name))
        }
        Err(_) => false,
    }
}

/// A key with its certificate, for one sample.
#[derive(Debug)]
pub(crate) struct SampleCertificate {
    key: KeyPair,
    /// The certificate, PEM.
    pub(crate) pem: String,
}

impl SampleCertificate {
    /// A new key, with a certificate for `name` that is valid for two days before and after `now`.
    pub(crate) fn new(name: &str, now: Timestamp) -> Option<Self> {
        const TWO_DAYS: Duration = Duration::from_secs(48 * 3600);
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).ok()?;
        let mut params = CertificateParams::new([name.to_owned()]).ok()?;
        params.distinguished_name.push(DnType::CommonName, name);
        let now = Duration::from_millis(u64::try_from(now.as_millis()).ok()?);
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + now.saturating_sub(TWO_DAYS);
        params.not_after = epoch + now + TWO_DAYS;
        let pem = params.self_signed(&key).ok()?.pem();
        Some(Self { key, pem })
    }

    /// The RSA signature of `message` with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.key.sign(message).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "sns.amazonaws.com";

    fn now() -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000)
    }

    fn refusal(pem: &str, name: &str, now: Timestamp) -> Option<String> {
        RsaKey::of(pem, name, now).err().map(|refusal| {
            assert_eq!(refusal.reason, Reason::CertificateRefused);
            refusal.detail
        })
    }

    #[test]
    fn a_certificate_counts_within_its_time_and_for_its_name() {
        let pem = SampleCertificate::new(NAME, now()).unwrap().pem;
        let days = |days: u64| Duration::from_secs(days * 24 * 3600 + 1);
        assert_eq!(refusal(&pem, NAME, now()), None);
        assert_eq!(refusal(&pem, NAME, now().plus(days(1))), None);
        assert!(refusal(&pem, NAME, now().plus(days(2))).unwrap().contains("expired"));
        assert!(refusal(&pem, NAME, now().minus(days(2))).unwrap().contains("not yet"));
        assert!(refusal(&pem, "sns.eu-central-1.amazonaws.com", now()).unwrap().contains("is not for"));
        assert!(refusal(&pem, "amazonaws.com", now()).is_some());
    }

    #[test]
    fn what_cannot_be_read_is_no_certificate_and_says_nothing() {
        let pem = SampleCertificate::new(NAME, now()).unwrap().pem;
        assert!(is_certificate(&pem) && is_certificate(&format!("\n{pem}\n")));
        for unreadable in ["", "a page of HTML", &pem[..pem.len() / 2], &pem.replace('M', "\u{e9}")] {
            assert!(!is_certificate(unreadable), "{unreadable}");
            let refusal = RsaKey::of(unreadable, NAME, now()).unwrap_err();
            assert_eq!(refusal.reason, Reason::CertificateUnavailable, "{unreadable}");
        }
    }

    #[test]
    fn only_the_owner_of_the_certificate_can_sign() {
        let (mine, other) =
            (SampleCertificate::new(NAME, now()).unwrap(), SampleCertificate::new(NAME, now()).unwrap());
        let key = RsaKey::of(&mine.pem, NAME, now()).unwrap();
        let signature = mine.sign(b"message").unwrap();
        assert!(key.require_match(RsaHash::Sha256, b"message", &signature).is_ok());
        for (hash, message, signature) in [
            (RsaHash::Sha1, &b"message"[..], signature.clone()),
            (RsaHash::Sha256, b"another", signature.clone()),
            (RsaHash::Sha256, b"message", other.sign(b"message").unwrap()),
            (RsaHash::Sha256, b"message", Vec::new()),
        ] {
            let refusal = key.require_match(hash, message, &signature).unwrap_err();
            assert_eq!(refusal.reason, Reason::SignatureMismatch);
        }
    }

    #[test]
    fn only_rsa_is_taken() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let pem = params.self_signed(&key).unwrap().pem();
        assert!(refusal(&pem, NAME, now()).unwrap().contains("no RSA key"));
    }
}
