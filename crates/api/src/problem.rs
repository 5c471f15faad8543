//! What does a refusal look like?
//! A problem detail of RFC 9457, with a stable `code`, the `request_id` and a JSON pointer to each bad value.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A refusal (RFC 9457): the body of every answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The stable name of the problem. Programs act on it; the texts may change.
    #[cfg_attr(feature = "openapi", schema(examples("invalid_request")))]
    pub code: Cow<'static, str>,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(examples(422)))]
    pub status: u16,
    /// A short title, the same for every problem with this `code`.
    #[cfg_attr(feature = "openapi", schema(examples("Invalid request")))]
    pub title: Cow<'static, str>,
    /// What was wrong with this request.
    #[cfg_attr(feature = "openapi", schema(examples("/url: address not allowed")))]
    pub detail: String,
    /// Each value that is refused.
    pub errors: Vec<FieldError>,
    /// The id of the request, to quote when you ask for help. The result of one event of a batch has none.
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples("req_affd73f15ac25406aebacf84")))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// `/problems/` and the code.
    #[cfg_attr(feature = "openapi", schema(examples("/problems/invalid_request")))]
    #[serde(rename = "type")]
    pub problem_type: String,
}

/// A value of the request that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// A JSON pointer into the request's body (an empty one for the whole body), or the name of a query parameter or
    /// header.
    #[cfg_attr(feature = "openapi", schema(examples("/url")))]
    pub pointer: String,
    /// What is wrong with the value.
    #[cfg_attr(feature = "openapi", schema(examples("address not allowed")))]
    pub detail: String,
}

impl Problem {
    /// The caller's mistake.
    pub fn of(problem: &domain::problem::Problem) -> Self {
        let kind = problem.kind();
        Self {
            code: kind.code.into(),
            status: kind.status,
            title: kind.title.into(),
            detail: problem.to_string(),
            errors: problem.errors().into_iter().map(FieldError::from).collect(),
            request_id: None,
            problem_type: problem_type(kind.code),
        }
    }

    /// A fault of Posthorn's. It says nothing about the cause: that is in the log, under the request's id.
    pub fn internal_error() -> Self {
        let code = "internal_error";
        Self {
            code: code.into(),
            status: 500,
            title: "Internal error".into(),
            detail: "The request could not be carried out. Try again with the same Idempotency-Key."
                .to_owned(),
            errors: Vec::new(),
            request_id: None,
            problem_type: problem_type(code),
        }
    }

    /// The same, of the request with this id.
    #[must_use]
    pub fn of_request(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.to_owned()), ..self }
    }
}

impl From<domain::problem::FieldError> for FieldError {
    fn from(error: domain::problem::FieldError) -> Self {
        let domain::problem::FieldError { pointer, detail } = error;
        Self { pointer, detail }
    }
}

fn problem_type(code: &str) -> String {
    format!("/problems/{code}")
}
