#![doc = include_str!("../README.md")]

pub mod adapter;
mod adapters;
mod body;
pub mod request;
pub mod sample;
mod signature;
pub mod vectors;

use domain::source::provider::Provider;

use crate::adapter::Adapter;
use crate::adapters::{
    aws_ses, bird, generic, github, gupshup, mailgun, messagebird, meta_whatsapp, plivo, sendgrid,
    sendgrid_inbound_parse, shopify, slack, standard_webhooks, stripe, twilio, vonage,
};
use crate::sample::{Draft, Sample};
use crate::signature::certificate;

/// The adapter of a provider.
pub fn adapter(provider: Provider) -> &'static dyn Adapter {
    match provider {
        Provider::Sendgrid => &sendgrid::Sendgrid,
        Provider::SendgridInboundParse => &sendgrid_inbound_parse::SendgridInboundParse,
        Provider::TwilioSms => &twilio::TwilioSms,
        Provider::TwilioWhatsapp => &twilio::TwilioWhatsapp,
        Provider::MetaWhatsapp => &meta_whatsapp::MetaWhatsapp,
        Provider::Messagebird => &messagebird::Messagebird,
        Provider::Bird => &bird::Bird,
        Provider::AwsSes => &aws_ses::AwsSes,
        Provider::Gupshup => &gupshup::Gupshup,
        Provider::Vonage => &vonage::Vonage,
        Provider::Plivo => &plivo::Plivo,
        Provider::Mailgun => &mailgun::Mailgun,
        Provider::Stripe => &stripe::Stripe,
        Provider::Github => &github::Github,
        Provider::Shopify => &shopify::Shopify,
        Provider::Slack => &slack::Slack,
        Provider::StandardWebhooks => &standard_webhooks::StandardWebhooks,
        Provider::Svix => &standard_webhooks::Svix,
        Provider::Generic => &generic::Generic,
    }
}

/// Whether what was fetched for [`adapter::Verdict::NeedsCertificate`] is a certificate, PEM. Nothing else is worth
/// keeping.
pub fn is_certificate(pem: &str) -> bool {
    certificate::is_certificate(pem)
}

/// A sample request, signed as the provider would.
pub fn sample(provider: Provider, draft: &Draft<'_>) -> Sample {
    match provider {
        Provider::Sendgrid => sendgrid::sample(draft),
        Provider::SendgridInboundParse => sendgrid_inbound_parse::sample(draft),
        Provider::TwilioSms => twilio::sample_sms(draft),
        Provider::TwilioWhatsapp => twilio::sample_whatsapp(draft),
        Provider::MetaWhatsapp => meta_whatsapp::sample(draft),
        Provider::Messagebird => messagebird::sample(draft),
        Provider::Bird => bird::sample(draft),
        Provider::AwsSes => aws_ses::sample(draft),
        Provider::Gupshup => gupshup::sample(draft),
        Provider::Vonage => vonage::sample(draft),
        Provider::Plivo => plivo::sample(draft),
        Provider::Mailgun => mailgun::sample(draft),
        Provider::Stripe => stripe::sample(draft),
        Provider::Github => github::sample(draft),
        Provider::Shopify => shopify::sample(draft),
        Provider::Slack => slack::sample(draft),
        Provider::StandardWebhooks => standard_webhooks::sample(draft),
        Provider::Svix => standard_webhooks::sample_svix(draft),
        Provider::Generic => generic::sample(draft),
    }
}
