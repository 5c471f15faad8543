//! `/v1/rules`: make, read, list, change and delete; when a rule fired, and how often.

use api::openapi::RuleChange;
use api::page::PageQuery;
use api::rules::{
    Fired, FiredQuery, Firing, FiringQuery, NewRule, Rule, RuleFired, RuleQuery, RuleStatistics,
    RuleStatisticsQuery, StepStatistics,
};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::{EventId, RuleId};
use domain::rule::{MAX_RULE_BYTES, RuleSettings};
use domain::uid::WorkspaceIdOrUid;
use http_kit::{
    ABOUT_IF_MATCH, Answer, Body, Caller, Created, Document, Id, IfMatch, InRequest, Page, Query, Revised,
    UnderClaim,
};
use payload::Filter;
use serde_json::Value;
use usecases::manage::listing::Span;
use usecases::manage::management::Management;
use usecases::rules::firings::{self, FiringListing};
use usecases::rules::manage_rule::{self, RuleFilter, WrittenRule};

/// Largest body with a rule: the rule, and the space and escapes of how it is written.
const RULE_BYTES: usize = 2 * MAX_RULE_BYTES;

/// Create a rule
///
/// Each step gets an endpoint, which counts for `max_endpoints` and takes the default settings of endpoints. The answer shows
/// the secrets by which the deliveries of steps with a `url` are signed.
#[utoipa::path(
    post,
    path = "/v1/rules",
    operation_id = "create_rule",
    tag = "Rules",
    request_body = NewRule,
    responses((status = 201, description = "The rule.", body = Rule)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(mut document): Body<Document, RULE_BYTES>,
) -> Answer<Revised<Created<Rule>>> {
    let workspace = document.take::<WorkspaceIdOrUid>("workspace_id")?;
    let written = manage_rule::create_rule(&management, &caller, workspace, document.read()?).await?;
    let path = format!("/v1/rules/{}", written.rule.id);
    let (revision, body) = (written.rule.revision, shown(written));
    Ok(Revised { revision, answer: Created { path, body } })
}

/// Read a rule
#[utoipa::path(
    get,
    path = "/v1/rules/{rule}",
    operation_id = "read_rule",
    tag = "Rules",
    responses((status = 200, description = "The rule.", body = Rule)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(rule): Id<RuleId>,
) -> Answer<Revised<Json<Rule>>> {
    let rule = manage_rule::read_rule(&management, &caller, rule).await?;
    Ok(Revised { revision: rule.revision, answer: Json(Rule::of(rule, Default::default())) })
}

/// List rules
///
/// The rules of a workspace, newest first.
#[utoipa::path(
    get,
    path = "/v1/rules",
    operation_id = "list_rules",
    tag = "Rules",
    params(RuleQuery, PageQuery),
    responses((status = 200, description = "A page of rules.", body = api::page::Page<Rule>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: RuleQuery { workspace_id, name, active }, rows }: Page<RuleId, RuleQuery>,
) -> Answer<Json<api::page::Page<Rule>>> {
    let filter = RuleFilter { name, active };
    let page = manage_rule::list_rules(&management, &caller, workspace_id, &filter, rows).await?;
    let rows = page.rows.into_iter().map(|rule| Rule::of(rule, Default::default()));
    Ok(Json(api::page::Page::of(rows, page.next, page.previous)))
}

/// Change a rule
///
/// The body is merged into the settings (RFC 7396): `null` sets the default, an array replaces the old one; `if` is replaced
/// whole. A step that keeps its `id` and what it does keeps its endpoint, with its secrets, health and deliveries; the endpoint
/// of a step that is taken away is deleted. `"active": true` sends what is parked for steps that were switched off for
/// failing.
#[utoipa::path(
    patch,
    path = "/v1/rules/{rule}",
    operation_id = "update_rule",
    tag = "Rules",
    params(("If-Match" = Option<String>, Header, description = ABOUT_IF_MATCH)),
    request_body = RuleChange,
    responses((status = 200, description = "The rule.", body = Rule)),
)]
pub(crate) async fn update(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(rule): Id<RuleId>,
    if_match: IfMatch,
    Body(mut patch): Body<Document, RULE_BYTES>,
) -> Answer<Revised<Json<Rule>>> {
    let resume = patch.sets("active", &Value::Bool(true));
    // In a filter, `null` is a value that members are compared with.
    let filter = patch.take_whole("if");
    let change = |rule: &domain::rule::Rule| {
        if_match.require(rule.revision)?;
        let merged: RuleSettings = patch.merged_into(&rule.settings, &[]).read()?;
        let filter = match filter {
            Some(new) => new.map(Filter::of),
            None => rule.settings.filter.clone(),
        };
        Ok(RuleSettings { filter, ..merged })
    };
    let written = manage_rule::update_rule(&management, &caller, rule, resume, change).await?;
    Ok(Revised { revision: written.rule.revision, answer: Json(shown(written)) })
}

/// Delete a rule
///
/// The endpoints of its steps are deleted: their deliveries under way are cancelled, and can be read as those of any deleted
/// endpoint. What it delivers to your own endpoints goes on.
#[utoipa::path(
    delete,
    path = "/v1/rules/{rule}",
    operation_id = "delete_rule",
    tag = "Rules",
    responses((status = 204, description = "The rule is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(rule): Id<RuleId>,
) -> Answer<StatusCode> {
    manage_rule::delete_rule(&management, &caller, rule).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the firings of a rule
///
/// What the rule did with each event of its types and channels, newest first: whether a step fired, would have fired, or why
/// it did not. A page may be short and go on; the list ends where `next` is `null`. Needs the scope `events:ro`, too.
#[utoipa::path(
    get,
    path = "/v1/rules/{rule}/firings",
    operation_id = "list_rule_firings",
    tag = "Rules",
    params(FiringQuery, PageQuery),
    responses((status = 200, description = "A page of firings.", body = api::page::Page<Firing>)),
)]
pub(crate) async fn firings(
    State(management): State<Management>,
    caller: Caller,
    Id(rule): Id<RuleId>,
    Page { filter: FiringQuery { result, since, until }, rows }: Page<EventId, FiringQuery>,
) -> Answer<Json<api::page::Page<Firing>>> {
    let listing = FiringListing { result, span: Span { since, until }, rows };
    let page = firings::list_firings(&management, &caller, rule, listing).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(Firing::from), page.next, page.previous)))
}

/// Read the statistics of a rule
///
/// How often each step fired, would have fired and did not, for the newest events, at most 2,000. Needs the scope `events:ro`,
/// too.
#[utoipa::path(
    get,
    path = "/v1/rules/{rule}/statistics",
    operation_id = "read_rule_statistics",
    tag = "Rules",
    params(RuleStatisticsQuery),
    responses((status = 200, description = "The statistics.", body = RuleStatistics)),
)]
pub(crate) async fn statistics(
    State(management): State<Management>,
    caller: Caller,
    Id(rule): Id<RuleId>,
    Query(RuleStatisticsQuery { since, until }): Query<RuleStatisticsQuery>,
) -> Answer<Json<RuleStatistics>> {
    let read = firings::read_statistics(&management, &caller, rule, Span { since, until }).await?;
    let steps = read.steps.into_iter().map(|(step, of_step)| StepStatistics::of(step, of_step)).collect();
    let firings::RuleStatistics { events, since, is_complete, .. } = read;
    Ok(Json(RuleStatistics { events, oldest_at: since, complete: is_complete, steps }))
}

/// Read how often rules fired
///
/// For how many of the newest events, at most 2,000, each rule of a workspace fired, and when last. Needs the scope `events:ro`,
/// too.
#[utoipa::path(
    get,
    path = "/v1/rules/statistics",
    operation_id = "read_rules_statistics",
    tag = "Rules",
    params(FiredQuery),
    responses((status = 200, description = "The rules.", body = Fired)),
)]
pub(crate) async fn fired(
    State(management): State<Management>,
    caller: Caller,
    Query(FiredQuery { workspace_id, since, until }): Query<FiredQuery>,
) -> Answer<Json<Fired>> {
    let read = firings::read_fired(&management, &caller, workspace_id, Span { since, until }).await?;
    let firings::Fired { events, since, is_complete, rules } = read;
    let data = rules.into_iter().map(|(rule_id, counts)| {
        let firings::RuleFired { fired, would_have_fired, last_at } = counts;
        RuleFired { rule_id, fired, would_have_fired, last_at }
    });
    Ok(Json(Fired { events, oldest_at: since, at_least: !is_complete, data: data.collect() }))
}

fn shown(WrittenRule { rule, secrets }: WrittenRule) -> Rule {
    Rule::of(rule, secrets)
}
