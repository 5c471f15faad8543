// Which event types can be chosen?
// What the catalogue describes and, before them, the families that at least two of them form.
import { useLive, useMemo } from '../../shell.js';

/**
 * Types and families by name, each family before its members.
 * @param {string[]} names @returns {string[]}
 */
export function withFamilies(names) {
  const members = new Map();
  for (const name of names) {
    const parts = name.split('.');
    for (let n = 1; n < parts.length; n++) {
      const family = parts.slice(0, n).join('.');
      members.set(family, (members.get(family) ?? 0) + 1);
    }
  }
  const families = [...members].filter(([, n]) => n > 1).map(([family]) => `${family}.*`);
  // `invoice.*` sorts before `invoice.paid`.
  return [...new Set([...names, ...families])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The options of a filter by type. @param {string} _ws @returns {[string, string][]} */
export function useEventTypes(_ws) {
  const live = useLive('/v1/event-types');
  return useMemo(() => withFamilies((live.data?.data ?? []).map((/** @type {any} */ type) => type.name)).map((name) => [name, name]), [live.data]);
}
