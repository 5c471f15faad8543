//! How is a figure printed?
//! JSON lines, and the median and percentiles of samples.

use std::time::Duration;

use serde_json::{Value, json};

/// Prints one figure.
pub(crate) fn print(figure: &str, value: f64, unit: &str) {
    println!("{}", line(figure, value, unit));
}

/// One figure as it is printed.
pub(crate) fn line(figure: &str, value: f64, unit: &str) -> Value {
    json!({ "figure": figure, "value": (value * 1_000.0).round() / 1_000.0, "unit": unit })
}

/// The median of an odd number of `values`.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The `quantile` (0 to 1) of `durations`, in milliseconds.
pub(crate) fn quantile_ms(durations: &mut [Duration], quantile: f64) -> f64 {
    durations.sort_unstable();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of a benchmark are small and positive"
    )]
    let index = ((durations.len() as f64 - 1.0) * quantile).round() as usize;
    durations.get(index).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1_000.0)
}
