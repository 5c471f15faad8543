//! Are two values equal, and which of two is more?
//! Comparison: numbers by value whatever their notation, texts by their characters' code points, no conversion between
//! types.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Whether two plain values are the same. Numbers are compared by value, so `1` is `1.0`, as in MongoDB.
pub(crate) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => numbers(one, other).is_eq(),
        (Value::String(one), Value::String(other)) => one == other,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}

/// How a value stands to a bound of its type; `None` for other types.
pub(crate) fn order(value: &Value, bound: &Value) -> Option<Ordering> {
    match (value, bound) {
        (Value::Number(value), Value::Number(bound)) => Some(numbers(value, bound)),
        (Value::String(value), Value::String(bound)) => Some(value.cmp(bound)),
        _ => None,
    }
}

/// Whether two values are of one type.
pub(crate) fn same_type(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// The order of two numbers by value. No integer is rounded: 2^53 + 1 is more than 2^53.
fn numbers(one: &Number, other: &Number) -> Ordering {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(one), None) => with_fraction(one, float(other)),
        (None, Some(other)) => with_fraction(other, float(one)).reverse(),
        (None, None) => float(one).partial_cmp(&float(other)).unwrap_or(Ordering::Equal),
    }
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::MAX)
}

/// The order of an integer of 64 bits and a double, exactly.
fn with_fraction(whole: i128, float: f64) -> Ordering {
    // 2^65 is beyond every integer of 64 bits, and an i128 holds every whole double below it.
    const BEYOND: f64 = 36_893_488_147_419_103_232.0;
    if float >= BEYOND {
        return Ordering::Less;
    }
    if float <= -BEYOND {
        return Ordering::Greater;
    }
    #[expect(clippy::cast_possible_truncation, reason = "truncated on purpose, and within an i128")]
    let truncated = float.trunc() as i128;
    whole.cmp(&truncated).then_with(|| 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        assert!(equal(&json!(1), &json!(1.0)));
        assert!(equal(&json!(0), &json!(-0.0)));
        assert!(!equal(&json!(9_007_199_254_740_993_u64), &json!(9_007_199_254_740_992.0)));
        assert!(!equal(&json!(9_007_199_254_740_993_u64), &json!(9_007_199_254_740_992_u64)));
        assert_eq!(order(&json!(u64::MAX), &json!(18_446_744_073_709_551_616.0)), Some(Ordering::Less));
        assert_eq!(order(&json!(i64::MIN), &json!(-9_223_372_036_854_775_808.0)), Some(Ordering::Equal));
        assert_eq!(order(&json!(-1), &json!(-1.5)), Some(Ordering::Greater));
        assert_eq!(order(&json!(-2), &json!(-1.5)), Some(Ordering::Less));
        assert_eq!(order(&json!(1e300), &json!(u64::MAX)), Some(Ordering::Greater));
        assert_eq!(order(&json!(-1e300), &json!(i64::MIN)), Some(Ordering::Less));
        assert_eq!(order(&json!(0.1), &json!(0)), Some(Ordering::Greater));
    }

    #[test]
    fn no_type_is_converted_to_another() {
        assert!(!equal(&json!("1"), &json!(1)));
        assert!(!equal(&json!(0), &json!(false)));
        assert!(!equal(&json!(null), &json!(false)));
        assert_eq!(order(&json!("2"), &json!(1)), None);
        assert_eq!(order(&json!(null), &json!(1)), None);
        assert_eq!(order(&json!(true), &json!(false)), None);
        assert_eq!(
            order(&json!("2026-01-02T00:00:00Z"), &json!("2026-01-10T00:00:00Z")),
            Some(Ordering::Less)
        );
    }
}
