//! Which deliveries does the sender's benchmark make?
//! Test data: jobs as the sender receives them, and the requests that it makes from them.

use anyhow::Context as _;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use bytes::Bytes;
use domain::delivery::render::{Message, Occasion, render};
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::purpose::Purpose;
use domain::endpoint::{Endpoint, EndpointSettings};
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::event::{Event, PayloadText};
use domain::id::{EndpointId, EventId, WorkspaceId};
use domain::signing::secret::{ActiveSecret, Secret};
use http::{HeaderMap, HeaderName, HeaderValue};
use queue::Job;
use serde_json::json;
use serde_json::value::to_raw_value;
use usecases::{Clock, Randomness};

use super::{ENDPOINT, RECEIVER, WORKSPACE};

/// SQS returns at most 10 messages in a receive.
pub(super) const BATCH: usize = 10;

/// The endpoint that the deliveries go to.
pub(super) struct Target {
    workspace: WorkspaceId,
    pub(super) endpoint: EndpointId,
    pub(super) url: String,
    clock: Clock,
    randomness: Randomness,
}

/// A request as the sender would make it.
pub(super) type Post = (HeaderMap, Bytes);

impl Target {
    /// The target whose addresses the peer put into the environment.
    pub(super) fn from_environment() -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the benchmark's own variables")]
        let variable = |name| std::env::var(name).with_context(|| format!("{name} is not set"));
        Ok(Self {
            workspace: variable(WORKSPACE)?.parse()?,
            endpoint: variable(ENDPOINT)?.parse()?,
            url: variable(RECEIVER)?,
            clock: Clock::system(),
            randomness: Randomness::system(),
        })
    }

    /// A job with a payload of a kilobyte, as ingest sends it.
    pub(super) fn job(&self) -> anyhow::Result<Job> {
        let now = self.clock.now();
        let event = EventId::new(now, self.randomness.id());
        let n = self.randomness.id() & u128::from(u32::MAX);
        let data = json!({ "n": n, "customer": "cus_0042", "lines": ["a".repeat(950)] });
        let event = Event {
            id: event,
            uid: None,
            workspace_id: self.workspace,
            event_type: EventType::parse("invoice.paid")?,
            occurred_at: now,
            payload: PayloadText::from(to_raw_value(&data)?).into(),
            erased_at: None,
            channels: Vec::new(),
            deliver_at: None,
            trace: None,
            is_test: false,
            caused_by: None,
            ledger: Ledger::default(),
        };
        Ok(Job::first(&event, self.endpoint))
    }

    /// Batches of jobs that are received for the first time.
    pub(super) fn events(&self, batches: usize) -> anyhow::Result<Vec<SqsEvent>> {
        let event = || {
            let mut event = SqsEvent::default();
            event.records = (0..BATCH).map(|_| message(&self.job()?)).collect::<anyhow::Result<_>>()?;
            Ok(event)
        };
        (0..batches).map(|_| event()).collect()
    }

    /// The requests that the sender would post for as many jobs.
    pub(super) fn posts(&self, count: usize) -> anyhow::Result<Vec<Post>> {
        let endpoint = self.endpoint()?;
        (0..count).map(|_| self.post(&endpoint, &self.job()?)).collect()
    }

    fn post(&self, endpoint: &Endpoint, job: &Job) -> anyhow::Result<Post> {
        let message = Message {
            event_id: job.event,
            event_type: &job.event_type,
            occurred_at: job.occurred_at,
            channels: &job.channels,
            payload: job.payload.as_deref().context("a job of this benchmark carries its payload")?,
            delivery_id: job.delivery,
        };
        let occasion =
            Occasion { number: 1, at: self.clock.now(), nonce: self.randomness.bytes(), trace: None };
        let rendered = render(&message, endpoint, occasion)?;
        let mut headers = HeaderMap::with_capacity(rendered.headers.len());
        for (name, value) in rendered.headers {
            headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        Ok((headers, rendered.body.into()))
    }

    /// An endpoint like the one in the table. Its secret differs, but the signature has the same length.
    fn endpoint(&self) -> anyhow::Result<Endpoint> {
        let settings: EndpointSettings = serde_json::from_value(json!({ "url": self.url }))?;
        let now = self.clock.now();
        Ok(Endpoint {
            id: self.endpoint,
            workspace_id: self.workspace,
            purpose: Purpose::Subscriber,
            url: settings.check(&AllowedTargets::loopback_and_http())?,
            settings,
            secrets: vec![ActiveSecret { secret: Secret::new(&self.randomness.bytes()), expires_at: None }],
            disabled: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        })
    }
}

/// The record that Lambda creates from a message.
fn message(job: &Job) -> anyhow::Result<SqsMessage> {
    let sent = job.occurred_at.as_millis().to_string();
    let attributes = [
        ("ApproximateReceiveCount", "1".to_owned()),
        ("ApproximateFirstReceiveTimestamp", sent.clone()),
        ("MessageGroupId", job.workspace.to_string()),
        ("SentTimestamp", sent),
        ("SenderId", "AIDAIENQZJOLO23YVJ4VO".to_owned()),
    ];
    let mut message = SqsMessage::default();
    message.message_id = Some(job.delivery.to_string());
    message.receipt_handle = Some("A".repeat(180));
    message.body = Some(job.to_body());
    message.event_source = Some("aws:sqs".to_owned());
    message.attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
    Ok(message)
}
