//! Who invokes the maintenance function?
//! Event dispatch: records of the tasks queue, the schedule's event once a minute, and an operator's event that creates
//! the first API key.

use lambda_kit::metrics::Metrics;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use usecases::Context;
use usecases::manage::manage_api_key::create_first_api_key;

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

/// Recognises the event and does its work.
///
/// # Errors
/// When the event is not one of the three kinds, or its work could not be done.
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
    let ByHand { create_admin_key: NewAdminKey { name } } = serde_json::from_value(event)?;
    let (key, secret) = create_first_api_key(context, name).await?;
    Ok(json!({ "id": key.id, "name": key.name, "scopes": key.scopes, "key": secret.reveal() }))
}
