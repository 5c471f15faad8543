//! Use cases against the embedded AWS, with a clock and randomness the test sets.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod accept_event;
mod attempt_delivery;
mod capacity;
mod delete_workspace;
mod drain;
mod idempotent_request;
mod manage_endpoint;
mod manage_workspace;
mod notifications;
mod operational_topic;
mod parked;
mod receive_request;
mod replay;
mod replay_delivery;
mod stepwise;
mod sweep;
mod turned_away;
mod waking;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::Intercept;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use capacity::Meter;
use domain::access::api_key::{ApiKey, ApiKeySettings};
use domain::access::workspace::{Workspace, WorkspaceSettings};
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use domain::endpoint::purpose::Purpose;
use domain::endpoint::{Endpoint, EndpointSettings};
use domain::id::{ApiKeyId, EndpointId, EndpointKey, WorkspaceId};
use domain::policy::circuit::Failure;
use domain::policy::outcome::ErrorClass;
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use egress::Egress;
use embedded_aws::{DynamoDb, Sqs};
use queue::{Job, Queue};
use store::{KeyWrapper, Store};
use tokio::net::TcpListener;

use usecases::accept::event_request::EventRequest;
use usecases::deliver::attempt_delivery::Sender;
use usecases::manage::management::Management;
use usecases::{Clock, Context, Intake, Randomness};

/// An embedded AWS with one workspace, and the hands of its clock.
struct Bench {
    store: Store,
    queue: Queue,
    sqs_client: aws_sdk_sqs::Client,
    workspace: WorkspaceId,
    hands: Arc<AtomicI64>,
    clock: Clock,
    randomness: Randomness,
    _aws: (DynamoDb, Sqs),
}

fn start() -> Timestamp {
    Timestamp::parse("2026-01-05T09:30:00Z").unwrap()
}

/// An answer of 500.
fn failure_at(at: Timestamp) -> Failure {
    Failure { at, error: ErrorClass::HttpStatus, response_status: Some(500) }
}

async fn loopback() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

impl Bench {
    async fn new() -> Self {
        Self::with(None::<Meter>).await
    }

    /// The same, with something between the table and those who use it.
    async fn with(between: Option<impl Intercept + 'static>) -> Self {
        let hands = Arc::new(AtomicI64::new(start().as_millis()));
        let millis = {
            let hands = Arc::clone(&hands);
            move || hands.load(Ordering::SeqCst)
        };
        let emulators_clock = embedded_aws::Clock::new(millis.clone());
        let dynamodb = DynamoDb::memory(emulators_clock.clone()).unwrap().start(loopback().await).unwrap();
        let sqs = Sqs::memory(emulators_clock).unwrap().start(loopback().await).unwrap();
        let region = Region::new("us-east-1");
        let credentials = Credentials::new("test", "test", None, None, "test");
        let http = aws_smithy_http_client::Builder::new().build_http();
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(region.clone())
            .credentials_provider(credentials.clone())
            .endpoint_url(dynamodb.endpoint_url())
            .http_client(http.clone());
        if let Some(between) = between {
            config = config.interceptor(between);
        }
        let config = config.build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        let store = Store::new(client, "posthorn", KeyWrapper::local([1; 32]));
        store.create_table().await.unwrap();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(region)
            .credentials_provider(credentials)
            .endpoint_url(sqs.endpoint_url())
            .http_client(http)
            .build();
        let sqs_client = aws_sdk_sqs::Client::from_conf(config);
        let queue = queue::definition::create(sqs_client.clone()).await.unwrap();

        let workspace = WorkspaceId::new(start(), 1);
        let settings: WorkspaceSettings = serde_json::from_str(r#"{"name":"test"}"#).unwrap();
        let row = Workspace::new(workspace, settings, start());
        assert!(store.save_workspace(&row, None).await.unwrap());
        let count = AtomicU64::new(1);
        Self {
            store,
            queue,
            sqs_client,
            workspace,
            clock: Clock::new(move || Timestamp::from_millis(millis())),
            hands,
            // Ids differ and jitter is nothing.
            randomness: Randomness::new(move |bytes| {
                bytes.fill(0);
                if bytes.len() > 4 {
                    let count = count.fetch_add(1, Ordering::SeqCst);
                    bytes[..8].copy_from_slice(&count.to_le_bytes());
                }
            }),
            _aws: (dynamodb, sqs),
        }
    }

    fn advance(&self, duration: Duration) {
        self.hands.fetch_add(i64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// An intake after a cold start.
    fn intake(&self, queue: Queue) -> Intake {
        Intake::new(self.context(queue))
    }

    /// A context with an empty cache, as after a cold start.
    fn context(&self, queue: Queue) -> Context {
        Context::new(self.store.clone(), queue)
            .with_clock_and_randomness(self.clock.clone(), self.randomness.clone())
    }

    /// A management API with an empty cache.
    fn management(&self) -> Management {
        let targets = AllowedTargets::loopback_and_http();
        let context = self.context(self.queue.clone());
        let public_url = "https://hooks.example.com".into();
        Management { context, targets, endpoint_defaults: EndpointDefaults::default(), public_url }
    }

    /// A queue that cannot be reached.
    fn broken_queue(&self) -> Queue {
        Queue::new(self.sqs_client.clone(), format!("{}-gone", self.queue.url()), None)
    }

    /// A sender with an empty cache.
    fn sender(&self) -> Sender {
        let egress = Egress::new(AllowedTargets::loopback_and_http()).unwrap();
        Sender::new(self.context(self.queue.clone()), egress)
    }

    fn caller(&self) -> ApiKey {
        let settings = ApiKeySettings::admin_of_all("test");
        ApiKey::new(ApiKeyId::new(start(), 1), Some(self.workspace), settings, start())
    }

    fn key(&self, endpoint: EndpointId) -> EndpointKey {
        EndpointKey::new(self.workspace, endpoint)
    }

    async fn endpoint(&self, number: u128, settings: serde_json::Value) -> Endpoint {
        let settings: EndpointSettings = serde_json::from_value(settings).unwrap();
        let settings = settings.completed();
        let endpoint = Endpoint {
            id: EndpointId::new(start(), number),
            workspace_id: self.workspace,
            purpose: Purpose::Subscriber,
            url: settings.check(&AllowedTargets::loopback_and_http().with_mail(true)).unwrap(),
            settings,
            secrets: vec![ActiveSecret { secret: Secret::new(&[7; 32]), expires_at: None }],
            disabled: None,
            revision: 1,
            created_at: start(),
            updated_at: start(),
        };
        assert!(self.store.save_endpoint(&endpoint, None).await.unwrap());
        endpoint
    }

    /// Every job that can be received now.
    async fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        loop {
            let request = self.sqs_client.receive_message().queue_url(self.queue.url());
            let request = request.max_number_of_messages(10);
            let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
            let messages: Vec<Message> = request.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return jobs;
            }
            jobs.extend(messages.iter().map(|message| Job::parse(message.body().unwrap()).unwrap()));
        }
    }
}

fn request(event_type: &str, data: &str) -> EventRequest {
    EventRequest {
        event_type: domain::event::event_type::EventType::parse(event_type).unwrap(),
        data: serde_json::from_str(data).unwrap(),
        workspace_id: None,
        id: None,
        uid: None,
        occurred_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        caused_by: None,
    }
}

/// A receiver that answers with `status` and counts.
async fn receiver(status: u16) -> (String, Arc<AtomicU64>) {
    let listener = loopback().await;
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let answer = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async move { axum::http::StatusCode::from_u16(status).unwrap() }
    };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, count)
}
