// Does the event beside meet the filter, and which conditions could it have?
// Each condition with a tick or a cross and the value found; values of the event as conditions by one click.
import { Icon, html, useMemo } from '../shell.js';
import { words } from '../messages/en/endpoint_form.js';
import { conditionsOf, leaves, withCondition } from './conditions.js';

const OFFERED = 8;

/** @param {{filter: string, why: any[]|null}} props `why`: the rules of the server's answer */
export function FilterVerdict({ filter, why }) {
  const rule = why?.find((r) => r.rule === 'filter');
  if (!filter.trim() || !rule) return null;
  let conditions = /** @type {{words: string}[]} */ ([]);
  try { conditions = conditionsOf(JSON.parse(filter)); } catch { return null; }
  const named = conditions.length === rule.conditions.length;
  return html`<div class="verdict" role="status"><p class=${rule.passed ? 'good-text' : 'bad-text'}><${Icon} name=${rule.passed ? 'check' : 'cross'} /> ${rule.passed ? words.passes : words.misses}</p>
    <ul>${rule.conditions.map((/** @type {any} */ c, /** @type {number} */ n) => html`<li key=${n}><${Icon} name=${c.held ? 'check' : 'cross'} class=${c.held ? 'good-text' : 'bad-text'} /><span><code>${named ? conditions[n].words : c.pointer || '/'}</code> <span class="muted">${words.found(c.found)}${c.reason ? `, ${words.reasons[c.reason] ?? c.reason}` : ''}</span></span></li>`)}</ul></div>`;
}

/** @param {{data: string, filter: string, change: (filter: string) => void}} props */
export function SampleConditions({ data, filter, change }) {
  const values = useMemo(() => { try { return leaves(JSON.parse(data), OFFERED); } catch { return []; } }, [data]);
  if (values.length === 0) return null;
  return html`<p class="hint">${words.fromSample}</p><ul class="chips">${values.map(([path, value]) => html`<li key=${path}><button type="button" class="button small" onClick=${() => { const next = withCondition(filter, path, value); if (next !== null) change(next); }}><${Icon} name="plus" /><span class="mono">${path}</span></button></li>`)}</ul>`;
}
