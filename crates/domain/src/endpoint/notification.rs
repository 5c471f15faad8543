//! Which endpoints are notifications, and which settings may they have?
//! A notification is an endpoint whose body is a message to people in Posthorn's words: it gets operational events alone, and
//! its URL is an incoming webhook of a chat service, or an e-mail address. With a template the words are the owner's, and it
//! subscribes as any other endpoint does.
//!
//! The path of a webhook's URL is a credential: it is all that is needed to write into the channel. So it is sealed in the
//! table, and logs and attempts show the host alone.

use std::net::IpAddr;

use url::Host;

use crate::endpoint::address::{AllowedTargets, is_public};
use crate::endpoint::endpoint_url::{EndpointUrl, REDACTED};
use crate::endpoint::{BodyForm, Endpoint, EndpointSettings, Method};
use crate::event::event_type::EventTypePattern;
use crate::event::operational::OperationalEvent;
use crate::policy::outcome::{OutcomeRules, StatusPattern};
use crate::problem::Invalid;
use crate::signing::profile::Profile;

/// SES answers 400 for an address or a message that it will never take, 429 when too many are sent, and 5xx when it fails:
/// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors>.
const SES_REFUSES: StatusPattern = StatusPattern::Code(400);

/// The families of which all members are operational events.
const FAMILIES: [&str; 3] = ["posthorn.*", "posthorn.endpoint.*", "posthorn.delivery.*"];

impl EndpointSettings {
    /// Whether the endpoint is a notification.
    pub fn is_notification(&self) -> bool {
        self.body.is_message() && self.template.is_none()
    }

    /// The settings as they are stored. A notification that lists no types lists every operational event, and none is
    /// signed: the services verify no signature. An e-mail that SES refuses is not tried again.
    #[must_use]
    pub fn completed(mut self) -> Self {
        if self.is_notification() && self.events.is_empty() {
            let names = OperationalEvent::ALL.iter().map(|event| event.name());
            self.events = names.filter_map(|name| EventTypePattern::parse(name).ok()).collect();
        }
        if self.body.is_message() {
            self.signature.profile = Profile::None;
        }
        if self.body == BodyForm::Email && self.outcomes == OutcomeRules::default() {
            self.outcomes.permanent.push(SES_REFUSES);
        }
        self
    }
}

impl Endpoint {
    /// The URL as a log of attempts may show it: without its query, and of a notification, whose path is a secret, only
    /// the host.
    pub fn shown_url(&self) -> String {
        if self.settings.body.is_message() {
            self.url.without_path().to_string()
        } else {
            self.url.without_query()
        }
    }
}

/// What may be shown of a notification's URL: its host. The text may be invalid.
pub(super) fn redacted(url: &str) -> String {
    let host = url.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.split(['/', '?', '#']).next()?;
        Some(format!("{scheme}://{host}/{REDACTED}"))
    });
    host.filter(|_| !url.contains('@')).unwrap_or_else(|| REDACTED.to_owned())
}

/// Notes what a notification may not be; `url` has passed the checks that every endpoint's URL must pass.
pub(super) fn check(
    settings: &EndpointSettings,
    url: Option<&EndpointUrl>,
    allowed: &AllowedTargets,
    invalid: &mut Invalid,
) {
    if !settings.body.is_message() {
        return;
    }
    if let Some(url) = url
        && !is_of(settings.body, url)
        && !plays_a_service(url, allowed)
    {
        invalid.push("/url", address_of(settings.body));
    }
    invalid.require(
        // One that is switched off may stay, and be changed.
        settings.body != BodyForm::Email || !settings.active || allowed.permits_mail(),
        "/body",
        "cannot be email: the operator has not configured an address to send from (the template's NotificationsFrom)",
    );
    invalid.require(
        !settings.is_notification() || settings.events.iter().all(is_operational),
        "/events",
        "of a notification may list posthorn.endpoint.failing, posthorn.endpoint.disabled, \
         posthorn.endpoint.recovered and posthorn.delivery.exhausted only, or their families; \
         to send messages about other events, give it a template",
    );
    invalid.require(settings.method == Method::Post, "/method", "of a notification must be POST");
}

fn is_operational(pattern: &EventTypePattern) -> bool {
    let text = pattern.as_str();
    FAMILIES.contains(&text) || OperationalEvent::ALL.iter().any(|event| event.name() == text)
}

/// What an address of the service looks like, for the caller.
fn address_of(form: BodyForm) -> &'static str {
    match form {
        BodyForm::Slack => {
            "must be the address of a Slack incoming webhook: https://hooks.slack.com/services/T.../B.../..."
        }
        BodyForm::Teams => {
            "must be the address of a Microsoft Teams workflow, with its query: \
             https://....environment.api.powerplatform.com/.../workflows/... or https://....logic.azure.com/workflows/..."
        }
        BodyForm::Discord => {
            "must be the address of a Discord webhook: https://discord.com/api/webhooks/{id}/{token}"
        }
        BodyForm::Email => "must be mailto: and one e-mail address, such as mailto:ops@example.com",
        BodyForm::Envelope | BodyForm::Data => "must be the address of a chat service",
    }
}

/// Whether the service gives out such addresses.
///
/// - Slack: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>; GovSlack has a domain of its own,
///   <https://docs.slack.dev/govslack>.
/// - Teams: the trigger "When a Teams webhook request is received". Power Automate moved its addresses from
///   `logic.azure.com` to `environment.api.powerplatform.com` by the end of November 2025,
///   <https://learn.microsoft.com/en-us/troubleshoot/power-platform/power-automate/flow-run-issues/triggers-troubleshoot>;
///   Azure Logic Apps keep the former.
/// - Discord: <https://docs.discord.com/developers/resources/webhook>. The clients for testers copy addresses of `ptb` and
///   `canary`. A further path segment is another API: `/slack` and `/github` take other bodies.
fn is_of(form: BodyForm, url: &EndpointUrl) -> bool {
    let host = url.host().trim_end_matches('.');
    let path: Vec<&str> = url.path().split('/').skip(1).collect();
    let fits = match form {
        BodyForm::Slack => {
            matches!(host, "hooks.slack.com" | "hooks.slack-gov.com")
                && matches!(path[..], ["services", team, app, secret] if ![team, app, secret].contains(&""))
        }
        BodyForm::Teams => {
            let is_host =
                host.ends_with(".environment.api.powerplatform.com") || host.ends_with(".logic.azure.com");
            is_host && path.contains(&"workflows") && url.as_url().query().is_some()
        }
        BodyForm::Discord => {
            let (subdomain, domain) = host.split_once('.').unwrap_or_default();
            let is_domain = |name: &str| matches!(name, "discord.com" | "discordapp.com");
            (is_domain(host) || matches!(subdomain, "ptb" | "canary") && is_domain(domain))
                && matches!(path[..], ["api", "webhooks", id, token] if ![id, token].contains(&""))
        }
        BodyForm::Email => return url.mail_address().is_some(),
        BodyForm::Envelope | BodyForm::Data => false,
    };
    fits && url.as_url().scheme() == "https"
}

/// In local mode a receiver on this machine, or a host that was allowed by name, may stand for the service.
fn plays_a_service(url: &EndpointUrl, allowed: &AllowedTargets) -> bool {
    let is_local = |ip: IpAddr| !is_public(ip) || allowed.permits_host(&ip.to_string());
    match url.as_url().host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost" || allowed.permits_host(name),
        Some(Host::Ipv4(ip)) => is_local(ip.into()),
        Some(Host::Ipv6(ip)) => is_local(ip.into()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SLACK: &str = "https://hooks.slack.com/services/T0/B0/hush";
    const TEAMS: &str = "https://default0.0a.environment.api.powerplatform.com:443/powerautomate/automations/direct/\
        workflows/0/triggers/manual/paths/invoke?api-version=1&sig=hush";
    const DISCORD: &str = "https://discord.com/api/webhooks/1/hush";

    fn settings(body: &str, url: &str) -> EndpointSettings {
        serde_json::from_value(json!({ "url": url, "body": body })).unwrap()
    }

    fn refused_at(settings: EndpointSettings, allowed: AllowedTargets) -> Vec<String> {
        let refused = settings.completed().check(&allowed).err();
        let errors = refused.map(|problem| problem.errors()).unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn each_service_takes_its_own_addresses_and_no_others() {
        for (form, url) in [
            ("slack", SLACK),
            ("slack", "https://hooks.slack-gov.com/services/T0/B0/hush"),
            ("teams", TEAMS),
            (
                "teams",
                "https://prod-1.westeurope.logic.azure.com/workflows/0/triggers/manual/paths/invoke?sig=hush",
            ),
            ("discord", DISCORD),
            ("discord", "https://discordapp.com/api/webhooks/1/hush"),
            ("discord", "https://canary.discord.com/api/webhooks/1/hush?wait=true"),
        ] {
            let public = AllowedTargets::public_only();
            assert_eq!(refused_at(settings(form, url), public), [""; 0], "{form} {url}");
            for other in ["slack", "teams", "discord"].into_iter().filter(|other| *other != form) {
                assert_eq!(refused_at(settings(other, url), public), ["/url"], "{other} {url}");
            }
        }
        for (form, url) in [
            ("slack", "https://hooks.slack.com/workflows/T0/A0/1/hush"),
            ("slack", "https://hooks.slack.com/services/T0/B0/"),
            ("slack", "https://hooks.slack.com/services/T0/B0"),
            ("slack", "https://hooks.slack.com.example.com/services/T0/B0/hush"),
            ("slack", "https://example.com/hooks.slack.com/services/T0/B0/hush"),
            ("teams", "https://logic.azure.com.example.com/workflows/0?sig=hush"),
            ("teams", "https://examplelogic.azure.com/workflows/0?sig=hush"),
            ("teams", "https://prod-1.westeurope.logic.azure.com/workflows/0/triggers/manual/paths/invoke"),
            ("teams", "https://example.webhook.office.com/webhookb2/hush"),
            ("discord", "https://discord.com/api/webhooks/1/hush/slack"),
            ("discord", "https://discord.com/channels/1/2"),
            ("discord", "https://evil.discord.com/api/webhooks/1/hush"),
            ("discord", "https://discord.com.example.com/api/webhooks/1/hush"),
        ] {
            assert_eq!(
                refused_at(settings(form, url), AllowedTargets::public_only()),
                ["/url"],
                "{form} {url}"
            );
        }
    }

    #[test]
    fn a_receiver_on_this_machine_may_stand_for_a_service_in_local_mode_alone() {
        let local = AllowedTargets::loopback_and_http();
        let hosts: &'static [String] = Box::leak(Box::new(["chat".to_owned(), "10.0.0.7".to_owned()]));
        for url in ["http://127.0.0.1:9000/hooks", "http://localhost:9000/", "http://[::1]:9000/hooks"] {
            assert_eq!(refused_at(settings("slack", url), local), [""; 0], "{url}");
            assert_eq!(refused_at(settings("slack", url), AllowedTargets::public_only()), ["/url"], "{url}");
        }
        for url in ["http://chat:80/", "http://10.0.0.7/"] {
            assert_eq!(refused_at(settings("slack", url), local.with_hosts(hosts)), [""; 0], "{url}");
        }
        // Plain http to the service itself would send the credential in the clear.
        let plain = SLACK.replace("https", "http");
        for url in ["http://example.com/services/T0/B0/hush", "https://8.8.8.8/services/T0/B0/hush", &plain] {
            assert_eq!(refused_at(settings("slack", url), local), ["/url"], "{url}");
        }
    }

    #[test]
    fn a_notification_lists_operational_events_alone_and_all_of_them_by_default() {
        let with_events = |events: &[&str]| {
            let mut settings = settings("slack", SLACK);
            settings.events = events.iter().map(|text| EventTypePattern::parse(text).unwrap()).collect();
            settings
        };
        let all = with_events(&[]).completed();
        let all: Vec<_> = all.events.iter().map(EventTypePattern::as_str).collect();
        assert_eq!(all, OperationalEvent::ALL.map(OperationalEvent::name));
        for (events, refused) in [
            (&["posthorn.endpoint.*", "posthorn.delivery.exhausted"][..], &[][..]),
            (&["posthorn.*"], &[]),
            (&["invoice.paid"], &["/events"]),
            (&["posthorn.endpoint.failing", "endpoint.failing"], &["/events"]),
            (&["posthorn.test"], &["/events"]),
        ] {
            assert_eq!(refused_at(with_events(events), AllowedTargets::public_only()), refused, "{events:?}");
        }
        let put = EndpointSettings { method: Method::Put, ..settings("slack", SLACK) };
        assert_eq!(refused_at(put, AllowedTargets::public_only()), ["/method"]);
    }

    #[test]
    fn a_notification_is_not_signed_and_other_endpoints_are_left_alone() {
        assert_eq!(settings("discord", DISCORD).completed().signature.profile, Profile::None);
        let ordinary = settings("data", "https://example.com/");
        assert_eq!(ordinary.clone().completed(), ordinary);
    }

    #[test]
    fn settings_that_are_printed_keep_the_address_of_a_notification_to_themselves() {
        for (form, url) in [("slack", SLACK), ("teams", TEAMS), ("discord", DISCORD)] {
            let settings = settings(form, url);
            let parsed = settings.check(&AllowedTargets::public_only());
            let shown = settings.without_secrets();
            assert!(!format!("{settings:?} {parsed:?} {}", shown.url).contains("hush"));
            assert!(shown.url.starts_with("https://") && shown.url.ends_with("/[redacted]"), "{}", shown.url);
        }
        for url in ["mailto:ops@example.com", "https://me:hush@example.com/hush", "hush", ""] {
            assert_eq!(settings("slack", url).without_secrets().url, "[redacted]");
        }
    }
}
