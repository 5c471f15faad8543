// Is a key still needed, and how long does it work?
// Pure: what is marked in the list of keys, from the times that the API tells.

const DAY = 86_400_000;
/** Unused for so long, a key is marked: it is likely forgotten. */
export const IDLE_DAYS = 90;
/** A key that ends within so many days is marked. */
export const SOON_DAYS = 14;

/**
 * @param {{created_at: string, last_used_at?: string|null}} key @param {number} now
 * @returns {'never'|'fresh'|'idle'|'used'} `fresh`: not used yet, and younger than a day
 */
export function useOf(key, now) {
  if (!key.last_used_at) return now - Date.parse(key.created_at) < DAY ? 'fresh' : 'never';
  return now - Date.parse(key.last_used_at) >= IDLE_DAYS * DAY ? 'idle' : 'used';
}

/** @param {{expires_at?: string|null}} key @param {number} now @returns {'endless'|'over'|'soon'|'later'} */
export function endOf(key, now) {
  if (!key.expires_at) return 'endless';
  const left = Date.parse(key.expires_at) - now;
  return left <= 0 ? 'over' : left < SOON_DAYS * DAY ? 'soon' : 'later';
}

/** @param {{last_used_at?: string|null}} key @param {number} now */
export const idleDays = (key, now) => (key.last_used_at ? Math.floor((now - Date.parse(key.last_used_at)) / DAY) : 0);

/** The roles in a text: by comma or space, each once. @param {string} text */
export const rolesOf = (text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))];
