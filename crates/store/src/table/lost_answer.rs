//! Was a conditional put made after all, if its condition does not hold?
//! An SDK interceptor that recognises a write of its own whose answer was lost (an ambiguous retry).
//!
//! The SDK repeats a request whose answer it did not get. If the table had carried out the first, the condition of the
//! second does not hold: the row is there, written by nobody else. Without this an event with its producer's own id would
//! be stored, and be refused as taken, and no job would be sent for it. So where a put was repeated, and the row that
//! refuses it is the very row that it writes, it was made.

use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_smithy_runtime_api::client::interceptors::context::Output;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use serde::Deserialize;
use serde_json::Value;

/// The interceptor of a store's client. It costs nothing unless a request is repeated.
#[derive(Debug)]
pub(crate) struct LostAnswers;

/// The row that a repeated put writes.
#[derive(Debug)]
struct Written(Value);

impl Storable for Written {
    type Storer = StoreReplace<Self>;
}

/// The part of a request to put a row, and of a refusal with the row that is there, which holds the row.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WithItem {
    item: Value,
}

impl Intercept for LostAnswers {
    fn name(&self) -> &'static str {
        "LostAnswers"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_repeated = bag.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1);
        let request = context.request();
        let is_put = request.headers().get("x-amz-target").is_some_and(|target| target.ends_with(".PutItem"));
        if is_repeated && is_put {
            let WithItem { item } = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
            bag.interceptor_state().store_put(Written(item));
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Written(written)) = bag.load::<Written>() else { return Ok(()) };
        let refused = context.output_or_error().is_some_and(|answer| {
            let error = answer.err().and_then(|error| error.as_operation_error());
            let error = error.and_then(|error| error.downcast_ref::<PutItemError>());
            error.is_some_and(PutItemError::is_conditional_check_failed_exception)
        });
        if !refused {
            return Ok(());
        }
        let body = context.response().and_then(|response| response.body().bytes()).unwrap_or_default();
        let found: WithItem = match serde_json::from_slice(body) {
            Ok(found) => found,
            // The row that refused it has vanished meanwhile.
            Err(_) => return Ok(()),
        };
        if found.item == *written
            && let Some(answer) = context.output_or_error_mut()
        {
            *answer = Ok(Output::erase(PutItemOutput::builder().build()));
        }
        Ok(())
    }
}
