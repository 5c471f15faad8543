//! What follows from an endpoint's failures and recoveries?
//! The circuit breaker: the circuit opens and closes, the owner is warned, and an endpoint that fails too often for too
//! long is switched off. The decisions are in `domain::policy::circuit`; here they are carried out.

use std::collections::HashMap;
use std::sync::Arc;

use domain::access::actor::Actor;
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::endpoint::{Disabled, DisabledReason, Endpoint};
use domain::event::operational::OperationalEvent;
use domain::id::EndpointId;
use domain::policy::circuit::{Consequence, Failure, Health};
use domain::timestamp::Timestamp;
use serde_json::json;
use store::rows::drains::DrainReason;

use crate::accept::operational_event::notify;
use crate::context::Context;
use crate::error::Fault;
use crate::recover::drain::{owe_drain, start_drain};
use crate::write_coalescer::{Mode, WriteCoalescer};

/// The health of each endpoint of a batch. If one cannot be written, the others still are.
type Healths = Arc<HashMap<EndpointId, Result<Health, Fault>>>;

/// Counts failures and successes. Failures of one endpoint that end within a few milliseconds are one write.
#[derive(Debug)]
pub(crate) struct CircuitBreaker {
    context: Context,
    failures: WriteCoalescer<Counted, Healths>,
}

#[derive(Debug)]
struct Counted {
    endpoint: Arc<Endpoint>,
    failure: Failure,
}

impl CircuitBreaker {
    /// Must be made inside a tokio runtime.
    pub(crate) fn new(context: Context) -> Self {
        let writer = context.clone();
        let failures = WriteCoalescer::new(Mode::Delay, move |batch: Vec<Counted>| {
            let context = writer.clone();
            async move { Ok(Arc::new(record_failures(&context, batch).await)) }
        });
        Self { context, failures }
    }

    /// Counts an attempt that failed; returns the endpoint's health after it.
    pub(crate) async fn failed(&self, endpoint: &Arc<Endpoint>, failure: Failure) -> Result<Health, Fault> {
        let counted = Counted { endpoint: Arc::clone(endpoint), failure };
        let all = self.failures.write(counted).await?;
        all.get(&endpoint.id).cloned().unwrap_or_else(|| Ok(Health::default()))
    }

    /// Counts an attempt that succeeded. It costs no write unless the endpoint is known to be failing.
    pub(crate) async fn succeeded(&self, endpoint: &Endpoint) -> Result<(), Fault> {
        let Self { context, .. } = self;
        let key = endpoint.key();
        let Some(known) = context.cache.health(key).await? else { return Ok(()) };
        if known.is_open() {
            // Before the health is forgotten: should this process die now, the drain knows that there was a recovery.
            owe_drain(context, key, DrainReason::Recovery).await?;
        }
        let before = context.store.record_recovery(key).await?;
        context.cache.know_health(key, None).await;
        let Some(before) = before else { return Ok(()) };
        if before.is_open() {
            start_drain(context, key, DrainReason::Recovery).await?;
        }
        if before.is_open() || before.warned_percent > 0 {
            tracing::info!(endpoint = %key.id, workspace = %key.workspace, failures = before.failures, "endpoint recovered");
            let data = json!({
                "endpoint_id": key.id, "failures": before.failures, "failing_since": before.failing_since,
            });
            notify(context, endpoint, OperationalEvent::EndpointRecovered, data).await;
        }
        Ok(())
    }
}

async fn record_failures(
    context: &Context,
    batch: Vec<Counted>,
) -> HashMap<EndpointId, Result<Health, Fault>> {
    let mut by_endpoint: HashMap<EndpointId, Vec<Counted>> = HashMap::new();
    for counted in batch {
        by_endpoint.entry(counted.endpoint.id).or_default().push(counted);
    }
    let mut all = HashMap::new();
    for (id, failures) in by_endpoint {
        all.insert(id, record_failures_of(context, &failures).await);
    }
    all
}

async fn record_failures_of(context: &Context, failures: &[Counted]) -> Result<Health, Fault> {
    let last = failures.iter().max_by_key(|counted| counted.failure.at);
    let Some(Counted { endpoint, failure }) = last else { return Ok(Health::default()) };
    let key = endpoint.key();
    let count = u32::try_from(failures.len()).unwrap_or(u32::MAX);
    let mut health = context.store.record_failures(key, count, *failure).await?;
    for consequence in health.consequences(endpoint.settings.disable, failure.at) {
        carry_out(context, endpoint, &mut health, consequence, failure.at).await?;
    }
    context.cache.know_health(key, Some(health)).await;
    Ok(health)
}

async fn carry_out(
    context: &Context,
    endpoint: &Endpoint,
    health: &mut Health,
    consequence: Consequence,
    at: Timestamp,
) -> Result<(), Fault> {
    let key = endpoint.key();
    let data = json!({
        "endpoint_id": key.id, "failures": health.failures, "failing_since": health.failing_since,
    });
    match consequence {
        Consequence::Open => {
            // The drain is owed from now on: even if the process that sees the recovery dies then, the parked deliveries go
            // out.
            owe_drain(context, key, DrainReason::Recovery).await?;
            if context.store.open_circuit(key, at).await? {
                tracing::info!(endpoint = %key.id, workspace = %key.workspace, failures = health.failures, "circuit opened");
                health.open_since = Some(at);
            } else {
                // Another process has opened it, or a success has closed it meanwhile: the row says which.
                *health = context.store.load_health(key).await?.unwrap_or_default();
            }
        }
        Consequence::Warn(percent) => {
            if context.store.note_warning(key, percent).await? {
                let mut data = data;
                data["percent"] = json!(percent);
                notify(context, endpoint, OperationalEvent::EndpointFailing, data).await;
            }
            health.warned_percent = percent;
        }
        Consequence::Disable => {
            switch_off(context, endpoint, DisabledReason::Failing, at, data).await?;
        }
    }
    Ok(())
}

/// Switches an endpoint off and notifies its owner; not if the endpoint is off already, or has another URL now.
pub(crate) async fn switch_off(
    context: &Context,
    endpoint: &Endpoint,
    reason: DisabledReason,
    now: Timestamp,
    mut data: serde_json::Value,
) -> Result<(), Fault> {
    let key = endpoint.key();
    if reason == DisabledReason::Failing {
        // From now on it is counted what is parked for it. Before the endpoint is off, so that nothing is forgotten.
        context.store.forget_parked_count(key).await?;
    }
    // An optimistic lock: when another attempt, or the owner, has changed the row between read and write, read it again.
    for _ in 0..5 {
        let Some(mut current) = context.store.load_endpoint(key).await? else { return Ok(()) };
        let same_url = current.settings.url == endpoint.settings.url;
        if !current.settings.active || !same_url {
            return Ok(());
        }
        let before = Snapshot::of_endpoint(&current, now);
        current.settings.active = false;
        current.disabled = Some(Disabled { reason, at: Some(now), by: Some(Actor::Posthorn) });
        current.revision += 1;
        current.updated_at = now;
        let changes = Changes::between(&before, &Snapshot::of_endpoint(&current, now));
        let change = changes.map(|changes| Change::of_endpoint(Action::EndpointDisabled, &current, changes));
        let entry = change.map(|change| context.entry(Actor::Posthorn, change));
        if context.store.save_endpoint(&current, entry.as_ref()).await? {
            context.cache.forget_endpoint(key).await;
            tracing::info!(endpoint = %key.id, workspace = %key.workspace, ?reason, "endpoint switched off");
            data["reason"] = json!(reason);
            notify(context, endpoint, OperationalEvent::EndpointDisabled, data).await;
            return Ok(());
        }
    }
    Err(Fault::Broken("an endpoint changes faster than it can be switched off".to_owned()))
}
