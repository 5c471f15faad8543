//! Who copies a file's write-ahead log into the file? A connection of its own, once a second. Left to the one that writes,
//! it makes one request in some thousands wait until tens of megabytes are on the disk.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::task::{JoinHandle, spawn_blocking};

const EVERY: Duration = Duration::from_secs(1);
/// Pages of 4 KB in a log that had better begin anew.
const LONG: i64 = 8_000;

/// Does so until it is aborted.
pub(crate) fn keep_up(path: &Path) -> rusqlite::Result<JoinHandle<()>> {
    let connection = Arc::new(Mutex::new(Connection::open(path)?));
    Ok(tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let connection = Arc::clone(&connection);
            match spawn_blocking(move || checkpoint(&connection)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "a checkpoint could not be made"),
                Err(error) => tracing::warn!(%error, "a checkpoint ended badly"),
            }
        }
    }))
}

/// A passive one: nobody who writes waits for it. A log that is long begins anew: that makes writers wait, but only for
/// what came in the meantime.
fn checkpoint(connection: &Mutex<Connection>) -> rusqlite::Result<()> {
    let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
    if pages > LONG {
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))?;
    }
    Ok(())
}
