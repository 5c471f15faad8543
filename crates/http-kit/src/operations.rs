//! Which route leads to which handler, and what does the API's OpenAPI document say about it?
//! A route table: method and path of a route come from its handler's `#[utoipa::path]`, so a route that is not documented
//! cannot exist.
//!
//! [`operations!`](crate::operations!) makes two functions of one list: the router, which asks a handler's documentation
//! for nothing but method and path, and `operations()`, the whole documentation, which only the OpenAPI document's crate
//! calls. A function builds no document at its start, and the linker leaves the documentation out of its binary
//! (docs/adr/0017-openapi.md).

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use domain::access::api_key::Scope;
use domain::problem::Code;
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::Path;
use utoipa::openapi::{HttpMethod, RefOr, Schema};

#[doc(hidden)]
pub use pastey::paste;

/// One method of one path, documented.
pub struct Operation {
    /// The HTTP method, in lower case as OpenAPI has it.
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: String,
    /// What the handler's `#[utoipa::path]` says.
    pub described: utoipa::openapi::path::Operation,
    /// The scopes that a caller needs, all of them; `None` for an operation that needs no API key.
    pub scopes: Option<&'static [Scope]>,
    /// The problems that follow neither from the API key nor from how the request is read.
    pub problems: &'static [Code],
    /// The schemas that it refers to, by name.
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

/// Adds the route of one operation.
#[expect(clippy::disallowed_methods, reason = "method and path come from the handler's documentation")]
pub fn route<P: Path, T: 'static, S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    handler: impl Handler<T, S>,
) -> Router<S> {
    let filter = P::methods().iter().map(filter).reduce(MethodFilter::or);
    match filter {
        Some(filter) => router.route(&P::path(), on(filter, handler)),
        None => router,
    }
}

/// The documentation of one operation.
pub fn describe<P: Path + SchemaReferences + for<'t> Tags<'t>>(
    scopes: Option<&'static [Scope]>,
    problems: &'static [Code],
) -> Operation {
    let mut described = P::operation();
    let tags = P::tags().into_iter().map(str::to_owned);
    described.tags.get_or_insert_default().extend(tags);
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    let method = P::methods().first().map_or("get", name);
    Operation { method, path: P::path(), described, scopes, problems, schemas }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "get",
        HttpMethod::Put => "put",
        HttpMethod::Post => "post",
        HttpMethod::Delete => "delete",
        HttpMethod::Options => "options",
        HttpMethod::Head => "head",
        HttpMethod::Patch => "patch",
        HttpMethod::Trace => "trace",
    }
}

/// The operations of one function: a line each, with the scopes that a caller needs (`[]`: any API key will do; `public`:
/// none is needed) and the problems that follow neither from the API key nor from how the request is read.
///
/// ```text
/// http_kit::operations! { Management:
///     health::read public;
///     endpoints::create [Webhooks] or NotFound, TooManyEndpoints;
/// }
/// ```
///
/// It makes `routes()`, a router without its state, and `operations()`, the documentation.
#[macro_export]
macro_rules! operations {
    ($state:ty: $($module:ident :: $handler:ident $access:tt $(or $($problem:ident),+)?;)+) => {
        fn routes() -> axum::Router<$state> {
            let router = axum::Router::new();
            $(let router = $crate::operations::paste! {
                $crate::operations::route::<$module::[<__path_ $handler>], _, _>(router, $module::$handler)
            };)+
            router
        }

        /// The documentation of this function's operations, for the OpenAPI document.
        pub fn operations() -> Vec<$crate::operations::Operation> {
            vec![$($crate::operations::paste! {
                $crate::operations::describe::<$module::[<__path_ $handler>]>(
                    $crate::scopes!($access),
                    &[$($($crate::Code::$problem),+)?],
                )
            }),+]
        }
    };
}

/// The scopes of one line of [`operations!`](crate::operations!).
#[doc(hidden)]
#[macro_export]
macro_rules! scopes {
    (public) => {
        None
    };
    ([$($scope:ident),*]) => {
        Some(&[$($crate::Scope::$scope),*])
    };
}
