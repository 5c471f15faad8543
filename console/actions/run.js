// What would be sent, and what came of it?
// The form beside the exact request; what is destructive is shown first and carried out by a second step.
import { Field, FormEnd, Icon, Notice, Section, call, html, link, may, newKey, session, useClock, useForm, useMemo, useState } from '../shell.js';
import { ReceivedAnswer, SentRequest } from '../endpoint/http.js';
import { FieldsTable } from '../catalogue/fields_table.js';
import { sheet } from '../ui/sheet.js';
import { words } from '../messages/en/actions.js';
import { Outcome } from './invocation.js';
import { Parameters, startTyped, textOf } from './parameters.js';
import { confirms, hasRole } from './tools.js';
import { Raw, write } from '../ui/raw_json.js';

await sheet(new URL('../catalogue/catalogue.css', import.meta.url));

/** @param {{ws: string, action: any, path: string}} props */
export default function Run({ ws, action, path }) {
  const scope = may('actions');
  const role = hasRole(action, session.value?.roles ?? []);
  if (!scope || !role) {
    return html`<${Notice} actions=${may('admin:ro') && html`<a class="button small" href=${link('keys')}>${words.toKeys}</a>`}><strong>${words.mayNot}.</strong> ${scope ? words.mayNotRole(action.roles.join(', ') || '–') : words.mayNotScope}<p>${words.mayNotHint}</p><//>
      <${Section} title=${words.parameters}>${Object.keys(action.parameters?.properties ?? {}).length ? html`<${FieldsTable} schema=${action.parameters} />` : html`<p class="muted">${words.noParameters}</p>`}<//>`;
  }
  return html`<${Invoke} key=${action.name} ws=${ws} action=${action} path=${path} />`;
}

/** @param {{ws: string, action: any, path: string}} props */
function Invoke({ ws, action, path }) {
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const start = useMemo(() => ({ parameters: startTyped(action.parameters), actor: '', key: newKey() }), []);
  const body = (/** @type {any} */ value) => ({ workspace_id: ws, parameters: new Raw(textOf(action.parameters, value.parameters)), actor: value.actor.trim() || undefined });
  const form = useForm(start, async (value) => send(value, {}), { draft: `invoke.${action.endpoint_id}` });
  const send = async (/** @type {any} */ value, /** @type {any} */ more) => {
    const asked = write(body(value));
    const { data, headers } = await call('POST', `${path}/invoke`, { key: value.key.trim() || newKey(), body: write({ ...body(value), ...more }) });
    const sent = Boolean(data.id);
    setShown({ data, asked, value, replayed: headers.get('idempotency-replayed') === 'true' });
    if (sent) form.set({ key: newKey() });
  };
  const other = useForm({}, async () => send(form.value, { dry_run: true }));
  const confirmed = useForm({}, async () => send(shown.value, { confirmation: shown.data.confirmation }));
  const problem = other.problem ?? form.problem;
  const clear = (/** @type {any} */ f) => { if (f.problem) f.reset(); };
  const asks = confirms(action);
  const dry = async () => { setShown(null); await other.submit(); };
  const both = { ...form, problem, error: (/** @type {string} */ p) => problem?.at(p) ?? null };
  const onSubmit = async (/** @type {Event} */ e) => { setShown(null); clear(other); await form.submit(e); };
  return html`<div class="beside">
    <form onSubmit=${onSubmit} novalidate>
      <${Parameters} schema=${action.parameters} value=${form.value.parameters} change=${(/** @type {any} */ parameters) => form.set({ parameters })} errors=${problem?.errors} />
      <${Field} label=${words.actor} hint=${words.actorHint} optional error=${problem?.at('/actor')}>${(/** @type {any} */ a) => html`<input type="text" autocomplete="off" spellcheck=${false} ...${a} value=${form.value.actor} onInput=${(/** @type {any} */ e) => form.set({ actor: e.target.value })} />`}<//>
      ${action.effect !== 'read' && html`<${Field} label=${words.key} hint=${words.keyHint} error=${problem?.at('Idempotency-Key')} side=${html`<button type="button" class="plain" onClick=${() => form.set({ key: newKey() })}>${words.newKey}</button>`}>${(/** @type {any} */ a) => html`<input type="text" class="mono" autocomplete="off" spellcheck=${false} ...${a} value=${form.value.key} onInput=${(/** @type {any} */ e) => form.set({ key: e.target.value })} />`}<//>`}
      <${FormEnd} form=${both} save=${asks ? words.runAsk : words.run} shown=${shownOf(problem, action.parameters, form.value.parameters)}><button type="button" class="button" disabled=${other.saving} onClick=${dry}>${words.dryRun}</button><//>
    </form>
    <section class="preview" aria-label=${words.result} aria-live="polite">${shown ? html`<${Shown} of=${shown} isCurrent=${shown.asked === write(body(form.value))} confirmed=${confirmed} leave=${() => setShown(null)} action=${action} />` : html`<div class="preview-head"><h2>${words.exactRequest}</h2></div><p class="muted">${words.resultPlace}</p>`}</section>
  </div>`;
}

/** Pointers that stand beside a field. @param {any} problem @param {any} schema @param {import('./parameters.js').Typed} value */
const shownOf = (problem, schema, value) => (problem?.errors ?? []).map((/** @type {any} */ e) => e.pointer).filter((/** @type {string} */ p) => p === '/actor' || p === 'Idempotency-Key' || (p.startsWith('/parameters') && (value.json !== null || Object.hasOwn(schema?.properties ?? {}, p.split('/')[2] ?? ''))));

/** @param {{of: any, isCurrent: boolean, confirmed: import('../ui/form.js').Form, leave: () => void, action: any}} props */
function Shown({ of, isCurrent, confirmed, leave, action }) {
  const { data } = of;
  const now = useClock(1000);
  if (data.id) {
    const last = data.attempt_log?.at(-1);
    return html`<div class="preview-head"><h2>${words.result}</h2></div><${Outcome} of=${data} replayed=${of.replayed}><p><a href=${link('actions', action.name, { tab: 'log', invocation: data.id })}>${words.openInvocation}</a></p><//>
      ${last && html`<h3>${words.response}</h3><${ReceivedAnswer} of=${data.response ? { ...last.response, ...data.response } : last.response} ms=${last.duration_ms} error=${last.error ? last.error.replaceAll('_', ' ') : undefined} /><p class="hint">${words.dataNotInstructions}</p><h3>${words.request}</h3><${SentRequest} of=${last.request} />`}`;
  }
  const asks = data.status === 'needs_confirmation';
  const left = asks ? Date.parse(data.expires_at) - now : 0;
  return html`<div class="preview-head"><h2>${asks ? words.confirmTitle : words.shownTitle}</h2></div>
    <p class="hint">${asks ? words.confirmHint : words.shownHint}</p>
    <${SentRequest} of=${data.request} />
    ${data.request.undefined?.length > 0 && html`<${Notice} tone="warn">${words.undefinedMembers(data.request.undefined)}<//>`}
    ${asks && html`<form class="confirm-box" onSubmit=${confirmed.submit}>
      ${!isCurrent ? html`<${Notice} tone="warn">${words.changed}<//>` : html`<p class="notice warn"><${Icon} name="clock" /><span>${left > 0 ? words.holds(left) : words.ended}</span></p>`}
      ${confirmed.problem && html`<${Notice} tone="bad">${confirmed.problem.message}<//>`}
      <div class="row below"><button class=${`button ${action.effect === 'destructive' ? 'danger' : 'primary'}`} disabled=${!isCurrent || left <= 0 || confirmed.saving}>${confirmed.saving ? words.working : words.carryOut}</button><button type="button" class="button" onClick=${leave}>${words.give}</button></div></form>`}`;
}
