//! Which request does a fuzzer's input stand for?
//! An input reads like a request: a letter for provider and scheme, a character whose bits are switches, the query,
//! headers a line each, an empty line, and the body.
//!
//! ```text
//! r0id=1&a=b
//! content-type: application/json
//!
//! {"type":"invoice.paid"}
//! ```

use domain::source::provider::Provider;
use domain::source::scheme::Scheme;

use crate::ADDRESS;

/// Each provider with each of its schemes; `a` is the first. Inputs that are kept name them by their place: add at the
/// end.
pub const PAIRS: [(Provider, Scheme); 25] = [
    (Provider::Sendgrid, Scheme::EcdsaP256),
    (Provider::SendgridInboundParse, Scheme::EcdsaP256),
    (Provider::SendgridInboundParse, Scheme::AddressOnly),
    (Provider::TwilioSms, Scheme::Twilio),
    (Provider::TwilioWhatsapp, Scheme::Twilio),
    (Provider::MetaWhatsapp, Scheme::HubSignature256),
    (Provider::Messagebird, Scheme::MessagebirdJwt),
    (Provider::Messagebird, Scheme::MessagebirdLegacy),
    (Provider::Bird, Scheme::StandardWebhooks),
    (Provider::Bird, Scheme::BirdNotifications),
    (Provider::AwsSes, Scheme::Sns),
    (Provider::Gupshup, Scheme::StaticHeader),
    (Provider::Gupshup, Scheme::AddressOnly),
    (Provider::Vonage, Scheme::VonageJwt),
    (Provider::Vonage, Scheme::VonageLegacy),
    (Provider::Plivo, Scheme::PlivoV3),
    (Provider::Plivo, Scheme::PlivoV2),
    (Provider::Mailgun, Scheme::Mailgun),
    (Provider::Stripe, Scheme::Stripe),
    (Provider::Github, Scheme::HubSignature256),
    (Provider::Shopify, Scheme::Shopify),
    (Provider::Slack, Scheme::SlackV0),
    (Provider::StandardWebhooks, Scheme::StandardWebhooks),
    (Provider::Svix, Scheme::StandardWebhooks),
    (Provider::Generic, Scheme::Hmac),
];

/// An input, read.
#[derive(Debug)]
pub struct Input {
    /// The provider of the source.
    pub provider: Provider,
    /// Its scheme.
    pub scheme: Scheme,
    switches: u8,
    /// The query, without its `?`.
    pub query: String,
    /// The headers, as a server hands them on: names in lower case, values without control characters.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a switch turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// The method is GET.
    Get = 1,
    /// The provider's other form: JSON of Twilio and Vonage, a form of Mailgun, no time of a generic sender.
    OtherForm = 2,
    /// Yet another: multipart of Mailgun, an SNS subscription to confirm.
    ThirdForm = 4,
    /// Signed with the secret of somebody else.
    Stranger = 8,
    /// Signed with an empty secret.
    EmptySecret = 16,
    /// The body many times in an array.
    Batch = 32,
}

impl Input {
    /// Reads an input; every input stands for a request.
    pub fn parse(data: &[u8]) -> Self {
        let mut bytes = data.iter().copied();
        let letter = usize::from(bytes.next().unwrap_or_default().wrapping_sub(b'a'));
        let (provider, scheme) = PAIRS[letter % PAIRS.len()];
        let switches = bytes.next().unwrap_or_default().wrapping_sub(b'0');
        let (query, mut rest) = line(data.get(2..).unwrap_or_default());
        let mut headers = Vec::new();
        while let (header @ [_, ..], after) = line(rest) {
            rest = after;
            if let Some(at) = header.iter().position(|byte| *byte == b':') {
                let name = text(&header[..at]).to_ascii_lowercase();
                let value = header[at + 1..].iter().copied().filter(|byte| *byte >= b' ' && *byte != 0x7f);
                headers.push((name, value.collect()));
            }
        }
        let (_, body) = line(rest);
        Self { provider, scheme, switches, query: text(query), headers, body: body.to_vec() }
    }

    /// Whether a switch is on.
    pub fn is(&self, switch: Switch) -> bool {
        self.switches & switch as u8 != 0
    }

    /// The HTTP method.
    pub fn method(&self) -> &'static str {
        if self.is(Switch::Get) { "GET" } else { "POST" }
    }

    /// The address that was called, with this query.
    pub fn url(query: &str) -> String {
        if query.is_empty() { ADDRESS.to_owned() } else { format!("{ADDRESS}?{query}") }
    }

    /// Writes an input, for the kept ones.
    pub fn write(
        place: usize,
        switches: u8,
        query: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Vec<u8> {
        let letter = char::from(b'a' + u8::try_from(place).unwrap_or_default());
        let mut text = format!("{letter}{}{query}\n", char::from(b'0' + switches));
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push('\n');
        [text.as_bytes(), body].concat()
    }
}

/// The first line, and what follows it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

/// What an HTTP server lets through in a query or a name.
fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().filter(u8::is_ascii_graphic).map(char::from).collect()
}
