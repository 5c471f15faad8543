//! How does the maintenance function start?
//! The Lambda entry point: builds the clients once, then handles tasks, the schedule and operators' events.

use lambda_runtime::{Error, LambdaEvent, service_fn};

fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    lambda_kit::runtime::run(function())
}

async fn function() -> Result<(), Error> {
    let (context, metrics) = maintenance::setup::from_environment().await?;
    let (context, metrics) = (&context, &metrics);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| {
        maintenance::invoke(context, metrics, event.payload).await
    }))
    .await
}
