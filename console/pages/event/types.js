// Which event types can be chosen?
// What the catalogue describes and, before them, the families that at least two of them form.
import { ChoiceFilter, html, useLive, useMemo, useState } from '../../shell.js';

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

/** The filter by type; the catalogue is loaded when it is opened. @param {{label: string}} props */
export function TypeFilter({ label }) {
  const [opened, setOpened] = useState(false);
  const live = useLive(opened ? '/v1/event-types' : null);
  const options = useMemo(() => withFamilies((live.data?.data ?? []).map((/** @type {any} */ type) => type.name)).map((name) => [name, name]), [live.data]);
  return html`<${ChoiceFilter} name="event_type" label=${label} several free options=${options} onOpen=${() => setOpened(true)} />`;
}
