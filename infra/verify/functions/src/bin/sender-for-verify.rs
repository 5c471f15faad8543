//! The sender as it ships, but for one argument: it may call receivers on this machine. The shipped one never does.

use std::sync::Arc;

use domain::endpoint::address::AllowedTargets;
use lambda_runtime::{Error, LambdaEvent, service_fn};

fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    lambda_kit::runtime::run(function())
}

async fn function() -> Result<(), Error> {
    let function = Arc::new(sender::setup::from_environment(AllowedTargets::loopback_and_http()).await?);
    // On managed instances several invocations run in one process at once; elsewhere one.
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<_>| {
        let function = Arc::clone(&function);
        async move {
            let (sender, metrics) = &*function;
            Ok::<_, Error>(sender::handle(sender, metrics, event.payload).await)
        }
    }))
    .await
}
