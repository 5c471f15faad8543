//! For which events would a rule fire, and what would it send?
//! A backtest: the rule as it is saved, or as it would be, is held against real events by the decision of the fan-out. The
//! requests are rendered and signed as those of an attempt, and not sent.

use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::render::{Message, Occasion, RenderedRequest, render};
use domain::endpoint::Endpoint;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::explanation::{Explanation, Origin};
use domain::endpoint::purpose::{Purpose, StepKind};
use domain::event::document::Facts;
use domain::event::ledger::Ledger;
use domain::event::operational;
use domain::event::{Event, Payload};
use domain::id::{EndpointId, EndpointKey, EventId, RuleId, WorkspaceId};
use domain::problem::{FieldError, Problem};
use domain::rule::compile::CompiledStep;
use domain::rule::example::ExampleEvent;
use domain::rule::step::Step;
use domain::rule::{Rule, RuleSettings};
use domain::signing::secret::{ActiveSecret, Secret};
use domain::timestamp::Timestamp;
use domain::uid::{EventIdOrUid, WorkspaceIdOrUid};
use futures_util::StreamExt as _;
use futures_util::stream;
use payload::template::Failure;
use serde_json::value::RawValue;
use store::{Listing, Order};
use tokio::time::Instant;

use crate::accept::event_request::{check_nesting, check_type};
use crate::act::actions::Actions;
use crate::error::{Fault, UseCaseError};
use crate::rules::check_rule::{NOT_YOURS, findings};
use crate::rules::manage_rule::find_rule;

/// The most events of one test.
pub const MAX_EVENTS: usize = 100;
/// API Gateway ends a request after 30 s. Events that were not read by then are left out.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Events that are read at once.
const AT_ONCE: usize = 16;

/// A rule to try, and on what.
pub struct RuleTest {
    /// The workspace; that of the saved rule, if one is named.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// The rule as it would be.
    pub rule: Option<RuleSettings>,
    /// The rule as it is saved. With `rule`, that would be a change of this one.
    pub rule_id: Option<RuleId>,
    /// The events.
    pub events: TestedEvents,
}

/// The events of a test.
pub enum TestedEvents {
    /// A stored one.
    Stored(EventIdOrUid),
    /// One that is not stored.
    Own(Box<ExampleEvent>),
    /// So many of the newest, of the types that the rule looks at.
    Recent(usize),
}

/// What a test found.
pub struct TestedRule {
    /// The events, newest first, each with what the rule says of it.
    pub events: Vec<TestedEvent>,
    /// Whether all events were looked at in time.
    pub is_complete: bool,
    /// What the rule would send for the first event that it fires for, or for the one event that was named.
    pub requests: Vec<StepRequest>,
    /// What saving would refuse, with pointers that begin with `/rule`: examples that fail, and a loop.
    pub findings: Vec<FieldError>,
}

/// What a rule says of an event.
#[derive(Debug)]
pub struct TestedEvent {
    /// The event, without its payload.
    pub event: Event,
    /// Whether it is stored.
    pub is_stored: bool,
    /// Why the rule fires for it, or why not.
    pub explanation: Explanation,
}

/// What a step would do for an event.
pub struct StepRequest {
    /// The step's id.
    pub step: String,
    /// What it does.
    pub does: StepKind,
    /// The event.
    pub event: EventId,
    /// The endpoint: that of the step, or the one that it names. `None` for one that was deleted.
    pub endpoint: Option<Endpoint>,
    /// The request, or why the template makes none; `None` without an endpoint.
    pub request: Option<Result<RenderedRequest, Failure>>,
    /// Whether the step is saved: the others have no secret yet, and are signed with one that nobody knows.
    pub is_saved: bool,
}

/// Tries a rule.
///
/// # Errors
/// [`Problem::MissingScope`] without `rules` (for a rule that is not saved, whose steps all deliver to a URL, `webhooks` is
/// as good: it is what the settings of an endpoint would be), for stored events without `events:ro`, and, for an event of the caller's own that
/// would be signed with a stored secret, without `webhooks`, and for a step that names an endpoint without `webhooks:ro`; [`Problem::NotFound`] for an unknown rule or event;
/// [`Problem::Invalid`] for a rule out of bounds.
pub async fn test_rule(
    actions: &Actions,
    caller: &ApiKey,
    test: RuleTest,
) -> Result<TestedRule, UseCaseError> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    let is_like_endpoints = test.rule_id.is_none()
        && test.rule.as_ref().is_some_and(|rule| rule.then.iter().all(Step::is_like_an_endpoint));
    if !is_like_endpoints || caller.require(Scope::Webhooks).is_err() {
        caller.require(Scope::Rules)?;
    }
    if !matches!(test.events, TestedEvents::Own(_)) {
        caller.require(Scope::EventsRead)?;
    }
    let context = &actions.context;
    // 1. Which rule?
    let saved = match test.rule_id {
        Some(id) => Some(find_rule(context, caller, Scope::Rules, id).await?),
        None => None,
    };
    let workspace = match &saved {
        Some(rule) => rule.workspace_id,
        None => context.workspace_id(caller, test.workspace).await?,
    };
    let settings = match (test.rule, &saved) {
        (Some(settings), _) => settings.completed(),
        (None, Some(rule)) => rule.settings.clone(),
        (None, None) => {
            return Err(Problem::invalid("/rule", "is required, or `rule_id` of a rule that is saved").into());
        }
    };
    let compiled = compile(&settings, saved.as_ref(), actions.egress.allowed())?;

    // 2. Which events?
    let (events, is_complete) = match test.events {
        TestedEvents::Stored(id) => {
            let id = context.event_id(workspace, id).await?;
            (vec![(stored(actions, workspace, id).await?.ok_or(Problem::NotFound("event"))?, true)], true)
        }
        TestedEvents::Own(event) => (vec![(own(actions, workspace, *event)?, false)], true),
        TestedEvents::Recent(count) => {
            recent(actions, workspace, &settings, count.min(MAX_EVENTS), deadline).await?
        }
    };

    // 3. What does the rule say of each?
    let subscription = settings.subscription();
    let explained: Vec<_> = events
        .into_iter()
        .map(|(event, is_stored)| {
            let origin = Origin::of(&event.event_type, event.payload.get());
            let explanation = subscription.explain(&Facts::of(&event), &origin, &[]);
            TestedEvent { event, is_stored, explanation }
        })
        .collect();

    // 4. What would it send for the first?
    let shown = explained.iter().find(|tested| tested.explanation.passes());
    let shown = shown.or_else(|| explained.first().filter(|_| explained.len() == 1));
    let requests = match shown {
        Some(tested) => requests(actions, caller, (saved.as_ref(), &settings), compiled, tested).await?,
        None => Vec::new(),
    };

    // 5. What would saving refuse?
    let id = id_of(saved.as_ref());
    let findings = findings(context, workspace, (id, &settings)).await?.into_iter().map(in_rule).collect();
    Ok(TestedRule { events: explained, is_complete, requests, findings })
}

fn compile(
    settings: &RuleSettings,
    saved: Option<&Rule>,
    targets: &AllowedTargets,
) -> Result<Vec<CompiledStep>, Problem> {
    let within = |problem: Problem| match problem {
        Problem::Invalid(errors) => Problem::Invalid(errors.into_iter().map(in_rule).collect()),
        other => other,
    };
    settings.check_draft().map_err(within)?;
    settings.compile(id_of(saved), targets).map_err(within)
}

/// The id of a saved rule, or one that no rule has.
fn id_of(saved: Option<&Rule>) -> RuleId {
    saved.map_or_else(|| RuleId::from_bytes([0; 16]), |rule| rule.id)
}

fn in_rule(FieldError { pointer, detail }: FieldError) -> FieldError {
    FieldError { pointer: format!("/rule{pointer}"), detail }
}

/// A stored event whose payload was not erased.
async fn stored(actions: &Actions, workspace: WorkspaceId, id: EventId) -> Result<Option<Event>, Fault> {
    let event = actions.context.store.load_event(workspace, id, actions.context.clock.now()).await?;
    Ok(event.filter(|event| event.erased_at.is_none()))
}

/// An event that is not stored.
fn own(actions: &Actions, workspace: WorkspaceId, event: ExampleEvent) -> Result<Event, UseCaseError> {
    let ExampleEvent { event_type, data, channels, timestamp } = event;
    check_type(&event_type)?;
    let now = actions.context.clock.now();
    let payload = RawValue::from_string(data.to_string());
    let payload = payload.map_err(|error| Fault::Broken(format!("a payload is not JSON: {error}")))?;
    let payload = Payload::new(payload.into());
    check_nesting(&payload)?;
    Ok(Event {
        id: EventId::new(now, actions.context.randomness.id()),
        uid: None,
        workspace_id: workspace,
        event_type,
        occurred_at: timestamp.unwrap_or(now),
        payload,
        erased_at: None,
        channels,
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by: None,
        ledger: Ledger::default(),
    })
}

/// The newest events of the rule's types, newest first, and whether there was time for all. Test events are left out.
async fn recent(
    actions: &Actions,
    workspace: WorkspaceId,
    settings: &RuleSettings,
    count: usize,
    deadline: Instant,
) -> Result<(Vec<(Event, bool)>, bool), UseCaseError> {
    let (context, now) = (&actions.context, actions.context.clock.now());
    let kept = context.cache.workspace(workspace).await?.ok_or(Problem::NotFound("workspace"))?;
    let window = store::Window { since: kept.oldest_kept(now), until: now.plus(domain::event::MAX_ID_AHEAD) };
    let (filter, order) = (settings.when.events.as_slice(), Order::NewestFirst);
    let (mut events, mut beyond) = (Vec::with_capacity(count), None);
    // A list may be short and go on.
    loop {
        let listing = Listing { order, beyond, window, filter, limit: count.saturating_sub(events.len()) };
        let listed = context.store.list_events(workspace, &listing, now);
        let Ok(page) = tokio::time::timeout_at(deadline, listed).await else { return Ok((events, false)) };
        let page = page?;
        // A rule for every type is not one for what Posthorn says of itself.
        let looks_at = |event: &Event| {
            !event.is_test && (!filter.is_empty() || !operational::is_posthorns_own(&event.event_type))
        };
        let rows = page.rows.into_iter().filter(|event| looks_at(event) && event.erased_at.is_none());
        let mut reads =
            stream::iter(rows.map(|event| stored(actions, workspace, event.id))).buffered(AT_ONCE);
        loop {
            match tokio::time::timeout_at(deadline, reads.next()).await {
                Ok(Some(event)) => events.extend(event?.map(|event| (event, true))),
                Ok(None) => break,
                Err(_) => return Ok((events, false)),
            }
        }
        beyond = page.next;
        if events.len() >= count || beyond.is_none() {
            return Ok((events, true));
        }
    }
}

/// What each step would do for the event.
async fn requests(
    actions: &Actions,
    caller: &ApiKey,
    (saved, settings): (Option<&Rule>, &RuleSettings),
    compiled: Vec<CompiledStep>,
    tested: &TestedEvent,
) -> Result<Vec<StepRequest>, UseCaseError> {
    let (event, now) = (&tested.event, actions.context.clock.now());
    let mut requests = Vec::with_capacity(compiled.len());
    for (place, (step, compiled)) in settings.then.iter().zip(compiled).enumerate() {
        let does = compiled.step.does.clone();
        // A step that was changed is signed with a secret that nobody knows: or whoever may change no endpoint could have any
        // request signed with a real one.
        let old = saved.and_then(|rule| rule.steps().find(|(old, _)| step.is_as(old)).map(|(_, id)| id));
        let known = match does {
            StepKind::Forward(target) => {
                caller.require(Scope::WebhooksRead)?;
                Some(target)
            }
            _ => old,
        };
        let known = match known {
            Some(id) => actions.context.store.load_endpoint(EndpointKey::new(event.workspace_id, id)).await?,
            None => None,
        };
        if known
            .as_ref()
            .is_some_and(|known| matches!(does, StepKind::Forward(_)) && !known.purpose.is_subscriber())
        {
            return Err(Problem::invalid(format!("/rule/then/{place}/endpoint_id"), NOT_YOURS).into());
        }
        let is_saved = known.is_some();
        if is_saved
            && !tested.is_stored
            && compiled.url.step().is_none_or(|_| matches!(does, StepKind::Forward(_)))
        {
            // Its signature would be valid for a payload of the caller's choice.
            caller.require(Scope::Webhooks)?;
        }
        let endpoint = match (&does, known) {
            (StepKind::Forward(_), known) => known.map(|endpoint| endpoint.shown_to(caller)),
            (_, known) => Some(endpoint_of(actions, event.workspace_id, compiled, known, now)),
        };
        let request = endpoint.as_ref().map(|endpoint| {
            let message = Message::of(event, endpoint.id);
            let nonce = actions.context.randomness.bytes();
            render(&message, endpoint, Occasion { number: 1, at: now, nonce, trace: None })
        });
        requests.push(StepRequest {
            step: step.id.clone(),
            does,
            event: event.id,
            endpoint,
            request,
            is_saved,
        });
    }
    Ok(requests)
}

/// The endpoint that a step has, with its settings as they would be.
fn endpoint_of(
    actions: &Actions,
    workspace_id: WorkspaceId,
    compiled: CompiledStep,
    known: Option<Endpoint>,
    now: Timestamp,
) -> Endpoint {
    let CompiledStep { step, settings, url } = compiled;
    let profile = settings.signature.profile;
    let secrets = known.as_ref().map(|endpoint| endpoint.secrets.clone()).unwrap_or_default();
    let fits = secrets.first().is_some_and(|active| active.secret.fits(profile));
    let randomness = &actions.context.randomness;
    let secrets = match fits {
        true => secrets,
        false => {
            let secret = Secret::for_profile(profile, &randomness.bytes());
            vec![ActiveSecret { secret, expires_at: None }]
        }
    };
    Endpoint {
        id: known.as_ref().map_or_else(|| EndpointId::new(now, randomness.id()), |endpoint| endpoint.id),
        workspace_id,
        purpose: Purpose::Rule(step),
        settings,
        url,
        secrets,
        disabled: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    }
}
