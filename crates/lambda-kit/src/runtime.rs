//! On how many threads does a function run? On one: a task that another thread takes up costs more than it saves where a
//! function has a fraction of a processor. On as many as there are processors where it serves several invocations at once.

use std::future::Future;

use tokio::runtime::Builder;

use crate::config;

/// Runs a function, from its first line to its last.
///
/// # Errors
/// When there are no threads to be had, or what the function itself ends with.
pub fn run<E: From<std::io::Error>>(function: impl Future<Output = Result<(), E>>) -> Result<(), E> {
    let mut builder = match config::serves_several_at_once() {
        true => Builder::new_multi_thread(),
        false => Builder::new_current_thread(),
    };
    builder.enable_all().build()?.block_on(function)
}
