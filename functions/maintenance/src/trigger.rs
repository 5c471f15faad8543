//! Who invokes the maintenance function?
//! Event dispatch: records of the tasks queue, the schedule's event once a minute, a line of Lambda's log that says that
//! a function that accepts events was ended, and an operator's event that creates the first API key.

use std::time::Duration;

use lambda_kit::metrics::Metrics;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use usecases::accept::sweep::owe_sweeps;
use usecases::manage::manage_api_key::create_first_api_key;
use usecases::{Context, Window};

use crate::{handle, tick};

/// The event that an operator sends. IAM decides who may invoke the function.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    create_admin_key: NewAdminKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAdminKey {
    name: String,
}

/// Events that an invocation of `ingest` or `inbound` may have cut off are not older than this when its end is reported:
/// these may run for 15 and 29 s, and the log is delivered within seconds; the rest is for retries of this invocation.
const CUT_OFF_WITHIN: Duration = Duration::from_secs(300);

/// Recognises the event and does its work.
///
/// # Errors
/// When the event is not one of the four kinds, or its work could not be done.
pub async fn invoke(context: &Context, metrics: &Metrics, event: Value) -> Result<Value, Error> {
    if event.get("Records").is_some() {
        let records = serde_json::from_value(event)?;
        return Ok(serde_json::to_value(handle(context, metrics, records).await)?);
    }
    // A schedule comes in two forms: from an EventBridge rule, or from an EventBridge schedule.
    if event["source"] == "aws.events" || event["detail-type"] == "Scheduled Event" {
        tick(context).await?;
        return Ok(Value::Null);
    }
    // The subscriptions of the logs of `ingest` and `inbound` let through only what Lambda writes when it ends an
    // invocation. What the line says is not needed.
    if event.get("awslogs").is_some() {
        let now = context.clock.now();
        let window = Window { since: now.minus(CUT_OFF_WITHIN), until: now };
        let workspaces = owe_sweeps(context, window).await?;
        tracing::warn!(
            workspaces,
            "an invocation that accepts events was ended; the last minutes' events are swept"
        );
        return Ok(Value::Null);
    }
    let ByHand { create_admin_key: NewAdminKey { name } } = serde_json::from_value(event)?;
    let (key, secret) = create_first_api_key(context, name).await?;
    Ok(json!({ "id": key.id, "name": key.name, "scopes": key.scopes, "key": secret.reveal() }))
}
