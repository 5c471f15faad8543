//! Which addresses may Posthorn call?
//! Protection against SSRF (server-side request forgery): a deny list of all addresses that are not on the public
//! internet.
//!
//! It keeps a stranger's URL away from our own loopback (Lambda's runtime API listens there), link-local metadata
//! services and private networks.
//!
//! Rule: an address is public unless a row of [`NOT_PUBLIC`] covers it. The rows are those of IANA's
//! [IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry/) and
//! [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry/) special-purpose registries, multicast,
//! and all IPv6 space that IANA has not handed out as
//! [global unicast](https://www.iana.org/assignments/ipv6-address-space/). An IPv4 address carried in an IPv6
//! one is judged as the IPv4 address it is, or refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses that are not public, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first address of the block.
    pub prefix: IpAddr,
    /// How many leading bits make the block.
    pub length: u8,
    /// The purpose of the block, and the document that defines it.
    pub reason: &'static str,
}

impl Block {
    /// Whether `ip` lies in the block; an IPv4 block never contains an IPv6 address.
    pub const fn contains(&self, ip: IpAddr) -> bool {
        match (self.prefix, ip) {
            (IpAddr::V4(prefix), IpAddr::V4(ip)) => {
                let differing_bits = prefix.to_bits() ^ ip.to_bits();
                differing_bits.leading_zeros() >= self.length as u32
            }
            (IpAddr::V6(prefix), IpAddr::V6(ip)) => {
                let differing_bits = prefix.to_bits() ^ ip.to_bits();
                differing_bits.leading_zeros() >= self.length as u32
            }
            _ => false,
        }
    }
}

const fn v4(octets: [u8; 4], length: u8, reason: &'static str) -> Block {
    let [a, b, c, d] = octets;
    Block { prefix: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), length, reason }
}

const fn v6(first_four_groups: [u16; 4], length: u8, reason: &'static str) -> Block {
    let [a, b, c, d] = first_four_groups;
    Block { prefix: IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), length, reason }
}

/// Every block that is not public.
///
/// The last three rows refuse whatever lies outside `2000::/3`; the rows they overlap are kept because a reader
/// looks for them, and because the day IANA opens more space only those three have to go.
pub const NOT_PUBLIC: &[Block] = &[
    v4([0, 0, 0, 0], 8, "this network: RFC 791, section 3.2"),
    v4([10, 0, 0, 0], 8, "private use: RFC 1918"),
    v4([100, 64, 0, 0], 10, "shared by carrier-grade NAT: RFC 6598"),
    v4([127, 0, 0, 0], 8, "loopback: RFC 1122, section 3.2.1.3"),
    v4([169, 254, 0, 0], 16, "link-local, and with it the cloud's metadata services: RFC 3927"),
    v4([172, 16, 0, 0], 12, "private use: RFC 1918"),
    v4([192, 0, 0, 0], 24, "IETF protocol assignments: RFC 6890, section 2.1"),
    v4([192, 0, 2, 0], 24, "documentation (TEST-NET-1): RFC 5737"),
    v4([192, 88, 99, 0], 24, "6to4 relay anycast, withdrawn: RFC 7526"),
    v4([192, 168, 0, 0], 16, "private use: RFC 1918"),
    v4([198, 18, 0, 0], 15, "benchmarking: RFC 2544"),
    v4([198, 51, 100, 0], 24, "documentation (TEST-NET-2): RFC 5737"),
    v4([203, 0, 113, 0], 24, "documentation (TEST-NET-3): RFC 5737"),
    v4([224, 0, 0, 0], 4, "multicast: RFC 5771"),
    v4([240, 0, 0, 0], 4, "reserved, and the limited broadcast at its end: RFC 1112, section 4; RFC 8190"),
    v6([0, 0, 0, 0], 96, "unspecified, loopback and IPv4-compatible: RFC 4291, section 2.5"),
    v6([0x64, 0xff9b, 1, 0], 48, "IPv4/IPv6 translation for local use: RFC 8215"),
    v6([0x100, 0, 0, 0], 64, "discard only: RFC 6666"),
    v6([0x100, 0, 0, 1], 64, "dummy prefix: RFC 9780"),
    v6([0x2001, 0, 0, 0], 23, "IETF protocol assignments, Teredo and ORCHID among them: RFC 2928"),
    v6([0x2001, 0xdb8, 0, 0], 32, "documentation: RFC 3849"),
    v6([0x2002, 0, 0, 0], 16, "6to4, which carries any IPv4 address: RFC 3056"),
    v6([0x3fff, 0, 0, 0], 20, "documentation: RFC 9637"),
    v6([0x5f00, 0, 0, 0], 16, "segment routing identifiers: RFC 9602"),
    v6([0xfc00, 0, 0, 0], 7, "unique local: RFC 4193"),
    v6([0xfe80, 0, 0, 0], 10, "link-local: RFC 4291, section 2.5.6"),
    v6([0xfec0, 0, 0, 0], 10, "site-local, deprecated: RFC 3879"),
    v6([0xff00, 0, 0, 0], 8, "multicast: RFC 4291, section 2.7"),
    v6([0, 0, 0, 0], 3, "not global unicast: RFC 4291, section 2.4"),
    v6([0x4000, 0, 0, 0], 2, "not global unicast: RFC 4291, section 2.4"),
    v6([0x8000, 0, 0, 0], 1, "not global unicast: RFC 4291, section 2.4"),
];

/// The additional targets of local mode: this machine, and no other machine of the network.
const LOOPBACK: &[Block] = &[
    v4([127, 0, 0, 0], 8, "loopback: RFC 1122, section 3.2.1.3"),
    Block {
        prefix: IpAddr::V6(Ipv6Addr::LOCALHOST),
        length: 128,
        reason: "loopback: RFC 4291, section 2.5.3",
    },
];

/// The private addresses that a host allowed by name may have: those of containers and of an office's network. Not
/// link-local, where clouds have their metadata services.
const PRIVATE: &[Block] = &[
    v4([10, 0, 0, 0], 8, "private use: RFC 1918"),
    v4([172, 16, 0, 0], 12, "private use: RFC 1918"),
    v4([192, 168, 0, 0], 16, "private use: RFC 1918"),
    v4([100, 64, 0, 0], 10, "shared by carrier-grade NAT: RFC 6598"),
    v6([0xfc00, 0, 0, 0], 7, "unique local: RFC 4193"),
];

/// Whether `ip` is on the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    let ip = carried_ipv4(ip).map_or(ip, IpAddr::V4);
    !NOT_PUBLIC.iter().any(|block| block.contains(ip))
}

/// The IPv4 address that a packet sent to this IPv6 address ends up at, where that is defined: IPv4-mapped
/// `::ffff:0:0/96` (RFC 4291, section 2.5.5.2) and the well-known NAT64 prefix `64:ff9b::/96` (RFC 6052), which
/// an IPv6-only network's DNS64 puts before *public* addresses. The other carriers are refused by the table.
fn carried_ipv4(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return None };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

/// The targets that a client may call: the public internet over https, and in local mode this machine as well.
///
/// It is chosen by the program that runs: a function has no setting, environment variable or tenant that could widen it,
/// because in Lambda a request to loopback could forge the answer of a running function. Only local mode has an option,
/// `--allow-host`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowedTargets {
    besides_public: &'static [Block],
    local_mode: bool,
    hosts: &'static [String],
    mail: bool,
}

impl AllowedTargets {
    /// Only public addresses, only https, only the usual ports: the right choice everywhere but in local mode.
    pub const fn public_only() -> Self {
        Self { besides_public: &[], local_mode: false, hosts: &[], mail: false }
    }

    /// For the local runner and for tests: loopback, the name `localhost`, plain http and any port as well.
    pub const fn loopback_and_http() -> Self {
        Self { besides_public: LOOPBACK, local_mode: true, hosts: &[], mail: false }
    }

    /// The same, and these hosts by name (or address), in lower case: each may have a private address.
    #[must_use]
    pub const fn with_hosts(self, hosts: &'static [String]) -> Self {
        Self { hosts, ..self }
    }

    /// The same, and e-mail addresses if `mail`: there is an address to send from.
    #[must_use]
    pub const fn with_mail(self, mail: bool) -> Self {
        Self { mail, ..self }
    }

    /// Whether e-mails can be sent.
    pub const fn permits_mail(&self) -> bool {
        self.mail
    }

    /// Whether a connection to `host` may be made at this address of it.
    pub fn permits_at(&self, host: &str, ip: IpAddr) -> bool {
        let carried = carried_ipv4(ip).map_or(ip, IpAddr::V4);
        self.permits(ip) || self.permits_host(host) && PRIVATE.iter().any(|block| block.contains(carried))
    }

    /// Whether this host was allowed by name.
    pub fn permits_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|allowed| allowed == host.trim_end_matches('.'))
    }

    /// Whether a connection to `ip` may be made.
    pub fn permits(&self, ip: IpAddr) -> bool {
        let carried = carried_ipv4(ip).map_or(ip, IpAddr::V4);
        is_public(ip) || self.besides_public.iter().any(|block| block.contains(carried))
    }

    /// Whether the name `localhost` may be called.
    pub const fn permits_localhost(&self) -> bool {
        self.local_mode
    }

    /// Whether plain http may be spoken.
    pub const fn permits_http(&self) -> bool {
        self.local_mode
    }

    /// Whether ports besides [`ALLOWED_PORTS`](crate::endpoint::endpoint_url::ALLOWED_PORTS) may be called.
    pub const fn permits_any_port(&self) -> bool {
        self.local_mode
    }
}

impl Default for AllowedTargets {
    fn default() -> Self {
        Self::public_only()
    }
}

#[cfg(test)]
pub(crate) mod tests {

    use super::*;
    use proptest::prelude::*;

    /// Any address of any IPv4 row.
    pub(crate) fn an_ipv4_that_is_not_public() -> impl Strategy<Value = Ipv4Addr> {
        let rows: Vec<_> = NOT_PUBLIC.iter().filter(|block| block.prefix.is_ipv4()).collect();
        (proptest::sample::select(rows), any::<u32>()).prop_map(|(block, randomness)| {
            let IpAddr::V4(prefix) = block.prefix else { unreachable!("only IPv4 rows were kept") };
            Ipv4Addr::from_bits(prefix.to_bits() | (randomness & (u32::MAX >> block.length)))
        })
    }

    /// Any address of any IPv6 row.
    fn an_ipv6_that_is_not_public() -> impl Strategy<Value = Ipv6Addr> {
        let rows: Vec<_> = NOT_PUBLIC.iter().filter(|block| block.prefix.is_ipv6()).collect();
        (proptest::sample::select(rows), any::<u128>())
            .prop_map(|(block, randomness)| {
                let IpAddr::V6(prefix) = block.prefix else { unreachable!("only IPv6 rows were kept") };
                Ipv6Addr::from_bits(prefix.to_bits() | (randomness & (u128::MAX >> block.length)))
            })
            .prop_filter("it carries an IPv4 address", |ip| carried_ipv4(IpAddr::V6(*ip)).is_none())
    }

    /// Every way an IPv4 address can be carried in an IPv6 one.
    pub(crate) fn carriers(ip: Ipv4Addr) -> Vec<Ipv6Addr> {
        let inner = u128::from(ip.to_bits());
        vec![
            ip.to_ipv6_mapped(),
            ip.to_ipv6_compatible(),
            Ipv6Addr::from_bits(0xffff_u128 << 48 | inner), // ::ffff:0:a.b.c.d, RFC 2765
            Ipv6Addr::from_bits(0x64_ff9b_u128 << 96 | inner), // NAT64
            Ipv6Addr::from_bits(0x64_ff9b_0001_u128 << 80 | inner), // NAT64 for local use
            Ipv6Addr::from_bits(0x2002_u128 << 112 | inner << 80), // 6to4
            Ipv6Addr::from_bits(0x2001_u128 << 112 | (inner ^ 0xffff_ffff)), // Teredo
        ]
    }

    proptest! {
        #[test]
        fn no_address_of_the_table_is_public(v4 in an_ipv4_that_is_not_public(), v6 in an_ipv6_that_is_not_public()) {
            prop_assert!(!is_public(v4.into()), "{v4}");
            prop_assert!(!is_public(v6.into()), "{v6}");
            prop_assert!(!AllowedTargets::public_only().permits(v4.into()));
            prop_assert!(!AllowedTargets::public_only().permits(v6.into()));
        }

        #[test]
        fn an_ipv4_address_that_is_not_public_is_not_public_inside_an_ipv6_one(ip in an_ipv4_that_is_not_public()) {
            for carrier in carriers(ip) {
                prop_assert!(!is_public(carrier.into()), "{ip} as {carrier}");
            }
        }

        #[test]
        fn only_global_unicast_is_public_ipv6(bits: u128) {
            let ip = Ipv6Addr::from_bits(bits);
            if is_public(ip.into()) {
                prop_assert!(bits >> 125 == 1 || carried_ipv4(ip.into()).is_some(), "{ip}");
            }
        }

        #[test]
        fn local_mode_adds_loopback_and_nothing_else(ip in an_ipv4_that_is_not_public(), v6 in an_ipv6_that_is_not_public()) {
            let local = AllowedTargets::loopback_and_http();
            prop_assert_eq!(local.permits(ip.into()), ip.is_loopback());
            prop_assert_eq!(local.permits(ip.to_ipv6_mapped().into()), ip.is_loopback());
            prop_assert_eq!(local.permits(v6.into()), v6.is_loopback());
        }
    }

    #[test]
    fn a_host_allowed_by_name_may_be_private_and_only_that_host() {
        let hosts: &'static [String] = Box::leak(Box::new(["crm".to_owned(), "10.0.0.7".to_owned()]));
        let local = AllowedTargets::loopback_and_http().with_hosts(hosts);
        for private in
            ["10.1.2.3", "172.18.0.2", "192.168.65.254", "100.64.0.1", "fd00::2", "::ffff:10.1.2.3"]
        {
            let ip: IpAddr = private.parse().unwrap();
            assert!(local.permits_at("crm", ip) && local.permits_at("crm.", ip), "{private}");
            assert!(!local.permits_at("other", ip), "{private}");
            assert!(!AllowedTargets::loopback_and_http().permits_at("crm", ip), "{private}");
        }
        for never in ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254"] {
            assert!(!local.permits_at("crm", never.parse().unwrap()), "{never}");
        }
    }

    #[test]
    fn well_known_public_addresses_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "52.94.236.248",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "2600:1f18::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            let ip: IpAddr = text.parse().unwrap();
            assert!(is_public(ip), "{text}");
            assert!(AllowedTargets::default().permits(ip), "{text}");
        }
    }

    #[test]
    fn the_addresses_an_attacker_tries_are_not_public() {
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn every_row_begins_at_the_first_address_of_its_block() {
        for block in NOT_PUBLIC.iter().chain(LOOPBACK) {
            let bits_below = match block.prefix {
                IpAddr::V4(ip) => {
                    u128::from(ip.to_bits() & u32::MAX.checked_shr(block.length.into()).unwrap_or(0))
                }
                IpAddr::V6(ip) => ip.to_bits() & u128::MAX.checked_shr(block.length.into()).unwrap_or(0),
            };
            assert_eq!(bits_below, 0, "{block:?}");
        }
    }
}
