//! When does each event arrive?
//! A webhook receiver in this process that records the arrival time of each event; an event has its number in `data.n`.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use tokio::net::TcpListener;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) first: Instant,
    pub(crate) last: Instant,
    pub(crate) times: u32,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    arrivals: Arc<Mutex<HashMap<u64, Arrival>>>,
    total: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    dead: Arc<AtomicBool>,
    at_once: Arc<AtomicU64>,
    most_at_once: Arc<AtomicU64>,
    failing_every: Arc<AtomicU64>,
    think: Duration,
}

impl Receiver {
    /// A receiver that answers after `think`.
    pub(crate) async fn start(think: Duration) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/hooks", listener.local_addr()?);
        let receiver = Self {
            url,
            arrivals: Arc::default(),
            total: Arc::default(),
            refused: Arc::default(),
            dead: Arc::default(),
            at_once: Arc::default(),
            most_at_once: Arc::default(),
            failing_every: Arc::default(),
            think,
        };
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(receiver)
    }

    /// Answers 503 from now on, or 200 again.
    pub(crate) fn set_dead(&self, dead: bool) {
        self.dead.store(dead, Ordering::SeqCst);
    }

    /// Answers 500 to each event whose number can be divided by `every`, the first time it arrives; 0 for none.
    pub(crate) fn fail_every(&self, every: u64) {
        self.failing_every.store(every, Ordering::SeqCst);
    }

    /// How many requests were answered 503.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    /// How many requests were received.
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::SeqCst)
    }

    /// The largest number of requests that were thought about at the same time.
    pub(crate) fn most_at_once(&self) -> u64 {
        self.most_at_once.load(Ordering::SeqCst)
    }

    /// The arrivals that were answered 200, by the event's number.
    pub(crate) fn arrivals(&self) -> MutexGuard<'_, HashMap<u64, Arrival>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the arrival of an event; gives how often it has arrived.
    fn note(&self, number: u64, now: Instant) -> u32 {
        let mut arrivals = self.arrivals();
        let arrival = arrivals.entry(number).or_insert(Arrival { first: now, last: now, times: 0 });
        arrival.last = now;
        arrival.times += 1;
        arrival.times
    }

    /// Waits until `count` requests have been received.
    pub(crate) async fn wait_for_total(&self, count: u64, patience: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.total() < count {
            anyhow::ensure!(began.elapsed() < patience, "{} of {count} deliveries arrived", self.total());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Waits until `count` different events have arrived.
    pub(crate) async fn wait_for(&self, count: usize, patience: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.arrivals().len() < count {
            let arrived = self.arrivals().len();
            anyhow::ensure!(began.elapsed() < patience, "{arrived} of {count} events arrived");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        Ok(())
    }
}

async fn receive(State(receiver): State<Receiver>, body: Bytes) -> StatusCode {
    let now = Instant::now();
    let Some(number) = number(&body) else { return StatusCode::BAD_REQUEST };
    if receiver.dead.load(Ordering::SeqCst) {
        receiver.refused.fetch_add(1, Ordering::SeqCst);
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let every = receiver.failing_every.load(Ordering::SeqCst);
    if receiver.note(number, now) == 1 && every > 0 && number % every == 0 {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    receiver.total.fetch_add(1, Ordering::SeqCst);
    if !receiver.think.is_zero() {
        let at_once = receiver.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        receiver.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        tokio::time::sleep(receiver.think).await;
        receiver.at_once.fetch_sub(1, Ordering::SeqCst);
    }
    StatusCode::OK
}

/// The event's number, found by its position in the body: parsing every body would use too much of the machine that is
/// measured.
fn number(body: &[u8]) -> Option<u64> {
    const MARK: &[u8] = b"\"n\":";
    let start = body.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let digits = body[start..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))))
}
