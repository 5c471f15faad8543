//! Who is calling?
//! An extractor that authenticates: every use case wants an API key, and there is no other way to one.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::access::api_key::ApiKey;
use usecases::act::actions::Actions;
use usecases::manage::authenticate::authenticate;
use usecases::manage::management::Management;
use usecases::receive::receiving::Receiving;
use usecases::{Context, Intake};

use crate::api_key_header::api_key;
use crate::error_response::ErrorResponse;

/// The API key of the request's caller.
#[derive(Debug, Clone)]
pub struct Caller(Arc<ApiKey>);

/// A router's state that API keys are looked up in.
pub trait HoldsApiKeys {
    /// With what they are looked up.
    fn context(&self) -> &Context;
}

impl HoldsApiKeys for Intake {
    fn context(&self) -> &Context {
        &self.context
    }
}

impl HoldsApiKeys for Actions {
    fn context(&self) -> &Context {
        &self.context
    }
}

impl HoldsApiKeys for Receiving {
    fn context(&self) -> &Context {
        &self.intake.context
    }
}

impl HoldsApiKeys for Management {
    fn context(&self) -> &Context {
        &self.context
    }
}

impl Deref for Caller {
    type Target = ApiKey;

    fn deref(&self) -> &ApiKey {
        &self.0
    }
}

impl Caller {
    /// The caller of a request, for a middleware. The handlers that follow do not look the key up again.
    ///
    /// # Errors
    /// [`domain::problem::Problem::Unauthorized`] when the request carries no API key, or one that is unknown or has expired.
    pub async fn of<S: HoldsApiKeys>(parts: &mut Parts, state: &S) -> Result<Self, ErrorResponse> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let caller = Self(authenticate(state.context(), api_key(&parts.headers)).await?);
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

impl<S: HoldsApiKeys + Sync> FromRequestParts<S> for Caller {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ErrorResponse> {
        Self::of(parts, state).await
    }
}
