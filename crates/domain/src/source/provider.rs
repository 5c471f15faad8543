//! Which providers can post to a source, and by which schemes are their requests verified?
//! The providers with their signature schemes.
//!
//! How a scheme is computed, and what a provider's request means, is in the crate `providers`.

use serde::{Deserialize, Serialize};

use crate::source::scheme::Scheme;

/// Who posts to a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// SendGrid's Event Webhook: what became of e-mails.
    Sendgrid,
    /// SendGrid's Inbound Parse: e-mails that arrive.
    SendgridInboundParse,
    /// Twilio: SMS and MMS, their status and those that arrive.
    TwilioSms,
    /// Twilio: WhatsApp messages, their status and those that arrive.
    TwilioWhatsapp,
    /// Meta's WhatsApp Cloud API.
    MetaWhatsapp,
    /// The MessageBird platform: SMS.
    Messagebird,
    /// Bird, MessageBird's successor.
    Bird,
    /// Amazon SES, whose notifications come through SNS.
    AwsSes,
    /// Gupshup: WhatsApp messages.
    Gupshup,
    /// Vonage: its Messages API, or the older SMS API.
    Vonage,
    /// Plivo: SMS.
    Plivo,
    /// Mailgun: what became of e-mails, and those that arrive.
    Mailgun,
    /// Stripe.
    Stripe,
    /// GitHub.
    Github,
    /// Shopify.
    Shopify,
    /// Slack: the Events API, slash commands and interactivity.
    Slack,
    /// Any sender that signs by Standard Webhooks.
    StandardWebhooks,
    /// Any sender that delivers by Svix.
    Svix,
    /// Any sender that signs by HMAC; how, is set by `options`.
    Generic,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 19] = [
        Self::Sendgrid,
        Self::SendgridInboundParse,
        Self::TwilioSms,
        Self::TwilioWhatsapp,
        Self::MetaWhatsapp,
        Self::Messagebird,
        Self::Bird,
        Self::AwsSes,
        Self::Gupshup,
        Self::Vonage,
        Self::Plivo,
        Self::Mailgun,
        Self::Stripe,
        Self::Github,
        Self::Shopify,
        Self::Slack,
        Self::StandardWebhooks,
        Self::Svix,
        Self::Generic,
    ];

    /// The provider as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sendgrid => "sendgrid",
            Self::SendgridInboundParse => "sendgrid_inbound_parse",
            Self::TwilioSms => "twilio_sms",
            Self::TwilioWhatsapp => "twilio_whatsapp",
            Self::MetaWhatsapp => "meta_whatsapp",
            Self::Messagebird => "messagebird",
            Self::Bird => "bird",
            Self::AwsSes => "aws_ses",
            Self::Gupshup => "gupshup",
            Self::Vonage => "vonage",
            Self::Plivo => "plivo",
            Self::Mailgun => "mailgun",
            Self::Stripe => "stripe",
            Self::Github => "github",
            Self::Shopify => "shopify",
            Self::Slack => "slack",
            Self::StandardWebhooks => "standard_webhooks",
            Self::Svix => "svix",
            Self::Generic => "generic",
        }
    }

    /// The schemes that its requests may be verified by; the first is the default. Where there are several, the source's
    /// configuration chooses, never a request.
    pub const fn schemes(self) -> &'static [Scheme] {
        match self {
            Self::Sendgrid => &[Scheme::EcdsaP256],
            Self::SendgridInboundParse => &[Scheme::EcdsaP256, Scheme::AddressOnly],
            Self::TwilioSms | Self::TwilioWhatsapp => &[Scheme::Twilio],
            Self::MetaWhatsapp | Self::Github => &[Scheme::HubSignature256],
            Self::Messagebird => &[Scheme::MessagebirdJwt, Scheme::MessagebirdLegacy],
            Self::Bird => &[Scheme::StandardWebhooks, Scheme::BirdNotifications],
            Self::AwsSes => &[Scheme::Sns],
            Self::Gupshup => &[Scheme::StaticHeader, Scheme::AddressOnly],
            Self::Vonage => &[Scheme::VonageJwt, Scheme::VonageLegacy],
            Self::Plivo => &[Scheme::PlivoV3, Scheme::PlivoV2],
            Self::Mailgun => &[Scheme::Mailgun],
            Self::Stripe => &[Scheme::Stripe],
            Self::Shopify => &[Scheme::Shopify],
            Self::Slack => &[Scheme::SlackV0],
            Self::StandardWebhooks | Self::Svix => &[Scheme::StandardWebhooks],
            Self::Generic => &[Scheme::Hmac],
        }
    }

    /// What its event types begin with, where the source sets no prefix. The types of channels (`email.…`, `sms.…`,
    /// `whatsapp.…`) are the same for all providers and have none.
    pub const fn default_prefix(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Github => "github",
            Self::Shopify => "shopify",
            Self::Slack => "slack",
            _ => "",
        }
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
