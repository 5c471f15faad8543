//! How does the embedded DynamoDB run?
//! `dynoxide` in this process and on a loopback port, with a TTL sweep that deletes expired rows late, as AWS does.

mod actions;
mod request;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::writer::Writer;
use crate::clock::Clock;
use crate::{Durability, EmulatorError, checkpoint, file, in_process};

/// The time between two TTL sweeps. Each sweep reads every row; AWS may take several days.
const SWEEP: Duration = Duration::from_mins(10);

/// An embedded DynamoDB.
pub struct DynamoDb {
    database: Database,
    writer: Writer,
    url: String,
    tasks: Vec<JoinHandle<()>>,
}

impl DynamoDb {
    /// A DynamoDB that keeps its rows in the file at `path`. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the file cannot be opened, or is damaged.
    pub fn file(path: &Path, durability: Durability) -> Result<Self, EmulatorError> {
        file::prepare(path)?;
        let dynoxide = |error: dynoxide::DynoxideError| EmulatorError::Dynoxide(error.to_string());
        let database = Database::new(&path.to_string_lossy()).map_err(dynoxide)?;
        // Its connection syncs every commit, as SQLite does by default. The only way from outside to SQLite's
        // `synchronous=NORMAL` is the end of a bulk load, which also sets the cache to 2 MB.
        if durability == Durability::Relaxed {
            database.disable_bulk_loading().map_err(dynoxide)?;
        }
        let mut dynamodb = Self::of(database)?;
        dynamodb.tasks.push(checkpoint::keep_up(path)?);
        Ok(dynamodb)
    }

    /// A DynamoDB that keeps its rows in memory and takes the time from `clock`.
    ///
    /// # Errors
    /// When the database cannot be created.
    pub fn memory(clock: Clock) -> Result<Self, EmulatorError> {
        let database = Database::memory_with_clock(Arc::new(Seconds(clock)));
        Self::of(database.map_err(|error| EmulatorError::Dynoxide(error.to_string()))?)
    }

    fn of(database: Database) -> Result<Self, EmulatorError> {
        let writer = Writer::start(database.clone())?;
        Ok(Self { database, writer, url: String::new(), tasks: Vec::new() })
    }

    /// Serves on `listener` while the value lives.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(mut self, listener: TcpListener) -> Result<Self, EmulatorError> {
        self.url = format!("http://{}", listener.local_addr()?);
        self.tasks.push(tokio::spawn(dynoxide::server::serve_on(listener, self.database.clone())));
        let database = self.database.clone();
        self.tasks.push(tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                let database = database.clone();
                match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "expired rows could not be deleted from the embedded DynamoDB");
                    }
                    Err(error) => tracing::warn!(%error, "TTL sweep task of the embedded DynamoDB failed"),
                }
            }
        }));
        Ok(self)
    }

    /// The HTTP client of an SDK in this process: the actions Posthorn uses, without a socket.
    pub fn http_client(&self) -> SharedHttpClient {
        let (database, writer) = (self.database.clone(), self.writer.clone());
        in_process::http_client(move |action, body| {
            let (database, writer) = (database.clone(), writer.clone());
            async move { actions::act(&database, &writer, &action, body).await }
        })
    }

    /// The base URL on which it answers other processes.
    pub fn endpoint_url(&self) -> &str {
        &self.url
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for DynamoDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamoDb").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The injected clock behind dynoxide's clock interface.
struct Seconds(Clock);

impl dynoxide::storage_backend::Clock for Seconds {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now() / 1_000).unwrap_or(0)
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium fit a double exactly")]
    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now() as f64 / 1_000.0
    }
}
