//! Is a text an e-mail address that alerts can be sent to?
//! The syntax of a mailbox: one name and one domain, without display name, comment or quotes.

/// The longest e-mail address: RFC 5321, section 4.5.3.1.3, without the angle brackets.
const MAX_MAIL_ADDRESS_BYTES: usize = 254;

/// Whether `text` has the form that HTML gives to addresses (WHATWG, "valid e-mail address"), and more: its domain has
/// several labels and is no IP address, and its name has no dot at an end or beside another (RFC 5321, section 4.1.2), and no
/// `%`, `#` or `/`, which have a meaning in a `mailto:` URL. ASCII only, as SES takes it.
pub(crate) fn is_mail_address(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= MAX_MAIL_ADDRESS_BYTES
        && (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".!$&'*+=^_`{|}~-".contains(&b))
        && name.split('.').all(|part| !part.is_empty())
        && domain.contains('.')
        && !domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
        && domain.split('.').all(is_label)
}
