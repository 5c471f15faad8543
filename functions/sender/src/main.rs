//! How does the sender function start?
//! The Lambda entry point: builds the clients once, then handles batches of the jobs queue.

use std::sync::Arc;

use domain::endpoint::address::AllowedTargets;
use lambda_runtime::{Error, LambdaEvent, service_fn};

fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    lambda_kit::runtime::run(function())
}

async fn function() -> Result<(), Error> {
    // In Lambda never loopback (SSRF): Lambda's runtime API listens there.
    let function = Arc::new(sender::setup::from_environment(AllowedTargets::public_only()).await?);
    // On managed instances several invocations run in one process at once; elsewhere only one.
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<_>| {
        let function = Arc::clone(&function);
        async move {
            let (sender, metrics) = &*function;
            Ok::<_, Error>(sender::handle(sender, metrics, event.payload).await)
        }
    }))
    .await
}
