// How are times, durations, sizes, numbers and ids written for people?
// Pure functions over Intl; the exact UTC instant is always one hover away.

/** The language of numbers and dates; the portal may set another. */
export const locale = { current: 'en' };

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/** `4,210` @param {number} n */
export const number = (n) => new Intl.NumberFormat(locale.current).format(n);

/** `12.9k` where a column is narrow. @param {number} n */
export const shortNumber = (n) => new Intl.NumberFormat(locale.current, { notation: 'compact', maximumFractionDigits: 1 }).format(n);

/**
 * `99.2 %`; never 100 % while something failed, never 0 % while something succeeded.
 * @param {number|null|undefined} share 0 to 1
 */
export function percent(share) {
  if (share === null || share === undefined) return '–';
  const tenths = share > 0 && share < 1 ? Math.min(Math.max(Math.round(share * 1000), 1), 999) / 10 : share * 100;
  return `${new Intl.NumberFormat(locale.current, { maximumFractionDigits: 1 }).format(tenths)} %`;
}

/** `512 bytes`, `12.4 KB`, `4.5 MB` @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${number(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const [unit, by] = bytes < 1e6 ? ['KB', 1e3] : ['MB', 1e6];
  return `${new Intl.NumberFormat(locale.current, { maximumFractionDigits: bytes / by < 100 ? 1 : 0 }).format(bytes / by)} ${unit}`;
}

/** `4 ms`, `1.2 s`, `4 min 12 s`, `3 h 20 min`, `2 days` @param {number|null|undefined} ms */
export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1).replace(/\.0$/, '')} s`;
  return span(ms);
}

/** In whole seconds and at most two units: `40 s`, `4 min 12 s`, `2 days 3 h` @param {number} ms */
export function span(ms) {
  const s = Math.max(0, Math.round(ms / SECOND));
  const two = (/** @type {number} */ a, /** @type {string} */ unit, /** @type {number} */ b, /** @type {string} */ small) =>
    `${a} ${unit}${b ? ` ${b} ${small}` : ''}`;
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(Math.floor(s / 60), 'min', s < 600 ? s % 60 : 0, 's');
  if (s < 86400) return two(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
  const days = Math.floor(s / 86400);
  return two(days, days === 1 ? 'day' : 'days', days < 3 ? Math.floor((s % 86400) / 3600) : 0, 'h');
}

/**
 * `just now`, `40 s ago`, `in 4 min`, `yesterday 14:03`, `3 Nov 14:03`, `3 Nov 2025`: as people say it.
 * @param {string|number|Date} at @param {number} [now]
 */
export function relative(at, now = Date.now()) {
  const time = new Date(at).getTime();
  const gap = now - time;
  const size = Math.abs(gap);
  if (size < 2 * SECOND) return 'just now';
  if (size < HOUR) return around(gap, size < MINUTE ? `${Math.round(size / SECOND)} s` : `${Math.floor(size / MINUTE)} min`);
  if (size < 12 * HOUR) return around(gap, `${Math.floor(size / HOUR)} h`);
  const clock = timeOfDay(time);
  const days = dayNumber(now) - dayNumber(time);
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  if (days === -1) return `tomorrow ${clock}`;
  const year = new Date(time).getFullYear() === new Date(now).getFullYear() ? undefined : /** @type {const} */ ('numeric');
  const day = new Intl.DateTimeFormat(locale.current === 'en' ? 'en-GB' : locale.current, { day: 'numeric', month: 'short', year }).format(time);
  return year ? day : `${day} ${clock}`;
}
/** @param {number} gap @param {string} words */
const around = (gap, words) => (gap >= 0 ? `${words} ago` : `in ${words}`);
/** @param {number} time */
const dayNumber = (time) => Math.floor((time - new Date(time).getTimezoneOffset() * MINUTE) / DAY);
/** @param {number} time */
const timeOfDay = (time) => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(time);

/** `12:46:12`, `20 Nov 12:46:12`: by the clock, in the reader's zone. @param {string|number|Date} at @param {number} [now] */
export function clockTime(at, now = Date.now()) {
  const time = new Date(at).getTime();
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(time);
  return dayNumber(now) === dayNumber(time) ? clock : `${new Intl.DateTimeFormat(locale.current === 'en' ? 'en-GB' : locale.current, { day: 'numeric', month: 'short' }).format(time)} ${clock}`;
}

/** `2026-11-21 12:46:12.092 UTC` @param {string|number|Date} at */
export const exact = (at) => `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} UTC`;

/** `Europe/Berlin (UTC+1)`: the zone in which times are typed. */
export function zone() {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const offset = -new Date().getTimezoneOffset() / 60;
  return timeZone === 'UTC' ? 'UTC' : `${timeZone} (UTC${offset < 0 ? '−' : '+'}${Math.abs(offset)})`;
}

/** `21 November 2026, 12:46` in the reader's time zone. @param {string|number|Date} at */
export const longTime = (at) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' }).format(new Date(at));

/** `Sat 21 Nov, 12:00` for the hour or day of a bar. @param {string|number} at @param {'hour'|'day'} by */
export const bucket = (at, by) => new Intl.DateTimeFormat('en-GB', by === 'day'
  ? { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }
  : { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(at));

/**
 * Shortened in the middle: the prefix and the first two characters tell the kind, the last six tell it from others.
 * @param {string} id
 */
export function shortId(id) {
  if (id.length <= 14) return id;
  const prefix = id.indexOf('_') + 1;
  return `${id.slice(0, prefix + 2)}…${id.slice(-6)}`;
}

/** Shortened in the middle to at most `length` characters. @param {string} text @param {number} length */
export function middle(text, length) {
  if (text.length <= length) return text;
  const tail = Math.floor((length - 1) / 3);
  return `${text.slice(0, length - 1 - tail)}…${text.slice(-tail)}`;
}

/** A URL without what nobody scans: the scheme `https://` and a lone slash at its end. @param {string} url */
export const shortUrl = (url) => url.replace(/^https:\/\//, '').replace(/^((?:http:\/\/)?[^/?#]+)\/$/, '$1');

const KINDS = /** @type {Record<string, string>} */ ({
  evt: 'events', wd: 'deliveries', we: 'endpoints', rep: 'replays', rule: 'rules', src: 'sources', key: 'keys',
});
/**
 * The page of a pasted id; null if the text is no id. @param {string} text
 * @returns {{page: string, id: string}|null}
 */
export function pageOfId(text) {
  const found = /\b(evt|wd|we|rep|rule|src|key)_[0-9A-HJKMNP-TV-Z]{26}\b/i.exec(text.trim());
  if (!found) return null;
  const kind = found[1].toLowerCase();
  return { page: KINDS[kind], id: `${kind}_${found[0].slice(kind.length + 1).toUpperCase()}` };
}

/** Whether a text can be an id that the product gave: a `uid`. @param {string} text */
export const isUid = (text) => /^[\w.-]{3,256}$/.test(text) && !/^\.+$/.test(text);

/** `2 endpoints`, `1 endpoint` @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
