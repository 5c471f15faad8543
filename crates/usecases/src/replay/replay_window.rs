//! How is a window of an endpoint's deliveries sent again?
//! A replay is stepwise work: each step goes through some deliveries or events, oldest first, and sends those it selects.
//!
//! A step that is done twice sends nothing twice, because a delivery's row names the replay that sent it.

use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::changes::Changes;
use domain::audit::{Action, Change, Target};
use domain::delivery::Delivery;
use domain::delivery::replay::{Progress, Replay, ReplaySettings, ReplayStatus};
use domain::endpoint::Endpoint;
use domain::id::{EndpointId, EndpointKey, ReplayId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use queue::purpose::Replay as JobReplay;
use queue::{Job, Task};
use serde_json::json;
use store::rows::deliveries::DeliveryFilter;
use store::{Lease, Listing, Order, Store, StoreError, Window};

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::listing::{ListPage, Rows};
use crate::manage::manage_endpoint::read_endpoint;
use crate::manage::management::Management;

use crate::replay::missed::missed;
use crate::stepwise::{self, Next, PAUSE, Stepwise};

/// The number of deliveries or events that one step reads.
const STEP_ROWS: usize = 100;
/// The number of steps after which a dry run stops; its count is then a lower bound.
const DRY_STEPS: usize = 50;
/// The number of deliveries that a dry run shows.
const SAMPLES: usize = 10;
/// How long the row of a replay is kept.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// What a replay would send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// The number of deliveries, as far as the window was read.
    pub count: usize,
    /// Whether the whole window was read; if not, `count` is a lower bound.
    pub complete: bool,
    /// The first of these deliveries.
    pub samples: Vec<Delivery>,
}

/// Begins the replay of a window. A repeated request that takes over finds the one that the first began.
///
/// # Errors
/// [`UseCaseError::Problem`] when the endpoint is unknown or switched off, or the window is empty.
pub async fn start_replay(
    management: &Management,
    caller: &ApiKey,
    endpoint: EndpointId,
    settings: ReplaySettings,
) -> Result<Replay, UseCaseError> {
    let endpoint = active_endpoint(management, caller, endpoint).await?;
    let mut replay = prepare(management, caller, &endpoint, settings).await?;
    let Context { store, queue, .. } = &management.context;
    if management.context.is_resumed()
        && let Some(begun) = store.load_replay(replay.workspace_id, replay.id).await?
    {
        // A second task does no harm, and the first may not have been sent.
        queue.send_task(Replay::task(begun.key()), Duration::ZERO).await?;
        return Ok(begun);
    }
    let run = count(&management.context, &endpoint, replay.clone()).await?;
    replay.total = u64::try_from(run.count).ok().filter(|_| run.complete);
    let asked_for = Changes::asked_for([
        ("endpoint_id", json!(replay.endpoint_id)),
        ("settings", json!(replay.settings)),
    ]);
    let entry = management.context.entry(caller, change(&replay, Action::ReplayStarted, asked_for));
    store.start_replay(&replay, replay.created_at.plus(KEPT), Some(&entry)).await?;
    queue.send_task(Replay::task(replay.key()), Duration::ZERO).await?;
    Ok(replay)
}

/// A dry run: reads the window of a replay without sending anything. Of an endpoint that is off it counts what a replay would
/// send once it is on.
///
/// # Errors
/// [`UseCaseError::Problem`] when the endpoint is unknown, or the window is empty.
pub async fn try_replay(
    management: &Management,
    caller: &ApiKey,
    endpoint: EndpointId,
    settings: ReplaySettings,
) -> Result<DryRun, UseCaseError> {
    let mut endpoint = read_endpoint(management, caller, Scope::Deliveries, endpoint).await?;
    (endpoint.settings.active, endpoint.disabled) = (true, None);
    let replay = prepare(management, caller, &endpoint, settings).await?;
    Ok(count(&management.context, &endpoint, replay).await?)
}

/// Counts what a replay would send.
async fn count(context: &Context, endpoint: &Endpoint, mut replay: Replay) -> Result<DryRun, Fault> {
    let mut run = DryRun { count: 0, complete: false, samples: Vec::new() };
    for _ in 0..DRY_STEPS {
        if replay.progress == Progress::Over {
            run.complete = true;
            break;
        }
        let selected = next_selected(context, endpoint, &mut replay).await?;
        run.count += selected.len();
        run.samples.extend(selected.into_iter().take(SAMPLES - run.samples.len()));
    }
    run.complete |= replay.progress == Progress::Over;
    Ok(run)
}

/// A replay that the caller may read.
///
/// # Errors
/// [`Problem::NotFound`] when the replay does not exist or belongs to another workspace.
pub async fn read_replay(
    management: &Management,
    caller: &ApiKey,
    id: ReplayId,
) -> Result<Replay, UseCaseError> {
    find_replay(management, caller, Scope::DeliveriesRead, id).await
}

async fn find_replay(
    management: &Management,
    caller: &ApiKey,
    scope: Scope,
    id: ReplayId,
) -> Result<Replay, UseCaseError> {
    caller.require(scope)?;
    let replay = match caller.workspace_id {
        Some(workspace) => management.context.store.load_replay(workspace, id).await?,
        None => management.context.store.find_replay(id).await?,
    };
    let replay = replay.ok_or(Problem::NotFound("replay"))?;
    // The rows of a deleted workspace are deleted later.
    match management.context.has_workspace(replay.workspace_id).await? {
        true => Ok(replay),
        false => Err(Problem::NotFound("replay").into()),
    }
}

/// Replays of a workspace, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_replays(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    rows: Rows<ReplayId>,
) -> Result<ListPage<Replay, ReplayId>, UseCaseError> {
    caller.require(Scope::DeliveriesRead)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let listing = rows.listing(Order::NewestFirst, Window::everything(), ());
    Ok(rows.page(listing.order, management.context.store.list_replays(workspace, &listing).await?))
}

/// Cancels a replay; deliveries that it has sent go on. A repeated request that takes over finds it cancelled.
///
/// # Errors
/// [`Problem::ReplayOver`] when the replay has ended.
pub async fn cancel_replay(
    management: &Management,
    caller: &ApiKey,
    id: ReplayId,
) -> Result<Replay, UseCaseError> {
    let mut replay = find_replay(management, caller, Scope::Deliveries, id).await?;
    // Read by its key, because the index may be a moment behind.
    let stored = management.context.store.load_replay(replay.workspace_id, id).await?;
    replay = stored.ok_or(Problem::NotFound("replay"))?;
    match replay.status {
        ReplayStatus::Running => {}
        ReplayStatus::Cancelled if management.context.is_resumed() => return Ok(replay),
        _ => return Err(Problem::ReplayOver.into()),
    }
    let (before, after) = (json!(replay.status), json!(ReplayStatus::Cancelled));
    replay.status = ReplayStatus::Cancelled;
    replay.updated_at = management.context.clock.now();
    let changes = Changes::of_member("status", before, after);
    let entry = management.context.entry(caller, change(&replay, Action::ReplayCancelled, changes));
    match management.context.store.cancel_replay(&replay, Some(&entry)).await? {
        true => Ok(replay),
        false => Err(Problem::ReplayOver.into()),
    }
}

fn change(replay: &Replay, action: Action, changes: Changes) -> Change {
    let (workspace_id, target) = (Some(replay.workspace_id), Target::Replay(replay.id));
    Change { workspace_id, action, target, changes }
}

/// Does one step of a replay.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used; the task then comes back.
pub async fn replay_step(context: &Context, workspace: WorkspaceId, id: ReplayId) -> Result<(), Fault> {
    stepwise::step::<Replay>(context, (workspace, id)).await
}

/// Resumes replays whose task was lost; returns how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn resume_replays(context: &Context) -> Result<usize, Fault> {
    stepwise::resume::<Replay>(context).await
}

/// Goes on with all replays after the process has been started again, the only one; returns how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn go_on_with_replays(context: &Context) -> Result<usize, Fault> {
    stepwise::go_on::<Replay>(context).await
}

impl Stepwise for Replay {
    type Key = (WorkspaceId, ReplayId);

    fn key(&self) -> Self::Key {
        (self.workspace_id, self.id)
    }

    fn task((workspace, replay): Self::Key) -> Task {
        Task::Replay { workspace, replay }
    }

    async fn claim(
        store: &Store,
        (workspace, id): Self::Key,
        now: Timestamp,
    ) -> Result<Option<(Lease, Self)>, StoreError> {
        store.claim_replay(workspace, id, now).await
    }

    async fn step_ends(
        store: &Store,
        (workspace, id): Self::Key,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        store.replay_step_ends(workspace, id, now).await
    }

    async fn step(&mut self, context: &Context, now: Timestamp) -> Result<Next, Fault> {
        // 1. Does the endpoint still exist, and is it active?
        self.updated_at = now;
        let endpoint = EndpointKey::new(self.workspace_id, self.endpoint_id);
        let endpoint = context.store.load_endpoint(endpoint).await?;
        let Some(endpoint) = endpoint.filter(|endpoint| endpoint.settings.active) else {
            self.status = ReplayStatus::Cancelled;
            log(self, 0);
            return Ok(Next::Over);
        };

        // 2. Send the next deliveries.
        let selected = next_selected(context, &endpoint, self).await?;
        let replay = JobReplay { id: self.id, force: self.settings.include_delivered };
        let jobs: Vec<Job> = selected.iter().map(|delivery| Job::replay(delivery, replay)).collect();
        context.queue.send(&jobs, now).await?;
        self.sent += u64::try_from(jobs.len()).unwrap_or_default();

        // 3. Was that all?
        if self.progress == Progress::Over {
            self.status = ReplayStatus::Completed;
        }
        log(self, jobs.len());
        Ok(match self.status {
            ReplayStatus::Running if jobs.is_empty() => Next::StepAfter(Duration::ZERO),
            ReplayStatus::Running => Next::StepAfter(PAUSE),
            ReplayStatus::Completed | ReplayStatus::Cancelled => Next::Over,
        })
    }

    async fn save(&self, store: &Store, lease: &Lease, next: Timestamp) -> Result<bool, StoreError> {
        store.save_replay(lease, self, next).await
    }

    async fn end(&mut self, store: &Store, lease: &Lease, now: Timestamp) -> Result<bool, StoreError> {
        store.save_replay(lease, self, now).await
    }

    async fn lost(store: &Store, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        store.lost_replays(now).await
    }
}

/// Logs one line per step.
fn log(replay: &Replay, now_sent: usize) {
    tracing::info!(
        replay = %replay.id, endpoint = %replay.endpoint_id, workspace = %replay.workspace_id, now_sent, sent = replay.sent,
        over = replay.status != ReplayStatus::Running, "replay step done"
    );
}

/// An endpoint to which deliveries can be replayed.
pub(crate) async fn active_endpoint(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<Endpoint, UseCaseError> {
    let endpoint = read_endpoint(management, caller, Scope::Deliveries, id).await?;
    if endpoint.settings.active { Ok(endpoint) } else { Err(Problem::EndpointDisabled.into()) }
}

/// The replay as it would begin.
async fn prepare(
    management: &Management,
    caller: &ApiKey,
    endpoint: &Endpoint,
    mut settings: ReplaySettings,
) -> Result<Replay, UseCaseError> {
    let now = management.context.clock.now();
    // Events accepted from now on are sent without the replay.
    let until = settings.until.unwrap_or(now).min(now);
    if settings.since >= until {
        return Err(Problem::invalid("/since", "must be before until, and before now").into());
    }
    settings.until = Some(until);
    // Older rows have expired.
    let workspace = management.workspace(caller, Some(endpoint.workspace_id)).await?;
    settings.since = settings.since.max(workspace.oldest_kept(now));
    Ok(Replay {
        id: management.context.new_id(now, ReplayId::new),
        workspace_id: endpoint.workspace_id,
        endpoint_id: endpoint.id,
        status: ReplayStatus::Running,
        examined: 0,
        sent: 0,
        total: None,
        progress: settings.first(),
        settings,
        created_at: now,
        updated_at: now,
    })
}

/// The deliveries that the next step sends; advances the replay's progress.
async fn next_selected(
    context: &Context,
    endpoint: &Endpoint,
    replay: &mut Replay,
) -> Result<Vec<Delivery>, Fault> {
    let now = context.clock.now();
    let settings = &replay.settings;
    let window = Window { since: settings.since, until: settings.until.unwrap_or(now) };
    match replay.progress {
        Progress::Over => Ok(Vec::new()),
        Progress::Deliveries { after } => {
            let filter = DeliveryFilter { statuses: &[], event_types: &settings.event_types };
            let listing = Listing::oldest_first(window, filter, STEP_ROWS).beyond(after);
            let page = context.store.list_deliveries(endpoint.id, &listing, now).await?;
            replay.progress = match page.next {
                after @ Some(_) => Progress::Deliveries { after },
                None => settings.after_deliveries(),
            };
            replay.examined += u64::try_from(page.rows.len()).unwrap_or_default();
            let selected = page.rows.into_iter().filter(|delivery| replay.settings.selects(delivery));
            Ok(selected.collect())
        }
        Progress::Events { after } => {
            let listing = Listing::oldest_first(window, &*settings.event_types, STEP_ROWS).beyond(after);
            let page = context.store.list_events(replay.workspace_id, &listing, now).await?;
            replay.progress = match page.next {
                after @ Some(_) => Progress::Events { after },
                None => Progress::Over,
            };
            replay.examined += u64::try_from(page.rows.len()).unwrap_or_default();
            missed(context, endpoint, page.rows, now).await
        }
    }
}
