//! How does SQLite's write-ahead log get into the file?
//! A background checkpoint: a separate connection copies the log once a second.
//!
//! If the writing connection did it, one request in some thousands would wait until tens of megabytes are on the disk.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::task::{JoinHandle, spawn_blocking};

/// The time between two checkpoints.
const EVERY: Duration = Duration::from_secs(1);
/// From so many pages of 4 KB on, the log is restarted.
const LONG: i64 = 8_000;

/// Makes a checkpoint every second until the task is aborted.
pub(crate) fn keep_up(path: &Path) -> rusqlite::Result<JoinHandle<()>> {
    let connection = Arc::new(Mutex::new(Connection::open(path)?));
    Ok(tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let connection = Arc::clone(&connection);
            match spawn_blocking(move || checkpoint(&connection)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "SQLite checkpoint could not be made"),
                Err(error) => tracing::warn!(%error, "SQLite checkpoint task failed"),
            }
        }
    }))
}

/// Makes a passive checkpoint, for which no writer waits. If the log is long it is then restarted: that makes writers
/// wait, but only until the pages written since the passive checkpoint are copied.
fn checkpoint(connection: &Mutex<Connection>) -> rusqlite::Result<()> {
    let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
    if pages > LONG {
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))?;
    }
    Ok(())
}
