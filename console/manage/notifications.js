// Which endpoints tell people or programs of operational events?
// Pure: notifications among endpoints, which of the four events each hears of, and how an address is shown.

/** The four, in the order in which things happen. */
export const TYPES = ['posthorn.endpoint.failing', 'posthorn.endpoint.disabled', 'posthorn.endpoint.recovered', 'posthorn.delivery.exhausted'];
const SERVICES = ['slack', 'teams', 'discord', 'email'];

/** With a template it sends one's own words about any event, and is no notification. @param {any} endpoint */
export const isNotification = (endpoint) => SERVICES.includes(endpoint.body) && !endpoint.template && !endpoint.rule_id;

/** @param {string} pattern a type, `*` or `family.*` @param {string} type */
const matches = (pattern, type) => pattern === type || pattern === '*' || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));

/** The operational events that an endpoint gets. @param {any} endpoint @returns {string[]} */
export function hears(endpoint) {
  if (endpoint.events.length === 0) return isNotification(endpoint) ? TYPES : [];
  // A bare star is every type of a producer; operational events must be listed by family or name.
  return TYPES.filter((type) => endpoint.events.some((/** @type {string} */ pattern) => pattern !== '*' && matches(pattern, type)));
}

/** Where it goes, without what is secret. @param {any} endpoint */
export function whereOf(endpoint) {
  if (endpoint.url.startsWith('mailto:')) return endpoint.url.slice('mailto:'.length);
  try { return new URL(endpoint.url).host; } catch { return endpoint.url; }
}

/** What a person types for e-mail. @param {string} service @param {string} text */
export const urlOf = (service, text) => (service === 'email' && !text.trim().startsWith('mailto:') ? `mailto:${text.trim()}` : text.trim());
