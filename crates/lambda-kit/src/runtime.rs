//! On how many threads does a function run?
//! The tokio runtime: single-threaded, or multi-threaded where the function serves several invocations at once.
//!
//! A function has a fraction of a processor. There, moving a task to another thread costs more than it saves.

use std::future::Future;

use tokio::runtime::Builder;

use crate::config;

/// Runs a function to its end.
///
/// # Errors
/// When a thread cannot be started, and the error that the function itself returns.
pub fn run<E: From<std::io::Error>>(function: impl Future<Output = Result<(), E>>) -> Result<(), E> {
    let mut builder = match config::serves_several_at_once() {
        true => Builder::new_multi_thread(),
        false => Builder::new_current_thread(),
    };
    builder.enable_all().build()?.block_on(function)
}
