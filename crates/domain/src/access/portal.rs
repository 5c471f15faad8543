//! How does a workspace's portal look, and who may show it in a frame?
//! Branding settings of a workspace: name, colour, logo, and the origins that may embed it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::problem::Invalid;

/// Longest name that the portal shows, in characters.
pub const MAX_PORTAL_NAME_CHARS: usize = 100;
/// Most origins that may show the portal in a frame.
pub const MAX_ORIGINS: usize = 10;
/// Longest URL, in bytes.
pub const MAX_PORTAL_URL_BYTES: usize = 2_048;
/// Largest logo, in bytes.
pub const MAX_LOGO_BYTES: usize = 32 * 1024;

/// What every PNG image begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What the name of a kept logo begins with.
const KEPT_LOGO: &str = "png_";

/// The look of a workspace's portal, and where it may be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PortalSettings {
    /// The name of your product, 1 to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100, examples("Acme")))]
    pub name: Option<String>,
    /// The colour of buttons and links, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^#[0-9A-Fa-f]{6}$", examples("#0a7d4f")))]
    pub accent: Option<String>,
    /// The logo: a PNG image of at most 32 KiB in base64. Shown as `png_…`: it is at `/portal/{workspace}/logo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("png_2_5f8a3c1be07d4429")))]
    pub logo: Option<String>,
    /// Light, dark, or as the reader's system is.
    #[serde(default)]
    pub theme: PortalTheme,
    /// The origins of the pages that may show the portal in a frame, at most 10: `https://` and a host. For development also
    /// `http://localhost` and `http://127.0.0.1`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 10, examples(json!(["https://app.example.com"]))))]
    pub origins: Vec<String>,
    /// Where a portal goes whose link has expired: a page of your product that makes a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2048, examples("https://app.example.com/webhooks")))]
    pub refresh_url: Option<String>,
    /// Where the portal's way back leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 2048, examples("https://app.example.com")))]
    pub return_url: Option<String>,
    /// Whether the portal does not say what it is made with.
    #[serde(default)]
    pub hide_branding: bool,
    /// The pages that it has; if left out, all that the rights of a link allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Vec<PortalPage>>,
    /// The language, a BCP 47 tag; if left out, the reader's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 2, max_length = 35, examples("en")))]
    pub lang: Option<String>,
}

/// The colours of the portal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PortalTheme {
    /// As the reader's system.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A page of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PortalPage {
    /// What needs attention.
    Overview,
    /// The endpoints.
    Endpoints,
    /// The deliveries.
    Deliveries,
    /// The events.
    Events,
    /// The event types.
    Catalogue,
}

impl PortalSettings {
    /// Whether nothing is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks every bound.
    pub fn check(&self, invalid: &mut Invalid) {
        let name = |name: &String| (1..=MAX_PORTAL_NAME_CHARS).contains(&name.trim().chars().count());
        let holds =
            |value: &Option<String>, holds: &dyn Fn(&String) -> bool| value.as_ref().is_none_or(holds);
        invalid.require(holds(&self.name, &name), "/portal/name", "must be 1 to 100 characters");
        invalid.require(holds(&self.accent, &|text| is_colour(text)), "/portal/accent", "must be `#rrggbb`");
        if let Some(logo) = self.logo.as_ref().filter(|logo| !is_kept(logo))
            && let Err(detail) = decoded(logo)
        {
            invalid.push("/portal/logo", detail);
        }
        invalid.require(self.origins.len() <= MAX_ORIGINS, "/portal/origins", "must be at most 10");
        for (place, origin) in self.origins.iter().enumerate() {
            let detail = "must be `https://` and a host, with nothing behind it";
            invalid.require(is_origin(origin), &format!("/portal/origins/{place}"), detail);
        }
        let detail = "must be an https URL of at most 2048 bytes";
        invalid.require(holds(&self.refresh_url, &|url| is_url(url)), "/portal/refresh_url", detail);
        invalid.require(holds(&self.return_url, &|url| is_url(url)), "/portal/return_url", detail);
        let pages = self.pages.as_ref().is_none_or(|pages| !pages.is_empty());
        invalid.require(pages, "/portal/pages", "must name at least one page");
        let detail = "must be a language tag such as `en` or `de-CH`";
        invalid.require(holds(&self.lang, &|tag| is_language(tag)), "/portal/lang", detail);
    }

    /// The image that is to be kept, if the logo is one; a logo that is kept already is named.
    pub fn new_logo(&self) -> Option<Vec<u8>> {
        self.logo.as_ref().filter(|logo| !is_kept(logo)).and_then(|logo| decoded(logo).ok())
    }

    /// Names the logo that is kept since the workspace's `revision`. `digest` is that of the image.
    pub fn keep_logo(&mut self, revision: u64, digest: &str) {
        let short = digest.get(..16).unwrap_or(digest);
        self.logo = Some(format!("{KEPT_LOGO}{revision}_{short}"));
    }
}

fn is_kept(logo: &str) -> bool {
    logo.strip_prefix(KEPT_LOGO).is_some_and(|name| {
        name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

fn decoded(logo: &str) -> Result<Vec<u8>, &'static str> {
    let image = STANDARD.decode(logo).map_err(|_| "must be a PNG image in base64")?;
    if image.len() > MAX_LOGO_BYTES {
        return Err("must be at most 32 KiB");
    }
    if image.starts_with(PNG) { Ok(image) } else { Err("must be a PNG image in base64") }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// An origin as browsers write it. It becomes part of a header: nothing but names, numbers and dots gets through.
fn is_origin(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:/[]".contains(&byte);
    text.len() <= 300
        && text.bytes().all(plain)
        && Url::parse(text).is_ok_and(|url| is_safe(&url) && url.origin().ascii_serialization() == text)
}

fn is_url(text: &str) -> bool {
    let plain = text.len() <= MAX_PORTAL_URL_BYTES && !text.bytes().any(|byte| byte.is_ascii_control());
    plain
        && Url::parse(text)
            .is_ok_and(|url| is_safe(&url) && url.username().is_empty() && url.password().is_none())
}

/// Over https, or on the reader's own machine, where somebody develops.
fn is_safe(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && loopback))
}

fn is_language(tag: &str) -> bool {
    let part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (2..=35).contains(&tag.len())
        && tag.split('-').all(part)
        && tag.split('-').next().is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrong(settings: &PortalSettings) -> Vec<String> {
        let mut invalid = Invalid::new();
        settings.check(&mut invalid);
        let problem = invalid.into_result().err();
        problem.map_or_else(Vec::new, |problem| {
            problem.errors().into_iter().map(|error| error.pointer).collect()
        })
    }

    fn with_origin(origin: &str) -> PortalSettings {
        PortalSettings { origins: vec![origin.to_owned()], ..PortalSettings::default() }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for origin in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:3000",
            "http://127.0.0.1:1",
        ] {
            assert!(wrong(&with_origin(origin)).is_empty(), "{origin}");
        }
        for origin in [
            "",
            "*",
            "https:",
            "https://*",
            "https://*.example.com",
            "https://a;script-src *",
            "https://a;b",
            "https://a,b",
            "https://a b",
            "https://a'",
            "https://app.example.com/",
            "https://app.example.com:443",
            "https://APP.example.com",
            "https://user@a",
            "https://a/b",
            "http://app.example.com",
            "http://10.0.0.1",
            "data:text/html,a",
            "https://a\n",
            "'self'",
            "null",
        ] {
            assert_eq!(wrong(&with_origin(origin)), ["/portal/origins/0"], "{origin}");
        }
        let many = vec!["https://a".to_owned(); 11];
        assert_eq!(
            wrong(&PortalSettings { origins: many, ..PortalSettings::default() }),
            ["/portal/origins"]
        );
    }

    #[test]
    fn a_logo_is_a_small_png() {
        let logo =
            |image: &[u8]| PortalSettings { logo: Some(STANDARD.encode(image)), ..PortalSettings::default() };
        let mut png = PNG.to_vec();
        png.resize(MAX_LOGO_BYTES, 0);
        let mut kept = logo(&png);
        assert!(wrong(&kept).is_empty());
        assert_eq!(kept.new_logo(), Some(png.clone()));
        kept.keep_logo(7, &"ab".repeat(32));
        assert_eq!(kept.logo.as_deref(), Some("png_7_abababababababab"));
        assert!(wrong(&kept).is_empty() && kept.new_logo().is_none());
        png.push(0);
        for image in [&png[..], b"<svg onload='alert(1)'/>", b"GIF89a", b""] {
            assert_eq!(wrong(&logo(image)), ["/portal/logo"]);
        }
        let strange = PortalSettings { logo: Some("png_../x".to_owned()), ..PortalSettings::default() };
        assert_eq!(wrong(&strange), ["/portal/logo"]);
    }

    #[test]
    fn every_value_out_of_bounds_is_named() {
        let text = |text: &str| Some(text.to_owned());
        let settings = PortalSettings {
            name: text(" "),
            accent: text("red"),
            refresh_url: text("javascript:alert(1)"),
            return_url: text("http://example.com"),
            pages: Some(Vec::new()),
            lang: text("1"),
            ..PortalSettings::default()
        };
        let pointers = ["name", "accent", "refresh_url", "return_url", "pages", "lang"];
        assert_eq!(wrong(&settings), pointers.map(|name| format!("/portal/{name}")));
        let fine = PortalSettings {
            name: text("Acme"),
            accent: text("#0A7d4f"),
            refresh_url: text("https://app.example.com/hooks?a=1"),
            return_url: text("http://localhost:3000/"),
            pages: Some(vec![PortalPage::Endpoints]),
            lang: text("de-CH"),
            ..PortalSettings::default()
        };
        assert!(wrong(&fine).is_empty());
    }

    proptest! {
        #[test]
        fn no_origin_brings_another_directive_into_the_policy(origin in "https?://[ -~]{0,20}") {
            if wrong(&with_origin(&origin)).is_empty() {
                prop_assert!(!origin.contains([';', ',', ' ', '*', '\'', '"', '\r', '\n']));
            }
        }
    }
}
