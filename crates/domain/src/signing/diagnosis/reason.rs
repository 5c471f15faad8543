//! What can be wrong with a signature?
//! A closed list of reasons: a stable word for programs, and a sentence that says what to do next.

use serde::{Deserialize, Serialize};

/// Declares each reason with its word and its advice, so that none exists without the others.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident => $word:literal, $advice:literal;)*) => {
        /// Why a signature is taken or refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Reason {$(
            $(#[$doc])*
            $name,
        )*}

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self {$(Self::$name => $word,)*}
            }

            /// What it means, and what to do next.
            pub fn advice(self) -> &'static str {
                match self {$(Self::$name => $advice,)*}
            }
        }
    };
}

reasons! {
    /// Everything is right.
    SignatureValid => "signature_valid",
        "The signature is right. If your code refuses this request, its own computation differs: send the signature that it computed as `computed`.";
    /// What the receiver computed is right.
    ComputedMatches => "computed_matches",
        "Your code computes a signature that is in the header, so the comparison is at fault: split the header at spaces, and accept if any entry is equal.";
    /// A header of the signature is not there.
    HeaderMissing => "header_missing",
        "Let every proxy pass the header on, and look it up without regard to upper and lower case.";
    /// The headers have another prefix than the endpoint.
    HeaderPrefixDiffers => "header_prefix_differs",
        "The signature is right, but the headers have another prefix than the endpoint. Use the endpoint's `header_prefix` in your code.";
    /// The headers are those of another profile.
    ProfileDiffers => "profile_differs",
        "The headers are those of another profile than the endpoint's. Verify by the endpoint's profile; a request from before its change must be refused.";
    /// The endpoint does not sign.
    Unsigned => "unsigned",
        "The endpoint has the profile `none`, so nothing is signed. Choose a profile for the endpoint.";
    /// The header holds nothing that could be a signature.
    SignatureMalformed => "signature_malformed",
        "No entry of the header is a whole signature: it was cut or changed on its way. Pass the header on as it came.";
    /// The right signature, written otherwise.
    EncodingDiffers => "encoding_differs",
        "The signature is right, but written differently. Write it as the profile says: `v1,` and base64, or `sha256=` and lower-case hex.";
    /// Made by the rules of another profile.
    ProfileMistaken => "profile_mistaken",
        "The signature was made by the rules of another profile. Use those of the endpoint's profile.";
    /// The timestamp is no number.
    TimestampMalformed => "timestamp_malformed",
        "The timestamp must be digits only, the unix time in seconds. Pass the header on as it came.";
    /// The timestamp is in milliseconds.
    TimestampInMilliseconds => "timestamp_in_milliseconds",
        "The timestamp is in milliseconds. It must be the header's own text, in seconds.";
    /// The timestamp is too far before the receiver's clock.
    TimestampTooOld => "timestamp_too_old",
        "The signature is right, but the timestamp is more than 300 s in the past. Set the receiver's clock by NTP. If the clock is right, the request was delayed or replayed: refuse it.";
    /// The timestamp is too far after the receiver's clock.
    TimestampInFuture => "timestamp_in_future",
        "The signature is right, but the timestamp is more than 300 s in the future. Set the receiver's clock by NTP.";
    /// Timestamp or nonce are of another attempt.
    AttemptsMixed => "attempts_mixed",
        "The signature belongs to another attempt than the timestamp or the nonce. Use the headers of one request together.";
    /// The id is another one.
    IdChanged => "id_changed",
        "The signature is right for another id. Sign the header `webhook-id` as it came: the event's id, not the delivery's.";
    /// The signed path is another one.
    PathDiffers => "path_differs",
        "The signature covers another path. Use the path of the URL that Posthorn calls, percent-encoded and without the query, not the path behind a proxy.";
    /// The base64 text was the key.
    SecretNotDecoded => "secret_not_decoded",
        "The secret was used as text. Base64-decode what follows `whsec_`, and use the bytes as the key.";
    /// The whole text, prefix included, was the key.
    SecretPrefixKept => "secret_prefix_kept",
        "The secret was used as text, with its prefix. Cut off `whsec_`, base64-decode the rest, and use the bytes as the key.";
    /// The secret was decoded where its text is the key.
    SecretDecoded => "secret_decoded",
        "The secret was base64-decoded. Under this profile the key is its text as it was shown, `whsec_` included.";
    /// The prefix was cut off where the whole text is the key.
    SecretPrefixCut => "secret_prefix_cut",
        "The secret was used without `whsec_`. Under this profile the key is the whole text as it was shown.";
    /// White space at the end of the secret.
    SecretUntrimmed => "secret_untrimmed",
        "The secret was used with a line break or a space at its end. Trim it where it is read.";
    /// An old secret, after its end.
    SecretExpired => "secret_expired",
        "It was made with an old secret of this endpoint, which no longer signs. Use the secret that the last rotation showed.";
    /// A secret that is not known.
    WrongSecret => "wrong_secret",
        "The signature was made with another secret. Use the one of this endpoint; if it is lost, rotate it.";
    /// A delivery of another endpoint.
    OtherEndpoint => "other_endpoint",
        "This delivery was made for another endpoint. Verify it with that endpoint's secret.";
    /// Only the signature is not what was sent.
    SignatureChanged => "signature_changed",
        "Everything is as it was sent but the signature, which is another one. Use the signature of the same request.";
    /// There is no body.
    BodyEmpty => "body_empty",
        "The body is empty: something read it before. Keep the raw bytes when they are read first.";
    /// The same JSON, written again.
    BodyReserialised => "body_reserialised",
        "The body is JSON that was parsed and written again, so its bytes differ. Verify the raw bytes, then parse them.";
    /// The same JSON with other escapes.
    BodyEscapesChanged => "body_escapes_changed",
        "Characters of the body are escaped differently (`\\u00e9` for `é`, `\\/` for `/`). Verify the raw bytes, then parse them.";
    /// A line break is missing at the end.
    BodyNewlineCut => "body_newline_cut",
        "A line break at the end of the body is missing. Use every byte of the body.";
    /// A line break too many at the end.
    BodyNewlineAdded => "body_newline_added",
        "The body has a line break at its end that was not signed. Use the raw bytes; a file that was saved by an editor has one more.";
    /// The byte order mark is missing.
    BodyBomCut => "body_bom_cut",
        "The byte order mark at the start of the body is missing. Use the raw bytes, not decoded text.";
    /// A byte order mark too many.
    BodyBomAdded => "body_bom_added",
        "The body has a byte order mark (EF BB BF) at its start that was not signed. Use the raw bytes.";
    /// CRLF for LF, or the other way round.
    BodyLineEndsChanged => "body_line_ends_changed",
        "The body's line ends were changed (CRLF for LF or LF for CRLF). Use the raw bytes, in binary mode.";
    /// White space is missing at an end.
    BodyTrimmed => "body_trimmed",
        "White space at the start or end of the body is missing. Use every byte of the body.";
    /// White space too much at an end.
    BodyWhitespaceAdded => "body_whitespace_added",
        "The body has white space at its start or end that was not signed. Use the raw bytes.";
    /// Base64 for the bytes, or the other way round.
    BodyBase64 => "body_base64",
        "Base64 stands for the body's bytes, or the other way round. Where a gateway marks a body as base64, decode it first.";
    /// Read in one character set, written in another.
    BodyCharsetChanged => "body_charset_changed",
        "The body was read in one character set and written in another. Use the raw bytes, not decoded text.";
    /// The body of another event.
    BodyOfOtherEvent => "body_of_other_event",
        "The body belongs to another event than the headers. Verify each request with its own headers.";
    /// Changed in no way that is known.
    BodyChanged => "body_changed",
        "The body is not the one that was sent. Use the raw bytes as they arrive; if you do, something on the way changes them.";
    /// Nothing explains it.
    NoMatch => "no_match",
        "No mistake that is known explains it: the secret is not this endpoint's, or the body is not as it was sent. Check both.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_what_the_api_writes() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::json!(reason), reason.as_str());
        }
    }

    #[test]
    fn the_documentation_has_every_reason() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
        let document = std::fs::read_to_string(path).unwrap();
        let rows =
            Reason::ALL.iter().map(|reason| format!("| `{}` | {} |\n", reason.as_str(), reason.advice()));
        let table: String = rows.collect();
        assert!(document.contains(&table), "put this table into docs/api.md, \"Verify\":\n{table}");
    }
}
