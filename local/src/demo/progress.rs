//! How far is the demo?
//! A progress line: on a terminal one line that is written over and over, otherwise a line a second.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

/// Width of the bar, in characters.
const BAR: usize = 24;
/// Moves to the beginning of the line and clears it (ANSI escape codes).
const OVERWRITE: &str = "\r\x1b[2K";

/// What to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) settled: usize,
    pub(super) all: usize,
    pub(super) attempts: u64,
}

/// The progress line.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: bool,
    /// The second that was shown last.
    shown: Option<u64>,
}

impl Progress {
    /// On standard output.
    pub(super) fn begin() -> Self {
        Self { terminal: std::io::stdout().is_terminal(), shown: None }
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, elapsed: Duration, state: State) {
        if let Some(text) = self.text(elapsed, state) {
            let mut out = std::io::stdout();
            // The demo goes on without anyone who reads its output.
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
        }
    }

    /// Leaves the last state on the terminal.
    pub(super) fn end(&self) {
        if self.terminal {
            println!();
        }
    }

    fn text(&mut self, elapsed: Duration, state: State) -> Option<String> {
        let State { settled, all, attempts } = state;
        if self.terminal {
            let (done, tenths) = (BAR * settled / all.max(1), elapsed.as_millis() / 100);
            let bar = format!("{}{}", "█".repeat(done), "·".repeat(BAR - done));
            let seconds = format!("{}.{}", tenths / 10, tenths % 10);
            return Some(format!(
                "{OVERWRITE}{bar}  {settled} of {all} deliveries settled, {attempts} attempts, {seconds} s"
            ));
        }
        let second = elapsed.as_secs();
        if self.shown.replace(second) == Some(second) && settled < all {
            return None;
        }
        Some(format!("{second:>2} s: {settled} of {all} deliveries settled, {attempts} attempts\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_terminal_sees_one_line_that_moves() {
        let mut progress = Progress { terminal: true, shown: None };
        let state = State { settled: 21, all: 42, attempts: 30 };
        let text = progress.text(at(1_250), state).unwrap();
        let expected = "████████████············  21 of 42 deliveries settled, 30 attempts, 1.2 s";
        assert_eq!(text, format!("{OVERWRITE}{expected}"));
        assert!(progress.text(at(1_350), state).is_some());
    }

    #[test]
    fn a_log_gets_a_line_a_second_and_the_end() {
        let mut progress = Progress { terminal: false, shown: None };
        let state = State { settled: 21, all: 42, attempts: 30 };
        assert_eq!(
            progress.text(at(0), state).as_deref(),
            Some(" 0 s: 21 of 42 deliveries settled, 30 attempts\n")
        );
        assert_eq!(progress.text(at(900), state), None);
        assert!(progress.text(at(1_000), state).is_some());
        let end = State { settled: 42, all: 42, attempts: 70 };
        assert_eq!(
            progress.text(at(1_100), end).as_deref(),
            Some(" 1 s: 42 of 42 deliveries settled, 70 attempts\n")
        );
    }
}
