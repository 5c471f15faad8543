// How far is a replay, and how long will it take?
// Pure: a replay goes through its window oldest first, so the time in the last id that it has examined tells how far it is.

/** A replay sends at most 100 deliveries a step, with a second between steps. */
const MOST_PER_SECOND = 100;
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The time of an id: a ULID begins with it. @param {string} id */
export const timeOfId = (id) => [...id.replace(/^[a-z]+_/, '').slice(0, 10)].reduce((sum, c) => sum * 32 + Math.max(0, LETTERS.indexOf(c)), 0);

/** How long it will take, by what limits it. @param {number} n @param {number|null|undefined} perSecond the endpoint's limit */
export const lastsMs = (n, perSecond) => (n / Math.min(perSecond ?? MOST_PER_SECOND, MOST_PER_SECOND)) * 1000;

/**
 * The part that is done, 0 to 1: of what was counted when it began, or else of the window.
 * @param {any} replay
 */
export function share(replay) {
  const { progress, settings, status, created_at, total } = replay;
  if (progress.phase === 'over' || status === 'completed') return 1;
  // Deliveries may have come or gone since they were counted, so that the bar waits before its end.
  if (total) return Math.min(0.99, replay.sent / total);
  const since = Date.parse(settings.since);
  const until = Date.parse(settings.until ?? created_at);
  const within = progress.after ? Math.min(1, Math.max(0, (timeOfId(progress.after) - since) / Math.max(1, until - since))) : 0;
  // Only `skipped` and `all` go through events as well, in a second pass.
  if (!['skipped', 'all'].includes(settings.status)) return within;
  return progress.phase === 'events' ? 0.5 + within / 2 : within / 2;
}

/**
 * The time left, by how fast it went so far; null while that says nothing, and where nobody has counted: events do not
 * spread evenly over a period.
 * @param {any} replay @param {number} now
 */
export function leftMs(replay, now) {
  const done = share(replay);
  const took = Math.max(0, now - Date.parse(replay.created_at));
  if (replay.status !== 'running' || !replay.total || done < 0.02 || took < 2000) return null;
  return (took / done) * (1 - done);
}

/**
 * What a replay that was stopped did not come to, as a query of a new one; null where no single period is the rest.
 * @param {any} replay
 */
export function rest({ status, settings, progress }) {
  const since = progress.after && new Date(timeOfId(progress.after)).toISOString();
  if (status !== 'cancelled' || !since) return null;
  if (progress.phase === 'events') return { since, status: 'skipped' };
  return ['skipped', 'all'].includes(settings.status) ? null : { since, status: settings.status };
}

/** The time up to which it has come. @param {any} replay @returns {string|null} */
export const reached = (replay) => (replay.progress.after ? new Date(timeOfId(replay.progress.after)).toISOString() : null);
