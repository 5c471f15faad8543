//! When did a rule fire, and when not, and why?
//! By a walk over the ledgers of events, as the list of a workspace's deliveries does: nothing is written when a rule fires
//! but the ledger, which every event has.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::event::event_type::EventTypePattern;
use domain::event::ledger::Ledger;
use domain::id::{EventId, RuleId, WorkspaceId};
use domain::problem::Problem;
use domain::rule::Rule;
use domain::rule::firing::{Firing, FiringResult, StepFiring, StepStatistics};
use domain::rule::step::Step;
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use store::rows::ledgers::ListedEvent;
use store::{Listing, Order, Page, Window};

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::listing::{ListPage, Rows, Span};
use crate::manage::management::Management;
use crate::rules::manage_rule::{all_rules, find_rule};

/// The most events that are walked for one page, or for the statistics. Then the page ends, short as it may be.
const WALKED_AT_MOST: usize = 2_000;
/// The events that are listed at once.
const EVENTS_AT_ONCE: usize = 500;

/// How much older a derived event's id may be than its acceptance: it is as old as its cause, whose delivery may have been
/// delayed for 12 hours and tried again for some more.
const DERIVED_LATE: Duration = Duration::from_secs(24 * 3600);

/// How often a rule fired for the newest events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleStatistics {
    /// The events that were looked at.
    pub events: usize,
    /// When the oldest of them was accepted.
    pub since: Option<Timestamp>,
    /// Whether these were all events of the window.
    pub is_complete: bool,
    /// What each step did, by the steps' ids.
    pub steps: BTreeMap<String, StepStatistics>,
}

/// How often all rules of a workspace fired for the newest events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired {
    /// The events that were looked at.
    pub events: usize,
    /// When the oldest of them was accepted.
    pub since: Option<Timestamp>,
    /// Whether these were all events of the window.
    pub is_complete: bool,
    /// The rules, newest first, and what each did.
    pub rules: Vec<(RuleId, RuleFired)>,
}

/// For how many events a rule fired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleFired {
    /// Events for which a step of it fired.
    pub fired: u64,
    /// Events for which none did, but would have, if the rule had not only watched.
    pub would_have_fired: u64,
    /// When the newest event of both was accepted.
    pub last_at: Option<Timestamp>,
}

/// A page of a rule's firings.
#[derive(Debug, Clone)]
pub struct FiringListing {
    /// Only events with a step that did this.
    pub result: Option<FiringResult>,
    /// Only events accepted in this window.
    pub span: Span,
    /// Which rows of the list.
    pub rows: Rows<EventId>,
}

/// What a rule did with the events of its types and channels, newest first. Events that it does not look at are left out.
///
/// # Errors
/// [`Problem::NotFound`] when the rule does not exist; [`Problem::MissingScope`] without `rules:ro` and `events:ro`.
pub async fn list_firings(
    management: &Management,
    caller: &ApiKey,
    id: RuleId,
    listing: FiringListing,
) -> Result<ListPage<Firing, EventId>, UseCaseError> {
    let (rule, walk) = begin(management, caller, id, listing.span).await?;
    let FiringListing { result, rows, .. } = listing;
    let listing = rows.listing(Order::NewestFirst, walk.window, ());
    let (order, limit) = (listing.order, listing.limit);
    let (mut beyond, mut found, mut walked) = (listing.beyond, Vec::new(), 0);
    loop {
        let page = walk.events((order, beyond)).await?;
        let is_last = page.next.is_none();
        for listed in page.rows {
            (walked, beyond) = (walked + 1, Some(listed.event.id));
            let firing = firing_of(&rule, walk.context, listed).await?;
            let asked_for = |step: &StepFiring| result.is_none_or(|wanted| wanted == step.result);
            found.extend(firing.filter(|firing| firing.steps.iter().any(asked_for)));
            if found.len() == limit || walked == WALKED_AT_MOST {
                return Ok(rows.page(order, Page { rows: found, next: beyond }));
            }
        }
        if is_last {
            return Ok(rows.page(order, Page { rows: found, next: None }));
        }
    }
}

/// How often each step of a rule fired, would have fired and did not, for the newest events, at most 2,000.
///
/// # Errors
/// As for [`list_firings`].
pub async fn read_statistics(
    management: &Management,
    caller: &ApiKey,
    id: RuleId,
    span: Span,
) -> Result<RuleStatistics, UseCaseError> {
    let (rule, walk) = begin(management, caller, id, span).await?;
    let names = rule.settings.then.iter().map(|step| (step.id.clone(), StepStatistics::default()));
    let (events, since, is_complete) = (0, None, false);
    let mut statistics = RuleStatistics { events, since, is_complete, steps: names.collect() };
    let mut beyond = None;
    while !statistics.is_complete && statistics.events < WALKED_AT_MOST {
        let page = walk.events((Order::NewestFirst, beyond)).await?;
        (beyond, statistics.is_complete) = (page.next, page.next.is_none());
        for listed in page.rows {
            statistics.events += 1;
            statistics.since = Some(listed.event.id.time());
            for step in
                firing_of(&rule, walk.context, listed).await?.into_iter().flat_map(|firing| firing.steps)
            {
                statistics.steps.entry(step.step).or_default().count(step.result, step.reason);
            }
        }
    }
    Ok(statistics)
}

/// How often each rule of a workspace fired for the newest events, at most 2,000: one walk for all of them.
///
/// # Errors
/// [`UseCaseError::Problem`] without `rules:ro` and `events:ro`, or when the workspace is unknown.
pub async fn read_fired(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    span: Span,
) -> Result<Fired, UseCaseError> {
    // 1. Which rules are there?
    caller.require(Scope::RulesRead)?;
    caller.require(Scope::EventsRead)?;
    let context = &management.context;
    let workspace = management.workspace(caller, workspace).await?;
    let rules = all_rules(context, workspace.id).await?;
    let window = span.within(&workspace, context.clock.now())?;

    // 2. What did they do with each event?
    let mut counts = vec![RuleFired::default(); rules.len()];
    let (mut events, mut since, mut beyond) = (0, None, None);
    // Rules are listed newest first.
    let mut is_complete = rules.is_empty();
    if let Some(oldest) = rules.last() {
        let walk = Walk { context, rule: oldest.id, workspace: workspace.id, window };
        while !is_complete && events < WALKED_AT_MOST {
            let page = walk.events((Order::NewestFirst, beyond)).await?;
            (beyond, is_complete) = (page.next, page.next.is_none());
            for mut listed in page.rows {
                events += 1;
                since = Some(listed.event.id.time());
                complete_for(&rules, context, &mut listed).await?;
                for (rule, counts) in rules.iter().zip(&mut counts) {
                    counts.count(rule.firing_of(&listed.event));
                }
            }
        }
    }
    let rules = rules.iter().map(|rule| rule.id).zip(counts).collect();
    Ok(Fired { events, since, is_complete, rules })
}

impl RuleFired {
    /// Counts what the rule did with an event older than those before.
    fn count(&mut self, firing: Option<Firing>) {
        let Some(firing) = firing else { return };
        let did = |result| firing.steps.iter().any(|step| step.result == result);
        match (did(FiringResult::Fired), did(FiringResult::WouldHaveFired)) {
            (true, _) => self.fired += 1,
            (false, true) => self.would_have_fired += 1,
            (false, false) => return,
        }
        self.last_at = self.last_at.or(Some(firing.event.time()));
    }
}

/// A walk over the events of a workspace.
struct Walk<'a> {
    context: &'a Context,
    /// The oldest rule that is asked about.
    rule: RuleId,
    workspace: WorkspaceId,
    window: Window,
}

async fn begin<'a>(
    management: &'a Management,
    caller: &ApiKey,
    id: RuleId,
    span: Span,
) -> Result<(Rule, Walk<'a>), UseCaseError> {
    caller.require(Scope::EventsRead)?;
    let context = &management.context;
    let rule = find_rule(context, caller, Scope::RulesRead, id).await?;
    let workspace = context.cache.workspace(rule.workspace_id).await?.ok_or(Problem::NotFound("rule"))?;
    let window = span.within(&workspace, context.clock.now())?;
    Ok((rule, Walk { context, rule: id, workspace: workspace.id, window }))
}

impl Walk<'_> {
    async fn events(
        &self,
        (order, beyond): (Order, Option<EventId>),
    ) -> Result<Page<ListedEvent, EventId>, Fault> {
        let of_any_type: &[EventTypePattern] = &[];
        // No event that was accepted before the rule was made has it in its ledger.
        let since = self.window.since.max(self.rule.time().minus(DERIVED_LATE));
        let window = Window { since, ..self.window };
        let listing = Listing { order, beyond, window, filter: of_any_type, limit: EVENTS_AT_ONCE };
        Ok(self.context.store.list_ledgers(self.workspace, &listing, self.context.clock.now()).await?)
    }
}

/// What the rule did with an event; `None` if it does not look at such events, or was made later.
async fn firing_of(rule: &Rule, context: &Context, mut listed: ListedEvent) -> Result<Option<Firing>, Fault> {
    complete_for(std::slice::from_ref(rule), context, &mut listed).await?;
    Ok(rule.firing_of(&listed.event))
}

/// Reads the rest of the ledger, if an entry of one of the rules may be in it.
async fn complete_for(rules: &[Rule], context: &Context, listed: &mut ListedEvent) -> Result<(), Fault> {
    let at = listed.event.id.time();
    let is_missing = |rule: &Rule, ledger: &Ledger| {
        let targets = rule.settings.then.iter().filter_map(Step::forwards_to);
        rule.endpoints.iter().copied().chain(targets).any(|id| ledger.entry(id).is_none())
    };
    let mut old_enough = rules.iter().filter(|rule| rule.id.time().minus(DERIVED_LATE) <= at);
    if !listed.is_complete() && old_enough.any(|rule| is_missing(rule, &listed.event.ledger)) {
        context.store.complete_ledger(listed).await?;
    }
    Ok(())
}
