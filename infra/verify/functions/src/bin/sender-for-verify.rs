//! The sender as it ships, but for one argument: it may call receivers on this machine. The shipped one never does.

use domain::address::AllowedTargets;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    let (sender, metrics) = sender::setup::from_environment(AllowedTargets::loopback_and_http()).await?;
    let (sender, metrics) = (&sender, &metrics);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| {
        Ok::<_, Error>(sender::handle(sender, metrics, event.payload).await)
    }))
    .await
}
