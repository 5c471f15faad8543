//! `/v1/sources`: make, read, list, change, delete, and rotate a secret.

use api::openapi::SourceChange;
use api::page::PageQuery;
use api::sources::{NewSource, RotateSourceSecret, Source, SourceQuery};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::SourceId;
use domain::signing::secret::DEFAULT_OVERLAP_SECONDS;
use domain::source::secret::ProviderSecret;
use domain::uid::WorkspaceIdOrUid;
use http_kit::{
    ABOUT_IF_MATCH, Answer, Body, Caller, Created, Document, Id, IfMatch, InRequest, Page, Revised,
    UnderClaim,
};
use serde_json::Value;
use usecases::manage::manage_source::{self, REPLACED_WHOLE};
use usecases::manage::management::Management;

/// Create a source
///
/// The answer shows the address to enter at the provider. The provider cannot be changed later.
#[utoipa::path(
    post,
    path = "/v1/sources",
    operation_id = "create_source",
    tag = "Sources",
    request_body = NewSource,
    responses((status = 201, description = "The source.", body = Source)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(mut document): Body<Document>,
) -> Answer<Revised<Created<Source>>> {
    let workspace = document.take::<WorkspaceIdOrUid>("workspace_id")?;
    let secrets = document.take::<Vec<ProviderSecret>>("secrets")?.unwrap_or_default();
    let settings = document.read()?;
    let source = manage_source::create_source(&management, &caller, workspace, settings, secrets).await?;
    let path = format!("/v1/sources/{}", source.id);
    Ok(Revised { revision: source.revision, answer: Created { path, body: shown(&management, source) } })
}

/// Read a source
#[utoipa::path(
    get,
    path = "/v1/sources/{source}",
    operation_id = "read_source",
    tag = "Sources",
    responses((status = 200, description = "The source.", body = Source)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
) -> Answer<Revised<Json<Source>>> {
    Ok(revised(&management, manage_source::read_source(&management, &caller, source).await?))
}

/// List sources
///
/// The sources of a workspace, newest first.
#[utoipa::path(
    get,
    path = "/v1/sources",
    operation_id = "list_sources",
    tag = "Sources",
    params(SourceQuery, PageQuery),
    responses((status = 200, description = "A page of sources.", body = api::page::Page<Source>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: SourceQuery { workspace_id, provider }, rows }: Page<SourceId, SourceQuery>,
) -> Answer<Json<api::page::Page<Source>>> {
    let page = manage_source::list_sources(&management, &caller, workspace_id, provider, rows).await?;
    let rows = page.rows.into_iter().map(|source| shown(&management, source));
    Ok(Json(api::page::Page::of(rows, page.next, page.previous)))
}

/// Change a source
///
/// The body is merged into the settings (RFC 7396): `null` sets the default, an array replaces the old one, `options` is
/// merged. `secrets` replaces all secrets at once, without an overlap; a `scheme` that needs other secrets than those that
/// are there needs them in the same request. To change a secret without a gap, rotate it.
#[utoipa::path(
    patch,
    path = "/v1/sources/{source}",
    operation_id = "update_source",
    tag = "Sources",
    params(("If-Match" = Option<String>, Header, description = ABOUT_IF_MATCH)),
    request_body = SourceChange,
    responses((status = 200, description = "The source.", body = Source)),
)]
pub(crate) async fn update(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
    if_match: IfMatch,
    Body(mut patch): Body<Document>,
) -> Answer<Revised<Json<Source>>> {
    let change = |source: &domain::source::Source| {
        if_match.require(source.revision)?;
        // `null` is the default: none.
        let none = patch.sets("secrets", &Value::Null).then(Vec::new);
        let secrets = patch.take::<Vec<ProviderSecret>>("secrets")?.or(none);
        Ok((patch.merged_into(&source.settings, &REPLACED_WHOLE).read()?, secrets))
    };
    let source = manage_source::update_source(&management, &caller, source, change).await?;
    Ok(revised(&management, source))
}

/// Delete a source
///
/// Its address answers `404` within 5 seconds. Its events stay; its received requests can no longer be read.
#[utoipa::path(
    delete,
    path = "/v1/sources/{source}",
    operation_id = "delete_source",
    tag = "Sources",
    responses((status = 204, description = "The source is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
) -> Answer<StatusCode> {
    manage_source::delete_source(&management, &caller, source).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate the secret of a source
///
/// Until the overlap ends, requests are verified by the old secrets as well. An old secret that still verifies may be made
/// the current one again.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/secrets/rotate",
    operation_id = "rotate_source_secret",
    tag = "Sources",
    request_body = RotateSourceSecret,
    responses((status = 200, description = "The source.", body = Source)),
)]
pub(crate) async fn rotate(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
    Body(RotateSourceSecret { secret, overlap_seconds }): Body<RotateSourceSecret>,
) -> Answer<Revised<Json<Source>>> {
    let overlap = overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS);
    let source = manage_source::rotate_secret(&management, &caller, source, overlap, secret).await?;
    Ok(revised(&management, source))
}

/// End the overlap of a source's rotation
///
/// From now on requests are verified by the current secrets only.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/secrets/end-overlap",
    operation_id = "end_source_overlap",
    tag = "Sources",
    responses((status = 200, description = "The source.", body = Source)),
)]
pub(crate) async fn end_overlap(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(source): Id<SourceId>,
) -> Answer<Revised<Json<Source>>> {
    Ok(revised(&management, manage_source::end_overlap(&management, &caller, source).await?))
}

fn shown(management: &Management, source: domain::source::Source) -> Source {
    Source::of(source, &management.public_url, management.context.clock.now())
}

fn revised(management: &Management, source: domain::source::Source) -> Revised<Json<Source>> {
    Revised { revision: source.revision, answer: Json(shown(management, source)) }
}
