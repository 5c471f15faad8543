//! Which adapter belongs to which provider?
//! One file a provider; [`crate::adapter::Adapter`] is the shape of all.

pub(crate) mod aws_ses;
pub(crate) mod bird;
pub(crate) mod generic;
pub(crate) mod github;
pub(crate) mod gupshup;
pub(crate) mod mailgun;
pub(crate) mod messagebird;
pub(crate) mod meta_whatsapp;
pub(crate) mod plivo;
pub(crate) mod sendgrid;
pub(crate) mod sendgrid_inbound_parse;
pub(crate) mod shopify;
pub(crate) mod slack;
pub(crate) mod standard_webhooks;
pub(crate) mod stripe;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod twilio;
pub(crate) mod vonage;
