//! Where does a story take place?
//! A test fixture: the whole platform in memory, with a clock that the story moves, and a client of its API.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::client::ApiClient;
use domain::timestamp::Timestamp;
use egress::Lookup;
use local::data_dir::DataDir;
use local::first_run::prepare;
use local::observe::{Observer, Trouble};
use local::platform::{Platform, Setup};
use serde_json::{Value, json};
use usecases::{Clock, Traces};

use crate::Receiver;
use crate::calls::observer;

/// How far the story has moved its clock.
#[derive(Debug, Clone, Default)]
struct Ahead(Arc<AtomicI64>);

/// The platform and the client of one story.
#[derive(Debug)]
pub struct Stage {
    /// The running platform.
    pub platform: Platform,
    /// A client of the API whose key has access to everything.
    pub admin: ApiClient,
    /// The workspace of the story.
    pub workspace: String,
    admin_key: String,
    ahead: Ahead,
    clock: Clock,
    /// Locked as long as the stage is used.
    _data: Option<DataDir>,
}

/// An endpoint that a story created.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The endpoint's id.
    pub id: String,
    /// The endpoint's signing secret.
    pub secret: String,
}

/// A source that a story created.
#[derive(Debug, Clone)]
pub struct Source {
    /// The source's id.
    pub id: String,
    /// The path of its address.
    pub path: String,
}

impl Stage {
    /// Starts the platform.
    pub async fn set() -> Self {
        Self::set_with(Traces::default(), observer()).await
    }

    /// Starts the platform with traces.
    pub async fn set_with_traces(traces: Traces) -> Self {
        Self::set_with(traces, observer()).await
    }

    /// Starts the platform with faults injected into calls to AWS.
    pub async fn set_with_trouble(
        trouble: impl Fn(&'static str, &str) -> Option<Trouble> + Send + Sync + 'static,
    ) -> Self {
        let observer = observer().unwrap_or_else(|| Observer::new(|_| {}));
        Self::set_with(Traces::default(), Some(observer.with_trouble(trouble))).await
    }

    async fn set_with(traces: Traces, observer: Option<Observer>) -> Self {
        let ahead = Ahead::default();
        let clock = ahead.clock(Clock::system());
        Self::begin(None, ahead, clock, Setup { traces, observer, ..Setup::default() }).await
    }

    /// Starts the platform, for which every name of a host leads to `address`.
    pub async fn set_with_names(address: IpAddr) -> Self {
        let ahead = Ahead::default();
        let clock = ahead.clock(Clock::system());
        let names = Lookup::new(move |_| Box::pin(async move { Ok(vec![address]) }));
        Self::begin(None, ahead, clock, Setup { names, observer: observer(), ..Setup::default() }).await
    }

    /// Starts the platform with a clock that begins at `at` and runs on.
    pub async fn set_at(at: Timestamp) -> Self {
        let ahead = Ahead::default();
        ahead.0.store(at.as_millis() - Clock::system().now().as_millis(), Ordering::SeqCst);
        let clock = ahead.clock(Clock::system());
        Self::begin(None, ahead, clock, Setup { observer: observer(), ..Setup::default() }).await
    }

    /// Sets the stage on a data folder of local mode. The clock stands at `at` until the story moves it, so nothing that
    /// waits in the folder goes out before.
    pub async fn open(folder: &Path, at: Timestamp) -> Self {
        let ahead = Ahead::default();
        let clock = ahead.clock(Clock::new(move || at));
        let data = DataDir::open(folder).unwrap();
        Self::begin(Some(data), ahead, clock, Setup { observer: observer(), ..Setup::default() }).await
    }

    async fn begin(data: Option<DataDir>, ahead: Ahead, clock: Clock, setup: Setup<'static>) -> Self {
        let setup = Setup { data: data.as_ref(), clock: clock.clone(), ..setup };
        let platform = Platform::start(setup).await.unwrap();
        let beginnings = prepare(&platform.store, data.as_ref(), None, &clock).await.unwrap();
        let admin_key = beginnings.admin_key.reveal().to_owned();
        let admin = ApiClient::new(&platform.url(), &admin_key);
        let workspace = beginnings.workspace.to_string();
        Self { platform, admin, workspace, admin_key, ahead, clock, _data: data }
    }

    /// Moves the clock forward, and wakes the queue's long polls.
    pub fn advance(&self, duration: Duration) {
        self.ahead.0.fetch_add(i64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
        self.platform.aws.sqs.wake();
    }

    /// Sets the clock back.
    pub fn set_back(&self, duration: Duration) {
        self.ahead.0.fetch_sub(i64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// The key with access to everything, for requests that the client cannot make.
    pub fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// The story's clock.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Creates an endpoint for `receiver` with further settings.
    pub async fn endpoint(&self, receiver: &Receiver, settings: Value) -> Endpoint {
        let mut body = json!({ "workspace_id": self.workspace, "url": receiver.url() });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (status, answer) =
            self.admin.call("POST", "/v1/webhook-endpoints", body.to_string(), &[]).await.unwrap();
        assert_eq!(status, 201, "{answer}");
        // An asymmetric endpoint shows no secret.
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Endpoint { id: text("id"), secret: text("secret") }
    }

    /// Creates a source with these settings.
    pub async fn source(&self, settings: Value) -> Source {
        let mut body = json!({ "workspace_id": self.workspace, "name": "A source" });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (status, answer) = self.admin.call("POST", "/v1/sources", body.to_string(), &[]).await.unwrap();
        assert_eq!(status, 201, "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        let path = text("address").strip_prefix(&self.platform.url()).unwrap().to_owned();
        Source { id: text("id"), path }
    }

    /// The requests that a source received, newest first.
    pub async fn received(&self, source: &Source) -> Vec<Value> {
        let page = self.read(&format!("/v1/sources/{}/requests", source.id)).await;
        page["data"].as_array().unwrap().clone()
    }

    /// Sends an event and gives the answer.
    pub async fn send(&self, event_type: &str, data: Value) -> Value {
        let body = json!({ "workspace_id": self.workspace, "type": event_type, "data": data });
        let (status, answer) = self.admin.call("POST", "/v1/events", body.to_string(), &[]).await.unwrap();
        assert_eq!(status, 202, "{answer}");
        answer
    }

    /// Gets a document of the API.
    pub async fn read(&self, path: &str) -> Value {
        self.admin.get(path).await.unwrap()
    }

    /// The deliveries of an endpoint, once the first `count` of them all have this status.
    ///
    /// # Panics
    /// When that does not happen in time.
    pub async fn deliveries(&self, endpoint: &Endpoint, count: usize, status: &str) -> Vec<Value> {
        let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
        let mut last = Vec::new();
        for _ in 0..500 {
            last = self.read(&path).await.as_array().unwrap().clone();
            if last.len() >= count && last.iter().all(|row| row["status"] == status) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not {count} deliveries {status}: {last:#?}")
    }

    /// Waits until the endpoint's newest delivery has seen `attempts` attempts and its job waits in the queue.
    ///
    /// # Panics
    /// When that does not happen in time.
    pub async fn attempted(&self, endpoint: &Endpoint, attempts: u64) {
        let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
        for _ in 0..500 {
            if self.read(&path).await[0]["attempts"] == attempts {
                // The row is written before the job is put back: that takes a few milliseconds more.
                return tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the delivery has not seen {attempts} attempts")
    }

    /// Ends a story that repeated a request under its key: jobs that look again after a minute find nothing to do.
    pub async fn end_after_repeating(self) {
        self.advance(Duration::from_secs(61));
        self.end().await;
    }

    /// Ends the story: nothing may be left in the queue.
    ///
    /// # Panics
    /// When a job is left.
    pub async fn end(self) {
        let counts = async || {
            let jobs = self.platform.aws.sqs.counts(queue::definition::JOBS).await.unwrap();
            let tasks = self.platform.aws.sqs.counts(queue::definition::TASKS).await.unwrap();
            [jobs, tasks]
        };
        // A settled delivery's job is deleted a moment after its row is written.
        for _ in 0..200 {
            if counts().await == [embedded_aws::sqs::Counts::default(); 2] {
                return self.platform.stop().await;
            }
            // A drain continues for some seconds after its last delivery, without sending anything.
            if counts().await[0] == embedded_aws::sqs::Counts::default() {
                self.advance(Duration::from_secs(1));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("jobs or tasks are left: {:?}", counts().await)
    }
}

impl Ahead {
    /// `clock`, moved.
    fn clock(&self, clock: Clock) -> Clock {
        let ahead = self.clone();
        Clock::new(move || Timestamp::from_millis(clock.now().as_millis() + ahead.0.load(Ordering::SeqCst)))
    }
}
