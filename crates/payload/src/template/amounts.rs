//! How are dates and amounts of money written for people?
//! The filters `date` and `currency`: UTC, no locale, no rounding through binary fractions.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use minijinja::Value;

/// The format of `date` without one.
pub(crate) const DATE: &str = "%Y-%m-%d";
/// Most characters of a format of `date`.
const MAX_FORMAT: usize = 100;
/// Numbers up to this are seconds since 1970, larger ones milliseconds: as seconds it is the year 5138.
const MOST_SECONDS: f64 = 1e11;
/// Most digits of an amount.
const MAX_DIGITS: i64 = 60;

/// Currencies with another number of decimals than two (ISO 4217).
const WITHOUT_DECIMALS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
const WITH_THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// An instant in UTC, in the format of `strftime`.
pub(crate) fn date(value: &Value, format: &str) -> Result<String, String> {
    if format.chars().count() > MAX_FORMAT {
        return Err(format!("gives date a format of more than {MAX_FORMAT} characters"));
    }
    let at = instant(value).ok_or_else(|| {
        "gives date what is no instant: it takes a text such as 2026-01-05T09:30:00Z or 2026-01-05, or a number of \
         seconds or milliseconds since 1970"
            .to_owned()
    })?;
    strtime::format(format, &at.to_zoned(TimeZone::UTC))
        .map_err(|error| format!("gives date a wrong format: {error}"))
}

fn instant(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        let text = text.trim();
        let as_utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
        return text.parse::<Timestamp>().ok().or_else(|| {
            let at = text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.into()));
            at.and_then(as_utc)
        });
    }
    if !value.is_number() {
        return None;
    }
    let number = f64::try_from(value.clone()).ok().filter(|number| number.is_finite())?;
    let millis = if number.abs() <= MOST_SECONDS { number * 1e3 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a millisecond is not written")]
    let whole = millis.floor() as i64;
    Timestamp::from_millisecond(whole).ok()
}

/// An amount with its currency's code, as many decimals as the currency has, and commas between thousands. `minor`: the
/// amount is in the currency's smallest unit, such as cents.
pub(crate) fn currency(value: &Value, code: &str, minor: bool) -> Result<String, String> {
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(
            "gives currency what is no currency: it takes a code of ISO 4217, such as 'EUR'".to_owned()
        );
    }
    let code = code.to_ascii_uppercase();
    let decimals = match code.as_str() {
        code if WITHOUT_DECIMALS.contains(&code) => 0,
        code if WITH_THREE.contains(&code) => 3,
        _ => 2,
    };
    let amount = decimal(value).ok_or_else(|| {
        "gives currency what is no amount: it takes a number or a text such as 12.50".to_owned()
    })?;
    let amount = if minor { Decimal { exponent: amount.exponent - decimals, ..amount } } else { amount };
    Ok(format!("{code} {}", amount.rounded(decimals)))
}

/// A decimal number: its digits times a power of ten.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value.as_str() {
        Some(text) => text.trim().to_owned(),
        None if value.is_integer() => value.to_string(),
        None if value.is_number() => {
            serde_json::Number::from_f64(f64::try_from(value.clone()).ok()?)?.to_string()
        }
        None => return None,
    };
    let (negative, text) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || power.abs() > MAX_DIGITS {
        return None;
    }
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    let length = i64::try_from(digits.len()).ok().filter(|length| *length <= MAX_DIGITS)?;
    let fraction = i64::try_from(fraction.len()).ok().filter(|fraction| *fraction <= length)?;
    Some(Decimal { negative, digits, exponent: power - fraction })
}

impl Decimal {
    /// With so many decimals; halves are rounded away from zero.
    fn rounded(mut self, decimals: i64) -> String {
        let shift = self.exponent + decimals;
        for _ in 0..shift {
            self.digits.push(0);
        }
        let mut up = false;
        for _ in shift..0 {
            up = self.digits.pop().is_some_and(|digit| digit >= 5);
        }
        if up {
            self.increment();
        }
        let decimals = usize::try_from(decimals).unwrap_or_default();
        let digits: Vec<u8> = self.digits.into_iter().skip_while(|digit| *digit == 0).collect();
        let missing = (decimals + 1).saturating_sub(digits.len());
        let digits: Vec<u8> = std::iter::repeat_n(0, missing).chain(digits).collect();
        let is_zero = digits.iter().all(|digit| *digit == 0);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let mut text = if self.negative && !is_zero { "-".to_owned() } else { String::new() };
        for (place, digit) in whole.iter().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(',');
            }
            text.push(char::from(b'0' + digit));
        }
        if !fraction.is_empty() {
            text.push('.');
            text.extend(fraction.iter().map(|digit| char::from(b'0' + digit)));
        }
        text
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(value: impl Into<Value>, code: &str, minor: bool) -> String {
        currency(&value.into(), code, minor).unwrap()
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        assert_eq!(money(12.5, "EUR", false), "EUR 12.50");
        assert_eq!(money(1_234_567, "usd", false), "USD 1,234,567.00");
        assert_eq!(money(1250, "EUR", true), "EUR 12.50");
        assert_eq!(money(5, "EUR", true), "EUR 0.05");
        assert_eq!(money(1250, "JPY", true), "JPY 1,250");
        assert_eq!(money("1.0005", "KWD", false), "KWD 1.001");
        assert_eq!(money(-0.004, "EUR", false), "EUR 0.00");
        assert_eq!(money(-999.995, "EUR", false), "EUR -1,000.00");
        assert_eq!(money(1.005, "EUR", false), "EUR 1.01");
        assert_eq!(money(u64::MAX, "EUR", true), "EUR 184,467,440,737,095,516.15");
        assert_eq!(money("1e3", "EUR", false), "EUR 1,000.00");
        assert_eq!(money(1e-50, "EUR", false), "EUR 0.00");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-", "12,50", "1.2.3", "x", "1e99999", "٣", &"9".repeat(61)] {
            assert!(currency(&Value::from(text), "EUR", false).is_err(), "{text}");
        }
        assert!(currency(&Value::from(true), "EUR", false).is_err());
        assert!(currency(&Value::from(1e300), "EUR", false).is_err());
        assert!(currency(&Value::from(1), "EURO", false).is_err());
        assert!(currency(&Value::from(1), "€", false).is_err());
    }

    #[test]
    fn instants_are_written_in_utc() {
        for value in [
            Value::from("2026-01-05T10:30:00+01:00"),
            Value::from("2026-01-05T09:30:00.250Z"),
            Value::from("2026-01-05T09:30:00"),
            Value::from(1_767_605_400),
            Value::from(1_767_605_400.5),
            Value::from(1_767_605_400_123_i64),
        ] {
            assert_eq!(date(&value, "%d %b %Y %H:%M").unwrap(), "05 Jan 2026 09:30", "{value}");
        }
        assert_eq!(date(&Value::from("2026-01-05"), DATE).unwrap(), "2026-01-05");
        assert_eq!(date(&Value::from(-1), "%Y %S").unwrap(), "1969 59");
    }

    #[test]
    fn what_is_no_instant_or_format_is_refused() {
        for value in ["tomorrow", "", "2026-13-01", "05.01.2026"] {
            assert!(date(&Value::from(value), DATE).is_err(), "{value}");
        }
        for value in [f64::MAX, f64::NAN, f64::INFINITY] {
            assert!(date(&Value::from(value), DATE).is_err(), "{value}");
        }
        assert!(date(&Value::from(true), DATE).is_err());
        let at = Value::from("2026-01-05");
        assert!(date(&at, "%!").is_err());
        assert!(date(&at, &"%".repeat(101)).is_err());
        assert!(date(&at, &"%255Y".repeat(20)).unwrap().len() < 10_000);
    }
}
