//! How does a notification become an e-mail?
//! The request of SES's `SendEmail` (API v2), signed by AWS Signature Version 4. It is sent by egress, like any other
//! attempt.
//!
//! SES's SDK would be a second large SDK in the sender for one operation; its signer is there already, in every SDK.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningError, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::{EndpointUrl, EndpointUrlError};
use domain::timestamp::Timestamp;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

/// The path of `SendEmail`.
pub const PATH: &str = "/v2/email/outbound-emails";

/// Sends from one address. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: String,
    url: EndpointUrl,
    signer: Option<Signer>,
}

#[derive(Clone, Debug)]
struct Signer {
    region: String,
    credentials: SharedCredentialsProvider,
}

/// A request cannot be made: a fault of ours, not of the address.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// There are no credentials.
    #[error("there are no AWS credentials")]
    Credentials(#[from] CredentialsError),
    /// The request cannot be signed.
    #[error("the request to SES cannot be signed")]
    Signing(#[from] SigningError),
    /// Its parameters are incomplete.
    #[error("the request to SES cannot be signed: {0}")]
    Parameters(String),
}

impl Mailer {
    /// Sends through SES in `region`.
    ///
    /// # Errors
    /// When `region` is no label of a host name.
    pub fn through_ses(
        from: String,
        region: String,
        credentials: SharedCredentialsProvider,
    ) -> Result<Self, EndpointUrlError> {
        let is_label = region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !region.is_empty();
        if !is_label {
            return Err(EndpointUrlError::NotAUrl);
        }
        let url = format!("https://email.{region}.amazonaws.com{PATH}");
        let url = EndpointUrl::parse(&url, &AllowedTargets::public_only())?;
        Ok(Self { from, url, signer: Some(Signer { region, credentials }) })
    }

    /// Sends to what stands for SES, in local mode and in tests, without a signature.
    pub fn to_stand_in(from: String, url: EndpointUrl) -> Self {
        Self { from, url, signer: None }
    }

    /// Where its requests go.
    pub fn url(&self) -> &EndpointUrl {
        &self.url
    }

    /// Headers and body of the request that sends `content` to `address` at `now`. `content` is the request's member
    /// `Content`, as JSON.
    ///
    /// # Errors
    /// [`MailError`] when it cannot be signed.
    pub async fn request(
        &self,
        address: &str,
        content: &[u8],
        now: Timestamp,
    ) -> Result<(HeaderMap, Bytes), MailError> {
        let (from, to) = (serde_json::Value::from(self.from.as_str()), serde_json::Value::from(address));
        let head =
            format!(r#"{{"FromEmailAddress":{from},"Destination":{{"ToAddresses":[{to}]}},"Content":"#);
        let body = [head.as_bytes(), content, b"}"].concat();
        let mut request = http::Request::new(());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(signer) = &self.signer {
            signer.sign(&mut request, self.url.as_str(), &body, now).await?;
        }
        Ok((request.into_parts().0.headers, body.into()))
    }
}

impl Signer {
    /// Adds the headers of the signature.
    async fn sign(
        &self,
        request: &mut http::Request<()>,
        url: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), MailError> {
        let identity = self.credentials.provide_credentials().await?.into();
        let since_epoch = Duration::from_millis(now.as_millis().unsigned_abs());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("ses")
            .time(SystemTime::UNIX_EPOCH + since_epoch)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| MailError::Parameters(error.to_string()))?;
        let headers = [("content-type", "application/json")].into_iter();
        let signable = SignableRequest::new("POST", url, headers, SignableBody::Bytes(body))?;
        let (instructions, _) = sign(signable, &SigningParams::from(parameters))?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21T12:33:56Z").unwrap()
    }

    async fn request(mailer: &Mailer) -> (HeaderMap, Value) {
        let (headers, body) =
            mailer.request("\"ops\"@example.com", br#"{"Simple":{}}"#, now()).await.unwrap();
        (headers, serde_json::from_slice(&body).unwrap())
    }

    fn mailer(secret: &str) -> Mailer {
        let credentials = Credentials::new("AKID", secret, Some("session".to_owned()), None, "test");
        let credentials = SharedCredentialsProvider::new(credentials);
        Mailer::through_ses("posthorn@example.com".to_owned(), "eu-central-1".to_owned(), credentials)
            .unwrap()
    }

    #[tokio::test]
    async fn a_message_is_a_signed_request_to_ses_in_its_region() {
        let mailer = mailer("hush");
        assert_eq!(
            mailer.url().as_str(),
            "https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails"
        );
        let (headers, body) = request(&mailer).await;
        let expected = json!({
            "FromEmailAddress": "posthorn@example.com", "Destination": { "ToAddresses": ["\"ops\"@example.com"] },
            "Content": { "Simple": {} },
        });
        assert_eq!(body, expected);
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("x-amz-date"), Some("20261121T123356Z"));
        assert_eq!(header("x-amz-security-token"), Some("session"));
        let authorization = header("authorization").unwrap();
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-central-1/ses/aws4_request, \
            SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=";
        assert!(authorization.starts_with(scope), "{authorization}");
        assert!(!format!("{mailer:?} {headers:?}").contains("hush"));
        let (others, _) = request(&super::tests::mailer("other")).await;
        assert_ne!(others.get("authorization"), headers.get("authorization"), "the secret signs");
    }

    #[tokio::test]
    async fn what_stands_for_ses_gets_no_signature() {
        let url =
            EndpointUrl::parse("http://127.0.0.1:9/mail", &AllowedTargets::loopback_and_http()).unwrap();
        let (headers, _) = request(&Mailer::to_stand_in("posthorn@localhost".to_owned(), url)).await;
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn a_region_is_one_label_of_the_host_name() {
        for region in ["example.com/", "a b", "", "eu.central"] {
            let credentials =
                SharedCredentialsProvider::new(Credentials::new("AKID", "s", None, None, "test"));
            let mailer = Mailer::through_ses(String::new(), region.to_owned(), credentials);
            assert_eq!(mailer.err(), Some(EndpointUrlError::NotAUrl), "{region}");
        }
    }
}
