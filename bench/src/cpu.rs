//! How much processor time has a process used?
//! CPU time from `/proc/PID/stat`; Linux only.

use anyhow::Context as _;

/// Linux counts processor time in hundredths of a second (`USER_HZ`, `proc_pid_stat(5)`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor time that process `id` has used, in user and kernel mode.
pub(crate) fn seconds(id: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The process's name, in parentheses, may contain any character; the fields after it are numbered from 3.
    let (_, fields) = stat.rsplit_once(')').context("no process name")?;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}
