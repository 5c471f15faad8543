//! What follows from an endpoint's failures and recoveries? Its circuit opens and closes, its owner is warned, and one
//! that fails too often for too long is switched off. The decisions are in `domain::circuit`; here they are carried out.

use std::collections::HashMap;
use std::sync::Arc;

use domain::circuit::{Consequence, Health};
use domain::endpoint::{DisabledReason, Endpoint};
use domain::id::{EndpointId, WorkspaceId};
use domain::operational::OperationalEvent;
use domain::timestamp::Timestamp;
use serde_json::json;

use crate::accept_event::Intake;
use crate::drain::start_drain;
use crate::error::Fault;
use crate::group::Group;
use crate::operational_event::tell;

/// Failures of one endpoint that end within a few milliseconds are one write.
#[derive(Debug)]
pub(crate) struct HealthKeeper {
    intake: Intake,
    failures: Group<Failure, Arc<HashMap<EndpointId, Health>>>,
}

#[derive(Debug)]
struct Failure {
    endpoint: Arc<Endpoint>,
    at: Timestamp,
}

impl HealthKeeper {
    /// Must be made inside a tokio runtime.
    pub(crate) fn new(intake: Intake) -> Self {
        let writer = intake.clone();
        let failures = Group::new(move |group: Vec<Failure>| {
            let intake = writer.clone();
            async move { Ok(Arc::new(record_failures(&intake, group).await?)) }
        });
        Self { intake, failures }
    }

    /// What it tells and writes with.
    pub(crate) fn intake(&self) -> &Intake {
        &self.intake
    }

    /// An attempt failed at `at`; gives how the endpoint fares now.
    pub(crate) async fn failed(&self, endpoint: &Arc<Endpoint>, at: Timestamp) -> Result<Health, Fault> {
        let failure = Failure { endpoint: Arc::clone(endpoint), at };
        let all = self.failures.write(failure).await?;
        Ok(all.get(&endpoint.id).copied().unwrap_or_default())
    }

    /// An attempt succeeded. Costs nothing unless the endpoint is known to be failing.
    pub(crate) async fn succeeded(&self, endpoint: &Endpoint) -> Result<(), Fault> {
        let Self { intake, .. } = self;
        let (ws, we) = (endpoint.workspace_id, endpoint.id);
        if intake.directory.health(ws, we).await?.is_none() {
            return Ok(());
        }
        let before = intake.store.record_recovery(ws, we).await?;
        intake.directory.know_health(ws, we, None).await;
        let Some(before) = before else { return Ok(()) };
        if before.is_open() {
            start_drain(intake, ws, we).await?;
        }
        if before.is_open() || before.warned_percent > 0 {
            tracing::info!(endpoint = %we, workspace = %ws, failures = before.failures, "endpoint recovered");
            let data = json!({
                "endpoint_id": we, "failures": before.failures, "failing_since": before.failing_since,
            });
            tell(intake, ws, we, OperationalEvent::EndpointRecovered, data).await;
        }
        Ok(())
    }
}

async fn record_failures(intake: &Intake, group: Vec<Failure>) -> Result<HashMap<EndpointId, Health>, Fault> {
    let mut by_endpoint: HashMap<EndpointId, Vec<Failure>> = HashMap::new();
    for failure in group {
        by_endpoint.entry(failure.endpoint.id).or_default().push(failure);
    }
    let mut all = HashMap::new();
    for (we, failures) in by_endpoint {
        let Some(last) = failures.iter().max_by_key(|failure| failure.at) else { continue };
        let (endpoint, at) = (Arc::clone(&last.endpoint), last.at);
        let count = u32::try_from(failures.len()).unwrap_or(u32::MAX);
        let mut health = intake.store.record_failures(endpoint.workspace_id, we, count, at).await?;
        for consequence in health.consequences(endpoint.settings.disable, at) {
            carry_out(intake, &endpoint, &mut health, consequence, at).await?;
        }
        intake.directory.know_health(endpoint.workspace_id, we, Some(health)).await;
        all.insert(we, health);
    }
    Ok(all)
}

async fn carry_out(
    intake: &Intake,
    endpoint: &Endpoint,
    health: &mut Health,
    consequence: Consequence,
    at: Timestamp,
) -> Result<(), Fault> {
    let (ws, we) = (endpoint.workspace_id, endpoint.id);
    let data = json!({
        "endpoint_id": we, "failures": health.failures, "failing_since": health.failing_since,
    });
    match consequence {
        Consequence::Open => {
            if intake.store.open_circuit(ws, we, at).await? {
                tracing::info!(endpoint = %we, workspace = %ws, failures = health.failures, "circuit opened");
            }
            health.open_since.get_or_insert(at);
        }
        Consequence::Warn(percent) => {
            if intake.store.note_warning(ws, we, percent).await? {
                let mut data = data;
                data["percent"] = json!(percent);
                tell(intake, ws, we, OperationalEvent::EndpointFailing, data).await;
            }
            health.warned_percent = percent;
        }
        Consequence::Disable => {
            switch_off(intake, endpoint, DisabledReason::Failing, at, data).await?;
        }
    }
    Ok(())
}

/// Switches an endpoint off and tells of it, unless somebody has changed it meanwhile so that this no longer applies.
pub(crate) async fn switch_off(
    intake: &Intake,
    endpoint: &Endpoint,
    reason: DisabledReason,
    now: Timestamp,
    mut data: serde_json::Value,
) -> Result<(), Fault> {
    let (ws, we): (WorkspaceId, EndpointId) = (endpoint.workspace_id, endpoint.id);
    // Another attempt, or its owner, may change the row between our read and our write: then look again.
    for _ in 0..5 {
        let Some(mut current) = intake.store.load_endpoint(ws, we).await? else { return Ok(()) };
        let same_url = current.settings.url == endpoint.settings.url;
        if !current.settings.active || !same_url {
            return Ok(());
        }
        current.settings.active = false;
        current.disabled_reason = Some(reason);
        current.revision += 1;
        current.updated_at = now;
        if intake.store.save_endpoint(&current).await? {
            intake.directory.forget_endpoint(ws, we).await;
            tracing::info!(endpoint = %we, workspace = %ws, ?reason, "endpoint switched off");
            data["reason"] = json!(reason);
            tell(intake, ws, we, OperationalEvent::EndpointDisabled, data).await;
            return Ok(());
        }
    }
    Err(Fault::Broken("an endpoint changes faster than it can be switched off".to_owned()))
}
