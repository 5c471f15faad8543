//! How does the embedded SQS run?
//! An emulator of SQS's JSON protocol over SQLite: [`server`] speaks HTTP, [`operations`] carries out the actions,
//! [`storage`] owns the file, [`errors`] are AWS's error names.

mod actor;
mod consumer;
mod errors;
mod fairness;
mod long_poll;
mod message;
mod operations;
mod server;
mod storage;
mod validation;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::{Durability, EmulatorError, checkpoint, file};
use actor::Actor;
pub use consumer::Consumer;
pub use message::Received;
use storage::Storage;

/// The most messages that SQS keeps in flight in a standard queue (about 120,000).
pub const IN_FLIGHT_LIMIT: usize = 120_000;

/// An embedded SQS.
#[derive(Debug)]
pub struct Sqs {
    service: Arc<Service>,
    url: String,
    tasks: Vec<JoinHandle<()>>,
}

/// The state that every request shares.
#[derive(Debug)]
struct Service {
    actor: Actor,
    clock: Clock,
    in_flight_limit: AtomicUsize,
    wakers: Mutex<HashMap<String, Arc<Notify>>>,
}

/// How many messages of a queue are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that may be received.
    pub visible: i64,
    /// Messages that were received, and are neither deleted nor visible again.
    pub in_flight: i64,
    /// Messages whose delay is not over.
    pub delayed: i64,
}

impl Sqs {
    /// An SQS that keeps its messages in the file at `path`. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the file cannot be opened, or is damaged.
    pub fn file(path: &Path, clock: Clock, durability: Durability) -> Result<Self, EmulatorError> {
        file::prepare(path)?;
        let mut sqs = Self::of(rusqlite::Connection::open(path)?, clock, durability)?;
        sqs.tasks.push(checkpoint::keep_up(path)?);
        Ok(sqs)
    }

    /// An SQS that keeps its messages in memory.
    ///
    /// # Errors
    /// When the database cannot be created.
    pub fn memory(clock: Clock) -> Result<Self, EmulatorError> {
        Self::of(rusqlite::Connection::open_in_memory()?, clock, Durability::default())
    }

    fn of(
        connection: rusqlite::Connection,
        clock: Clock,
        durability: Durability,
    ) -> Result<Self, EmulatorError> {
        let storage = Storage::open(connection, durability)?;
        let service = Service {
            actor: Actor::start(storage)?,
            clock,
            in_flight_limit: AtomicUsize::new(IN_FLIGHT_LIMIT),
            wakers: Mutex::default(),
        };
        Ok(Self { service: Arc::new(service), url: String::new(), tasks: Vec::new() })
    }

    /// Serves on `listener` while the value lives.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(mut self, listener: TcpListener) -> Result<Self, EmulatorError> {
        self.url = format!("http://{}", listener.local_addr()?);
        let router = server::router(Arc::clone(&self.service), self.url.clone());
        self.tasks.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the HTTP server of the embedded SQS stopped");
            }
        }));
        Ok(self)
    }

    /// The HTTP client of an SDK in this process: the same actions without a socket, once the emulator is started.
    pub fn http_client(&self) -> SharedHttpClient {
        server::http_client(Arc::clone(&self.service), self.url.clone())
    }

    /// The base URL on which it answers other processes.
    pub fn endpoint_url(&self) -> &str {
        &self.url
    }

    /// A consumer of the queue with this URL, for its event source mapping.
    pub fn consumer(&self, queue_url: &str) -> Consumer {
        Consumer::new(Arc::clone(&self.service), queue_url)
    }

    /// Makes received messages visible again that were neither deleted nor given a new visibility timeout. For a start
    /// after a crash, because their consumer is gone. Messages with a visibility timeout set by their consumer keep it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn release_received(&self) -> Result<(), EmulatorError> {
        let now = self.service.clock.now();
        self.service.actor.run(move |storage| storage.release_received(now)).await??;
        self.wake();
        Ok(())
    }

    /// Makes every long poll look again, after a test moved its clock.
    pub fn wake(&self) {
        let wakers = self.service.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.values().for_each(|waker| {
            waker.notify_waiters();
            // Also a poll that is about to wait.
            waker.notify_one();
        });
    }

    /// How many messages of a queue are in which state.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn counts(&self, queue: &str) -> Result<Counts, EmulatorError> {
        let (queue, now) = (queue.to_owned(), self.service.clock.now());
        Ok(self.service.actor.run_unsynced(move |storage| storage.counts(&queue, now)).await??)
    }

    /// Counts so many messages in flight that are not there, in every queue, so that a test reaches a large count.
    ///
    /// # Errors
    /// When the emulator has stopped.
    pub async fn count_in_flight(&self, more: i64) -> Result<(), EmulatorError> {
        self.service.actor.run(move |storage| storage.counted_in_flight = more).await
    }

    /// Lowers the maximum number of messages in flight, so that a test reaches it.
    pub fn set_in_flight_limit(&self, limit: usize) {
        self.service.in_flight_limit.store(limit, Ordering::Relaxed);
    }
}

impl Service {
    /// The waker of a queue's long polls.
    fn waker(&self, queue: &str) -> Arc<Notify> {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(wakers.entry(queue.to_owned()).or_default())
    }
}

impl Drop for Sqs {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
