//! Which URLs may a customer register?
//! SSRF validation of URLs: an [`EndpointUrl`] was parsed once, by the rules of browsers (WHATWG), and accepted: https,
//! an allowed port, a public-looking host, no credentials.
//!
//! This is the first check, made when a URL is saved, so that the customer learns of a mistake at once. A name may
//! still resolve to an address that is not public. The decisive check is made when connecting, for every resolved
//! address; there [`EndpointUrl::check`] also checks a stored URL once more, because an address written as the host is
//! never resolved.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use crate::action::name::ActionName;
use crate::endpoint::address::AllowedTargets;
use crate::endpoint::mail_address::is_mail_address;
use crate::event::event_type::EventType;
use crate::id::EndpointId;

/// The longest URL an endpoint may have, in bytes, as given and as written out after parsing.
pub const MAX_URL_BYTES: usize = 2_048;

/// What the URL of an e-mail notification begins with.
const MAILTO: &str = "mailto:";

/// What the URL of a rule's step begins with that posts nothing by itself.
const POSTHORN: &str = "posthorn:";

/// The ports an endpoint may listen on; others would make Posthorn a port scanner.
pub const ALLOWED_PORTS: [u16; 2] = [443, 8443];

/// Names that never lead to the public internet: RFC 6761 and 6762, `.onion` (RFC 7686), the reverse lookups and home
/// networks under `.arpa` (RFC 3172, RFC 8375), ICANN's `.internal`, the private names that RFC 6762 appendix G lists, and
/// what Kubernetes calls its services. A name below one of these is refused, and so is the name itself.
const REFUSED_DOMAINS: [&str; 15] = [
    "arpa",
    "cluster.local",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "svc",
    "test",
];

/// Why a URL is refused as an endpoint's URL. The text is for the customer and never repeats an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointUrlError {
    /// Longer than [`MAX_URL_BYTES`].
    #[error("must be at most {MAX_URL_BYTES} bytes")]
    TooLong,
    /// Not an absolute URL with a host.
    #[error("must be a URL with scheme and host, such as https://example.com/hooks")]
    NotAUrl,
    /// Another scheme.
    #[error("must be https")]
    NotHttps,
    /// `user:password@` before the host.
    #[error("must not contain a user name or password")]
    HasUserinfo,
    /// `#…` at the end.
    #[error("must not contain a fragment")]
    HasFragment,
    /// A port outside [`ALLOWED_PORTS`].
    #[error("port not allowed: use 443 or 8443")]
    PortNotAllowed,
    /// A name that can only mean something inside a network.
    #[error("host must be a public domain name")]
    NameNotPublic,
    /// An address that is not public, in whatever spelling.
    #[error("address not allowed")]
    AddressNotAllowed,
    /// Not `mailto:` and one address.
    #[error("must be mailto: and one e-mail address, such as mailto:ops@example.com")]
    NotAMailAddress,
}

/// What a step of a rule does that posts nothing by itself; written, it is the URL of the step's endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepUrl {
    /// It delivers to an endpoint that exists.
    Forward(EndpointId),
    /// It makes a derived event of this type.
    Emit(EventType),
    /// It invokes the action of this name.
    Invoke(ActionName),
}

impl fmt::Display for StepUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward(endpoint) => write!(f, "{POSTHORN}forward:{endpoint}"),
            Self::Emit(event_type) => write!(f, "{POSTHORN}emit:{event_type}"),
            Self::Invoke(action) => write!(f, "{POSTHORN}invoke:{action}"),
        }
    }
}

/// What stands for the path of a URL where that is a secret.
pub const REDACTED: &str = "[redacted]";

/// The URL of a customer's endpoint.
///
/// `Display` leaves the query out, because customers put tokens there, and `Debug` the path, too;
/// [`as_str`](Self::as_str) does not.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Parses and checks a URL that a customer typed in.
    ///
    /// # Errors
    ///
    /// The first rule it breaks.
    pub fn parse(text: &str, allowed: &AllowedTargets) -> Result<Self, EndpointUrlError> {
        let url = Self::read(text)?;
        url.check(allowed)?;
        Ok(url)
    }

    /// Parses the `mailto:` URL of an e-mail notification: one address, and nothing else that RFC 6068 allows. No HTTP
    /// request can go to it: [`check`](Self::check) refuses it.
    ///
    /// # Errors
    ///
    /// [`EndpointUrlError::NotAMailAddress`].
    pub fn parse_mail(text: &str) -> Result<Self, EndpointUrlError> {
        let address = text.strip_prefix(MAILTO).filter(|address| is_mail_address(address));
        let url = address.and_then(|_| Url::parse(text).ok());
        url.map(Self).ok_or(EndpointUrlError::NotAMailAddress)
    }

    /// The address of a `mailto:` URL.
    pub fn mail_address(&self) -> Option<&str> {
        self.0.as_str().strip_prefix(MAILTO)
    }

    /// The URL of a rule's step that posts nothing by itself. No customer can register it, and no HTTP request can go to it:
    /// [`check`](Self::check) refuses it.
    pub fn of_step(step: &StepUrl) -> Option<Self> {
        let url = Self(Url::parse(&step.to_string()).ok()?);
        (url.step().as_ref() == Some(step)).then_some(url)
    }

    /// The step whose URL it is.
    pub fn step(&self) -> Option<StepUrl> {
        let (does, what) = self.0.as_str().strip_prefix(POSTHORN)?.split_once(':')?;
        match does {
            "forward" => what.parse().ok().map(StepUrl::Forward),
            "emit" => EventType::parse(what).ok().map(StepUrl::Emit),
            "invoke" => what.parse().ok().map(StepUrl::Invoke),
            _ => None,
        }
    }

    /// Checks a URL that is already parsed, by the same rules. The rules may have changed since the URL was stored.
    ///
    /// # Errors
    ///
    /// The first rule it breaks.
    pub fn check(&self, allowed: &AllowedTargets) -> Result<(), EndpointUrlError> {
        let url = &self.0;
        match url.scheme() {
            "https" => {}
            "http" if allowed.permits_http() => {}
            _ => return Err(EndpointUrlError::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointUrlError::HasUserinfo);
        }
        if url.fragment().is_some() {
            return Err(EndpointUrlError::HasFragment);
        }
        check_host(url.host(), allowed)?;
        let port_allowed = url.port_or_known_default().is_some_and(|port| ALLOWED_PORTS.contains(&port));
        if !port_allowed && !allowed.permits_any_port() {
            return Err(EndpointUrlError::PortNotAllowed);
        }
        Ok(())
    }

    /// The whole URL as it is called, query included: not for logs.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed URL, for the client that calls it.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The host as it is resolved and put into the `Host` header: a name in lower case, or an address. Of an e-mail
    /// address it is the domain.
    pub fn host(&self) -> &str {
        let domain = || Some(self.mail_address()?.rsplit_once('@')?.1);
        self.0.host_str().or_else(domain).unwrap_or_default()
    }

    /// The path, which begins with `/`.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The URL as logs may show it: a query becomes `?…`, credentials are left out.
    pub fn without_query(&self) -> String {
        self.to_string()
    }

    /// The URL with its path redacted and without its query: of a notification's URL they are the credential.
    #[must_use]
    pub fn without_path(&self) -> Self {
        let mut url = self.0.clone();
        url.set_path(REDACTED);
        url.set_query(None);
        url.set_fragment(None);
        Self(url)
    }

    /// The checks that every endpoint URL must pass, also one that is read from the table: bounded length and a host.
    fn read(text: &str) -> Result<Self, EndpointUrlError> {
        if text.len() > MAX_URL_BYTES {
            return Err(EndpointUrlError::TooLong);
        }
        if text.starts_with(MAILTO) {
            return Self::parse_mail(text);
        }
        if text.starts_with(POSTHORN) {
            let step = Url::parse(text).ok().map(Self).filter(|url| url.step().is_some());
            return step.ok_or(EndpointUrlError::NotHttps);
        }
        let url = Url::parse(text).map_err(|_| EndpointUrlError::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(EndpointUrlError::NotHttps);
        }
        if !url.has_host() {
            return Err(EndpointUrlError::NotAUrl);
        }
        // Escaping can make a URL three times as long as it was typed.
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(EndpointUrlError::TooLong);
        }
        Ok(Self(url))
    }
}

/// The parser has already made one address of `2130706433`, `0x7f.1`, `0177.0.0.1` and `127.1`.
fn check_host(host: Option<Host<&str>>, allowed: &AllowedTargets) -> Result<(), EndpointUrlError> {
    let ip: IpAddr = match host {
        None => return Err(EndpointUrlError::NotAUrl),
        Some(Host::Domain(name)) => return check_name(name, allowed),
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
    };
    if allowed.permits_at(&ip.to_string(), ip) { Ok(()) } else { Err(EndpointUrlError::AddressNotAllowed) }
}

fn check_name(name: &str, allowed: &AllowedTargets) -> Result<(), EndpointUrlError> {
    // A trailing dot names the same host: `localhost.` is `localhost`.
    let name = name.trim_end_matches('.');
    if name == "localhost" && allowed.permits_localhost() || allowed.permits_host(name) {
        return Ok(());
    }
    let single_label = !name.contains('.');
    let refused = REFUSED_DOMAINS
        .iter()
        .any(|domain| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    if single_label || refused { Err(EndpointUrlError::NameNotPublic) } else { Ok(()) }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.0;
        if self.mail_address().is_some() || self.step().is_some() {
            return f.write_str(url.as_str());
        }
        write!(f, "{}://{}", url.scheme(), self.host())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())?;
        if url.query().is_some() {
            f.write_str("?…")?;
        }
        Ok(())
    }
}

/// The host alone: the path may be a credential, as that of a chat service's webhook is.
impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUrl({}://{}/…)", self.0.scheme(), self.host())
    }
}

impl Serialize for EndpointUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Reads a URL that was checked when it was stored. Whether it may be called is checked again before each call.
impl<'de> Deserialize<'de> for EndpointUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::read(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::endpoint::address::tests::{an_ipv4_that_is_not_public, carriers};
    use EndpointUrlError::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    const PUBLIC: AllowedTargets = AllowedTargets::public_only();
    const LOCAL: AllowedTargets = AllowedTargets::loopback_and_http();

    fn refusal(text: &str) -> Option<EndpointUrlError> {
        EndpointUrl::parse(text, &PUBLIC).err()
    }

    /// The ways a URL can write one IPv4 address.
    fn spellings(ip: Ipv4Addr) -> Vec<String> {
        let [a, b, c, d] = ip.octets();
        let bits = ip.to_bits();
        let mut hosts = vec![
            format!("{a}.{b}.{c}.{d}"),
            format!("{a}.{b}.{c}.{d}."),
            format!("{bits}"),
            format!("{bits:#x}"),
            format!("{bits:#X}").replace("0X", "0X0"),
            format!("0{bits:o}"),
            format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
            format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            format!("000{a:o}.{b}.{c:#x}.{d}"),
            format!("{a}.{}", bits & 0x00ff_ffff),
            format!("{a}.{b}.{}", bits & 0xffff),
            format!("%{:02x}%{:02x}{}", b'0', b'x', format_args!("{bits:x}")),
            format!("{a}\u{3002}{b}\u{ff0e}{c}.{d}"),
            format!("{a}.{b}.{c}.{d}").chars().map(fullwidth).collect(),
        ];
        hosts.extend(carriers(ip).iter().map(|carrier| format!("[{carrier}]")));
        hosts.extend(carriers(ip).iter().map(|carrier| {
            let groups: Vec<_> = carrier.segments().iter().map(|group| format!("{group:04X}")).collect();
            format!("[{}]", groups.join(":"))
        }));
        hosts.push(format!("[::ffff:{a}.{b}.{c}.{d}]"));
        hosts.push(format!("[64:ff9b::{a}.{b}.{c}.{d}]"));
        hosts
    }

    fn fullwidth(c: char) -> char {
        match c.to_digit(10) {
            Some(digit) => char::from_u32(0xff10 + digit).unwrap(),
            None => c,
        }
    }

    #[test]
    fn the_url_of_a_rules_step_is_kept_as_it_is_and_can_be_neither_registered_nor_called() {
        let endpoint = EndpointId::from_bytes([7; 16]);
        let emits = ["vip.ticket", "//a:b", "/x", "a:b/c-D_e", "order/created"]
            .map(|text| EventType::parse(text).unwrap());
        let steps = emits.map(StepUrl::Emit).into_iter();
        for step in
            steps.chain([StepUrl::Forward(endpoint), StepUrl::Invoke("refund_order".parse().unwrap())])
        {
            let url = EndpointUrl::of_step(&step).unwrap();
            let stored = serde_json::to_string(&url).unwrap();
            let read: EndpointUrl = serde_json::from_str(&stored).unwrap();
            assert_eq!((read.step().as_ref(), url.to_string()), (Some(&step), step.to_string()));
            assert_eq!((url.check(&PUBLIC), url.check(&LOCAL)), (Err(NotHttps), Err(NotHttps)), "{step}");
            assert_eq!(EndpointUrl::parse(&step.to_string(), &LOCAL), Err(NotHttps));
        }
        for text in
            ["posthorn:", "posthorn:emit", "posthorn:emit:..", "posthorn:other:x", "posthorn://host/x"]
        {
            assert_eq!(EndpointUrl::parse(text, &LOCAL), Err(NotHttps), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_private_address_is_accepted_in_any_spelling(ip in an_ipv4_that_is_not_public()) {
            for host in spellings(ip) {
                prop_assert_eq!(refusal(&format!("https://{host}/hook")), Some(AddressNotAllowed), "{}", host);
                let explicit_port = format!("HTTPS:\\\\{host}:443/hook");
                prop_assert_eq!(refusal(&explicit_port), Some(AddressNotAllowed), "{}", explicit_port);
            }
        }

        #[test]
        fn what_is_accepted_is_fit_to_be_called(text in "(https?|ftp)://([a-z0-9.:@\\[\\]%]|localhost|local){1,40}(/[ -~]{0,20})?") {
            if let Ok(url) = EndpointUrl::parse(&text, &PUBLIC) {
                let inner = url.as_url();
                prop_assert_eq!(inner.scheme(), "https");
                prop_assert!(ALLOWED_PORTS.contains(&inner.port_or_known_default().unwrap()));
                prop_assert!(inner.username().is_empty() && inner.password().is_none() && inner.fragment().is_none());
                let host = url.host().trim_matches(['[', ']']);
                prop_assert!(host.parse::<IpAddr>().map_or(host.trim_end_matches('.').contains('.'), crate::endpoint::address::is_public));
                prop_assert_eq!(EndpointUrl::parse(url.as_str(), &PUBLIC), Ok(url));
            }
        }

        #[test]
        fn a_url_is_stored_and_read_back_the_same(path in "[!-~]{0,50}") {
            if let Ok(url) = EndpointUrl::parse(&format!("https://example.com/{path}"), &PUBLIC) {
                let stored = serde_json::to_string(&url).unwrap();
                prop_assert_eq!(serde_json::from_str::<EndpointUrl>(&stored).unwrap(), url);
            }
        }
    }

    #[test]
    fn an_ordinary_https_url_is_accepted() {
        for text in [
            "https://example.com",
            "https://example.com/hooks/1?tenant=7",
            "https://example.com:8443/",
            "https://example.com:443/",
            "https://hooks.example.com./",
            "https://bücher.example/",
            "https://localhost.example.com/",
            "https://notinternal.com/",
            "https://my-internal.example/",
            "https://8.8.8.8/",
            "https://[2606:4700:4700::1111]/",
        ] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn each_rule_is_told_apart() {
        for (text, why) in [
            ("http://example.com/", NotHttps),
            ("ftp://example.com/", NotHttps),
            ("file:///etc/passwd", NotHttps),
            ("gopher://127.0.0.1/", NotHttps),
            ("example.com/hook", NotAUrl),
            ("https://", NotAUrl),
            ("https://exa mple.com/", NotAUrl),
            ("", NotAUrl),
            ("https://user@example.com/", HasUserinfo),
            ("https://user:secret@example.com/", HasUserinfo),
            ("https://:secret@example.com/", HasUserinfo),
            ("https://example.com@127.0.0.1/", HasUserinfo),
            ("https://example.com/#top", HasFragment),
            ("https://example.com/#", HasFragment),
            ("https://example.com:80/", PortNotAllowed),
            ("https://example.com:22/", PortNotAllowed),
            ("https://example.com:0/", PortNotAllowed),
        ] {
            assert_eq!(refusal(text), Some(why), "{text}");
        }
    }

    #[test]
    fn a_name_that_means_something_only_inside_a_network_is_refused() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "localhost..",
            "l%6fcalhost",
            "ｌｏｃａｌｈｏｓｔ",
            "app.localhost",
            "localhost.localdomain",
            "intranet",
            "intranet.",
            "printer.local",
            "printer.local.",
            "metadata.google.internal",
            "internal.",
            "api.default.svc",
            "api.default.svc.cluster.local",
            "router.home.arpa",
            "home.arpa",
            "4.3.2.1.in-addr.arpa",
            "nas.lan",
            "wiki.corp",
            "wiki.corp.",
            "www.intranet",
            "crm.private",
            "printer.HOME",
            "hooks.test",
            "hooks.invalid",
            "hooks.onion",
            "onion",
        ] {
            let why = refusal(&format!("https://{host}/"));
            assert!(matches!(why, Some(NameNotPublic | NotAUrl)), "{host}: {why:?}");
        }
        assert_eq!(refusal("https://localhost/"), Some(NameNotPublic));
        assert_eq!(refusal("https://localhost./"), Some(NameNotPublic));
        for public in
            ["homes.example.com", "test.example.com", "mylan.com", "lan.example.com", "example.private.com"]
        {
            assert_eq!(refusal(&format!("https://{public}/")), None, "{public}");
        }
    }

    #[test]
    fn a_host_allowed_by_name_may_be_a_name_inside_a_network_and_no_other() {
        let hosts: &'static [String] =
            Box::leak(Box::new(["crm".to_owned(), "host.docker.internal".to_owned(), "10.0.0.7".to_owned()]));
        let local = LOCAL.with_hosts(hosts);
        for url in ["http://crm:8080/", "http://CRM./", "http://host.docker.internal/", "http://10.0.0.7/"] {
            assert!(EndpointUrl::parse(url, &local).is_ok(), "{url}");
            assert!(EndpointUrl::parse(url, &LOCAL).is_err(), "{url}");
        }
        for (url, why) in [
            ("http://crm2/", NameNotPublic),
            ("http://docker.internal/", NameNotPublic),
            ("http://10.0.0.8/", AddressNotAllowed),
        ] {
            assert_eq!(EndpointUrl::parse(url, &local).err(), Some(why), "{url}");
        }
    }

    #[test]
    fn a_zone_id_is_no_host() {
        for text in ["https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1%251]/"] {
            assert_eq!(refusal(text), Some(NotAUrl), "{text}");
        }
    }

    #[test]
    fn the_length_counts_before_and_after_parsing() {
        let longest = format!("https://example.com/{}", "a".repeat(MAX_URL_BYTES - 20));
        assert_eq!(longest.len(), MAX_URL_BYTES);
        assert_eq!(refusal(&longest), None);
        assert_eq!(refusal(&format!("{longest}a")), Some(TooLong));
        assert_eq!(refusal(&format!("https://example.com/{}", "ü".repeat(800))), Some(TooLong));
    }

    #[test]
    fn local_mode_adds_loopback_plain_http_and_any_port() {
        for text in [
            "http://localhost:9000/hook",
            "http://127.0.0.1:9000/",
            "https://[::1]:9000/",
            "http://example.com:8080/",
        ] {
            assert!(EndpointUrl::parse(text, &LOCAL).is_ok(), "{text}");
            assert!(EndpointUrl::parse(text, &PUBLIC).is_err(), "{text}");
        }
        for (text, why) in [
            ("http://10.0.0.1/", AddressNotAllowed),
            ("http://169.254.169.254/latest/meta-data/", AddressNotAllowed),
            ("http://intranet/", NameNotPublic),
            ("http://printer.local/", NameNotPublic),
            ("http://user@localhost/", HasUserinfo),
            ("ftp://localhost/", NotHttps),
        ] {
            assert_eq!(EndpointUrl::parse(text, &LOCAL).err(), Some(why), "{text}");
        }
    }

    #[test]
    fn a_stored_url_is_judged_again() {
        let url: EndpointUrl = serde_json::from_str("\"http://127.0.0.1:9000/\"").unwrap();
        assert_eq!(url.check(&LOCAL), Ok(()));
        assert_eq!(url.check(&PUBLIC), Err(NotHttps));
        let url: EndpointUrl = serde_json::from_str("\"https://127.1/\"").unwrap();
        assert_eq!(url.check(&PUBLIC), Err(AddressNotAllowed));
    }

    #[test]
    fn a_query_is_never_shown() {
        let url = EndpointUrl::parse("https://example.com:8443/hook?token=hush", &PUBLIC).unwrap();
        assert_eq!(url.without_query(), "https://example.com:8443/hook?…");
        assert_eq!(format!("{url:?}"), "EndpointUrl(https://example.com/…)");
        assert_eq!(url.without_path().as_str(), "https://example.com:8443/[redacted]");
        assert_eq!(url.as_str(), "https://example.com:8443/hook?token=hush");
        assert_eq!((url.host(), url.path()), ("example.com", "/hook"));
        let stored: EndpointUrl = serde_json::from_str("\"https://user:hush@example.com/\"").unwrap();
        assert_eq!(stored.without_query(), "https://example.com/");
    }

    #[test]
    fn a_mail_url_is_one_address_and_no_http_request_goes_to_it() {
        for text in ["mailto:ops@example.com", "mailto:first.last+alerts@mail.example.co.uk"] {
            let url = EndpointUrl::parse_mail(text).unwrap();
            assert_eq!((url.as_str(), url.mail_address()), (text, text.strip_prefix("mailto:")));
            assert_eq!(url.check(&LOCAL), Err(NotHttps));
            assert_eq!(EndpointUrl::parse(text, &LOCAL), Err(NotHttps));
            assert_eq!(url.without_path().to_string(), "mailto:[redacted]");
            assert!(!format!("{url:?}").contains("ops@"));
            let stored = serde_json::to_string(&url).unwrap();
            assert_eq!(serde_json::from_str::<EndpointUrl>(&stored).unwrap(), url);
        }
        assert_eq!(EndpointUrl::parse_mail("mailto:ops@example.com").unwrap().host(), "example.com");
        let long = format!("mailto:{}@example.com", "a".repeat(65));
        for text in [
            "ops@example.com",
            "MAILTO:ops@example.com",
            "mailto:",
            "mailto:ops",
            "mailto:ops@localhost",
            "mailto:@example.com",
            "mailto:ops@example..com",
            "mailto:ops@-example.com",
            "mailto:ops@example.com,other@example.com",
            "mailto:a@b@example.com",
            "mailto:ops@example.com?cc=other@example.com",
            "mailto:ops@example.com?subject=x",
            "mailto:ops%40example.com@example.com",
            "mailto:Ops <ops@example.com>",
            "mailto:ops@example.com\r\nBcc: other@example.com",
            "mailto:\u{fc}@example.com",
            "mailto:ops@b\u{fc}cher.example",
            "mailto:ops@example.com#top",
            "mailto:#ops@example.com",
            "mailto:a#b@example.com",
            "mailto://ops@example.com",
            "mailto:.ops@example.com",
            "mailto:a..b@example.com",
            "mailto:ops@10.0.0.1",
            "https://example.com/",
            &long,
        ] {
            assert_eq!(EndpointUrl::parse_mail(text), Err(NotAMailAddress), "{text}");
        }
    }

    #[test]
    fn a_refusal_never_repeats_the_address() {
        let why = refusal("https://10.1.2.3/").unwrap();
        assert_eq!(why.to_string(), "address not allowed");
        assert_eq!(NotHttps.to_string(), "must be https");
    }
}
