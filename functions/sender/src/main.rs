//! The sender function: sets up once, runs.

use domain::address::AllowedTargets;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    // In Lambda never loopback: its runtime's own API is there.
    let (sender, metrics) = sender::setup::from_environment(AllowedTargets::public_only()).await?;
    let (sender, metrics) = (&sender, &metrics);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| {
        Ok::<_, Error>(sender::handle(sender, metrics, event.payload).await)
    }))
    .await
}
