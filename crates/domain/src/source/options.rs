//! Which settings belong to one provider only?
//! Provider options: the SNS topics, the handshake's token, and how a generic sender signs.

use serde::{Deserialize, Serialize};

use crate::endpoint::custom_headers::is_header_name;
use crate::problem::Invalid;
use crate::source::provider::Provider;
use crate::source::scheme::Scheme;
use crate::source::secret::ProviderSecret;
use crate::source::topic::TopicArn;

/// Headers that belong to HTTP: no sender signs in them.
const OF_HTTP: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "content-type"];
/// Most SNS topics that one source may list.
pub const MAX_TOPICS: usize = 20;

/// Settings that only some providers have. A setting of another provider is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceOptions {
    /// `aws_ses`: the SNS topics that may post here. Anybody can subscribe this address to a topic of theirs, with valid
    /// signatures; a message of another topic is refused. A subscription is confirmed only for a topic of this list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_items = 20, examples(json!(["arn:aws:sns:eu-central-1:123456789012:ses-events"])))
    )]
    pub topic_arns: Vec<String>,
    /// `aws_ses`: whether messages signed with SHA-1 (SignatureVersion 1, which is SNS's default) are refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_signature_v2: bool,
    /// `meta_whatsapp`: the verify token, a word of your choice that you enter at Meta, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, min_length = 8, max_length = 128))]
    pub verify_token: Option<ProviderSecret>,
    /// `vonage`: the API key of the account, which a request's JWT must name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub account_api_key: Option<String>,
    /// `vonage` with `vonage_legacy`, and `generic`: the algorithm. `md5hash` and `md5` are Vonage's only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// `gupshup` and `generic`: the header that carries the fixed value or the signature. Gupshup's is `Authorization` if
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("X-Signature")))]
    pub header: Option<String>,
    /// `generic`: how the signature is written; `hex` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// `generic`: what stands before the signature in the header, `sha256=` for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 32, examples("sha256=")))]
    pub prefix: Option<String>,
    /// `generic`: the header with the time of the request, in unix seconds. If there is one, `{time}.{body}` is signed,
    /// otherwise the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("X-Timestamp")))]
    pub timestamp_header: Option<String>,
    /// `generic`: where the event's type stands: a JSON pointer into the body (`/type`), or `header:` and a header's name.
    /// If left out, every event is of the type `received`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, examples("/type", "header:X-Event")))]
    pub type_from: Option<String>,
    /// `generic`: where a key of the event stands that is the same when the event is sent again, written as `type_from`
    /// is. If left out, two requests with the same body, and the same time if it is signed, are the same event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, examples("/id", "header:X-Delivery")))]
    pub dedupe_from: Option<String>,
}

/// The algorithm of a signature that the owner of a source must name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Vonage's oldest: MD5 of the parameters and the secret.
    Md5hash,
    /// HMAC-MD5.
    Md5,
    /// HMAC-SHA1.
    Sha1,
    /// HMAC-SHA256.
    Sha256,
    /// HMAC-SHA512.
    Sha512,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Hexadecimal digits.
    #[default]
    Hex,
    /// Base64.
    Base64,
    /// Base64 for URLs, without padding.
    Base64url,
}

/// Where a text of a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// In a header.
    Header(&'a str),
    /// In the body, at an RFC 6901 pointer.
    Pointer(&'a str),
}

impl<'a> Place<'a> {
    /// Reads `header:X-Name` or a JSON pointer; `None` if it is neither.
    pub fn parse(text: &'a str) -> Option<Self> {
        match text.strip_prefix("header:") {
            Some(name) => is_header_name(name).then_some(Self::Header(name)),
            None => (text.starts_with('/') && text.len() <= 200).then_some(Self::Pointer(text)),
        }
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl SourceOptions {
    /// Checks that each option belongs to the provider and is within its bounds, and that none is missing.
    pub(crate) fn check(&self, provider: Provider, scheme: Scheme, invalid: &mut Invalid) {
        self.check_that_they_belong(provider, scheme, invalid);
        let arns = &self.topic_arns;
        invalid.require(arns.len() <= MAX_TOPICS, "/options/topic_arns", "may list at most 20 topics");
        for (index, arn) in arns.iter().enumerate() {
            let pointer = format!("/options/topic_arns/{index}");
            invalid.require(
                TopicArn::parse(arn).is_some(),
                &pointer,
                "must be the ARN of an SNS topic: arn:aws:sns:REGION:ACCOUNT:NAME",
            );
        }
        if provider == Provider::MetaWhatsapp {
            let token = self.verify_token.as_ref().map_or("", ProviderSecret::reveal);
            let is_good =
                (8..=128).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
            invalid.require(is_good, "/options/verify_token", "must be 8 to 128 visible ASCII characters");
        }
        if scheme == Scheme::VonageLegacy {
            invalid.require(
                self.algorithm.is_some(),
                "/options/algorithm",
                "is required: the signature method set at Vonage",
            );
        }
        for (pointer, header) in
            [("/options/header", &self.header), ("/options/timestamp_header", &self.timestamp_header)]
        {
            let is_good = header.as_ref().is_none_or(|name| {
                let of_http = OF_HTTP.iter().any(|header| name.eq_ignore_ascii_case(header));
                is_header_name(name) && name.len() <= 100 && !of_http
            });
            invalid.require(is_good, pointer, "is not a header name, or one that HTTP itself uses");
        }
        if provider == Provider::Generic {
            invalid.require(self.header.is_some(), "/options/header", "is required: the signature's header");
            let hmac = !matches!(self.algorithm, Some(Algorithm::Md5hash | Algorithm::Md5));
            invalid.require(hmac, "/options/algorithm", "must be `sha1`, `sha256` or `sha512`");
        }
        let short = self.prefix.as_ref().is_none_or(|prefix| {
            prefix.len() <= 32 && prefix.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        });
        invalid.require(short, "/options/prefix", "must be at most 32 printable ASCII characters");
        let same = self.header.is_some()
            && self.header.as_ref().map(|name| name.to_ascii_lowercase())
                == self.timestamp_header.as_ref().map(|name| name.to_ascii_lowercase());
        invalid.require(!same, "/options/timestamp_header", "must be another header than the signature's");
        for (pointer, place) in
            [("/options/type_from", &self.type_from), ("/options/dedupe_from", &self.dedupe_from)]
        {
            let is_good = place.as_deref().is_none_or(|place| Place::parse(place).is_some());
            invalid.require(is_good, pointer, "must be a JSON pointer such as `/type`, or `header:X-Name`");
        }
    }

    fn check_that_they_belong(&self, provider: Provider, scheme: Scheme, invalid: &mut Invalid) {
        use Provider::{AwsSes, Generic, Gupshup, MetaWhatsapp, Vonage};
        let legacy = scheme == Scheme::VonageLegacy;
        let options = [
            ("topic_arns", !self.topic_arns.is_empty(), provider == AwsSes),
            ("require_signature_v2", self.require_signature_v2, provider == AwsSes),
            ("verify_token", self.verify_token.is_some(), provider == MetaWhatsapp),
            ("account_api_key", self.account_api_key.is_some(), provider == Vonage && !legacy),
            ("algorithm", self.algorithm.is_some(), provider == Generic || legacy),
            ("header", self.header.is_some(), matches!(provider, Gupshup | Generic)),
            ("encoding", self.encoding.is_some(), provider == Generic),
            ("prefix", self.prefix.is_some(), provider == Generic),
            ("timestamp_header", self.timestamp_header.is_some(), provider == Generic),
            ("type_from", self.type_from.is_some(), provider == Generic),
            ("dedupe_from", self.dedupe_from.is_some(), provider == Generic),
        ];
        for (name, is_set, belongs) in options {
            let detail = format!("is no option of `{provider}` with the scheme `{scheme}`");
            invalid.require(!is_set || belongs, &format!("/options/{name}"), &detail);
        }
    }
}
