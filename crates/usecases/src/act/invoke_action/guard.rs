//! May an action be called now?
//! Switched on, confirmed where that is asked for, its system not failing, within its limits. What does not pass is refused
//! with words and a time: while an invoker waits, nothing is parked.

use std::time::Duration;

use domain::action::Action;
use domain::action::confirmation::Confirmed;
use domain::action::retrying::LONGEST_INVOCATION;
use domain::endpoint::Endpoint;
use domain::policy::circuit::PROBE_EVERY;
use domain::problem::Problem;
use domain::timestamp::Timestamp;

use crate::act::actions::Actions;
use crate::error::{UseCaseError, chain};
use crate::limit::concurrency_limit::Lease;

/// An invoker waits for a slot of the rate limit at most so long.
const LONGEST_WAIT_FOR_A_SLOT: Duration = Duration::from_secs(1);

/// The lease of an invocation under way.
pub(super) struct Held {
    endpoint: Endpoint,
    lease: Lease,
    since: Timestamp,
}

/// Lets an invocation pass, or refuses it. Where the circuit is open, one that comes 45 s after the last failure probes it.
pub(super) async fn pass(
    actions: &Actions,
    action: &Action,
    confirmed: &Confirmed<'_>,
    confirmation: Option<&str>,
    now: Timestamp,
) -> Result<Held, UseCaseError> {
    is_on(action)?;
    if action.settings.asks_for_confirmation() {
        let checked = confirmed.check(confirmation.unwrap_or_default(), now);
        checked.map_err(|error| Problem::invalid("/confirmation", error.to_string()))?;
    }
    let key = action.endpoint.key();
    let health = actions.context.cache.health(key).await?.unwrap_or_default();
    if health.is_open() && !health.is_probe_due(now) {
        let due = health.last_failure_at.map_or(now, |last| last.plus(PROBE_EVERY));
        return Err(Problem::ActionFailing { retry_after_seconds: seconds(due.since(now)) }.into());
    }
    let lease = lease(actions, action).await?;
    let held = Held { endpoint: lease.0, lease: lease.1, since: now };
    match slot(actions, action, now).await {
        Ok(()) => Ok(held),
        Err(refused) => {
            held.give_back(actions).await;
            Err(refused)
        }
    }
}

/// Refuses an action that is switched off: it shows no request either.
pub(super) fn is_on(action: &Action) -> Result<(), Problem> {
    if action.settings.active { Ok(()) } else { Err(Problem::ActionDisabled) }
}

/// A lease that lasts as long as an invocation may.
async fn lease(actions: &Actions, action: &Action) -> Result<(Endpoint, Lease), UseCaseError> {
    let mut endpoint = action.endpoint.clone();
    endpoint.settings.timeout_seconds = LONGEST_INVOCATION.as_secs();
    match actions.leases.0.lease(&endpoint).await? {
        Some(lease) => Ok((endpoint, lease)),
        None => Err(Problem::ActionBusy { limit: "concurrency limit", retry_after_seconds: 1 }.into()),
    }
}

/// A slot of the rate limit. One that is refused takes none, so that whoever comes later finds it free.
async fn slot(actions: &Actions, action: &Action, now: Timestamp) -> Result<(), UseCaseError> {
    let Some(limit) = action.settings.rate_limit else { return Ok(()) };
    let (store, key) = (&actions.context.store, action.endpoint.key());
    match store.reserve_slots_within(key, (limit, LONGEST_WAIT_FOR_A_SLOT), 1, now).await? {
        Some(slot) => {
            tokio::time::sleep(slot.since(now)).await;
            Ok(())
        }
        None => {
            let retry_after_seconds = seconds(store.slots_ahead(key, now).await?);
            Err(Problem::ActionBusy { limit: "rate limit", retry_after_seconds }.into())
        }
    }
}

impl Held {
    /// Gives the lease back. Best effort: it ends by itself.
    pub(super) async fn give_back(self, actions: &Actions) {
        let lasted = actions.context.clock.now().since(self.since);
        if let Err(fault) = actions.leases.0.give_back(&self.endpoint, self.lease, Some(lasted)).await {
            tracing::warn!(endpoint = %self.endpoint.id, error = chain(&fault), "lease of an invocation could not be given back; it ends by itself");
        }
    }
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)
}
