// Who listens to an event type?
// Pure: endpoints whose wants let it pass and rules whose `when` names it, as the server matches patterns.
import { covers } from '../endpoint/types.js';

/** None named means every type, except those of Posthorn itself. @param {string[]|undefined} patterns @param {string} type */
export const wantsType = (patterns, type) => (!patterns?.length ? !type.startsWith('posthorn.') : patterns.some((p) => covers(p, type)));

/** @param {any[]} endpoints @param {string} type */
export const listening = (endpoints, type) => endpoints.filter((e) => wantsType(e.events, type));
/** @param {any[]} rules @param {string} type */
export const ruled = (rules, type) => rules.filter((r) => wantsType(r.when?.events, type));

/** Event types under their groups, those without one last. @param {any[]} types @returns {[string, any[]][]} */
export function grouped(types) {
  const groups = new Map(/** @type {[string, any[]][]} */ ([]));
  for (const type of types) groups.set(type.group ?? '', [...(groups.get(type.group ?? '') ?? []), type]);
  return [...groups].sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a.localeCompare(b)));
}
