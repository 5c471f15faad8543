// What is done when the rule fires, and how is that edited?
// A card for each step: deliver to an own URL or to an endpoint, emit an event, invoke an action.
import { Coded, Field, Fold, Icon, html, link, may, useLive } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { CodeEditor } from '../ui/code_editor.js';
import { requestOf } from './backtest.js';
import { Mistakes } from './conditions.js';
import { CHATS, PRESETS, TEMPLATE, isMessage, newKey, step as newStep } from './draft.js';
import { isNumber, isObject } from './json.js';
import { Menu } from './menu.js';

/**
 * @typedef {import('./builder.js').Builder} Builder
 * @typedef {import('./draft.js').Step} Step
 */

/** What a step does, as it is chosen. @param {Step} step */
const doingOf = (step) => (step.does === 'deliver' ? (step.isOwn ? 'deliver' : 'forward') : step.does);

/** @param {{b: Builder}} props */
export function Steps({ b }) {
  const { steps } = b.draft;
  return html`<div class="r-steps">
    ${steps.map((step, place) => html`<${StepCard} key=${step.key} b=${b} step=${step} place=${place} />`)}
    <${Mistakes} of=${b.errorsAt('/then', true)} />
    ${!b.readOnly && steps.length < 10 && html`<div class="r-adders"><button type="button" class="plain" onClick=${() => b.put({ steps: [...steps, newStep()] })}><${Icon} name="plus" />${texts.addStep}</button></div>`}
  </div>`;
}

/** @param {{b: Builder, step: Step, place: number}} props */
function StepCard({ b, step, place }) {
  const { steps } = b.draft;
  const put = (/** @type {Partial<Step>} */ members, /** @type {string | null} */ field = null) => b.put({ steps: steps.with(place, { ...step, ...members }) }, field && `${step.key}/${field}`);
  const choose = (/** @type {string} */ doing) => put({ does: doing === 'forward' ? 'deliver' : /** @type {Step['does']} */ (doing), isOwn: doing !== 'forward', endpoint_id: '' });
  const doing = doingOf(step);
  const move = (/** @type {number} */ by) => b.put({ steps: steps.toSpliced(place, 1).toSpliced(place + by, 0, step) });
  const menu = () => [
    { label: texts.moves.up, off: place === 0, run: () => move(-1) },
    { label: texts.moves.down, off: place === steps.length - 1, run: () => move(1) },
    { label: texts.moves.duplicate, off: steps.length >= 10, run: () => b.put({ steps: steps.toSpliced(place + 1, 0, { ...step, key: newKey(), id: '' }) }) },
    null,
    { label: texts.moves.removeStep, danger: true, run: () => b.put({ steps: steps.toSpliced(place, 1) }) },
  ];
  /** @param {string} member */
  const error = (member) => b.errorsAt(`/then/${place}/${member}`)?.join('; ') ?? null;
  return html`<fieldset class="r-step" disabled=${b.readOnly} data-step=${place}>
    <div class="r-step-head"><span class="number muted">${place + 1}</span>
      <select aria-label=${texts.stepDoes} value=${doing} onChange=${(/** @type {any} */ e) => choose(e.target.value)}>${['deliver', 'forward', 'emit', 'invoke'].map((each) => html`<option key=${each} value=${each}>${texts.doings[each]}</option>`)}</select>
      <span class="spacer"></span>
      ${step.id && step.endpoint_id && (step.does !== 'deliver' || step.isOwn) && html`<a class="plain" href=${link('deliveries', '', { endpoint_id: step.endpoint_id })}>${texts.deliveries}</a>`}
      ${!b.readOnly && html`<${Menu} label=${texts.menuOfStep(place + 1)} items=${menu} />`}</div>
    ${doing === 'deliver' && html`<${Deliver} b=${b} step=${step} put=${put} error=${error} />`}
    ${doing === 'forward' && html`<${Forward} b=${b} step=${step} put=${put} error=${error} />`}
    ${doing === 'emit' && html`<${Field} label=${texts.emitType} hint=${texts.emitHint} error=${error('type')}>${(/** @type {any} */ a) => html`<input type="text" class="mono" ...${a} value=${step.type} list="rule-types" spellcheck=${false} autocomplete="off" placeholder="vip.ticket" onInput=${(/** @type {any} */ e) => put({ type: e.target.value.trim() }, 'type')} />`}<//>`}
    ${doing === 'invoke' && html`<${Invoke} b=${b} step=${step} put=${put} error=${error} />`}
    ${doing !== 'forward' && html`<${Template} b=${b} step=${step} place=${place} put=${put} />
      <${Later} step=${step} put=${put} error=${error} />`}
    <${Mistakes} of=${otherErrors(b, place)} />
  </fieldset>`;
}

/** Refused members of the step that have no field. @param {Builder} b @param {number} place */
function otherErrors(b, place) {
  const shown = ['url', 'preset', 'template', 'data', 'parameters', 'delay_seconds', 'headers', 'type', 'action', 'endpoint_id'];
  return b.errors.filter(({ pointer }) => pointer.startsWith(`/then/${place}/`) && !shown.includes(pointer.split('/')[3])).map(({ pointer, detail }) => `${pointer.split('/').slice(3).join('/')} ${detail}`);
}

/** @param {{b: Builder, step: Step, put: any, error: (member: string) => string | null}} props */
function Deliver({ b, step, put, error }) {
  return html`<div class="r-two">
    <${Field} label=${texts.url} error=${error('url')}>${(/** @type {any} */ a) => html`<input type="url" ...${a} value=${step.url} spellcheck=${false} autocomplete="off" placeholder=${step.preset === 'slack' ? 'https://hooks.slack.com/services/…' : 'https://…'} onInput=${(/** @type {any} */ e) => put({ url: e.target.value.trim() }, 'url')} />`}<//>
    <${Field} label=${texts.preset} error=${error('preset')}>${(/** @type {any} */ a) => html`<select ...${a} value=${step.preset || 'envelope'} onChange=${(/** @type {any} */ e) => put({ preset: e.target.value, template: step.template.trim() === '' && CHATS.has(e.target.value) ? firstMessage(b.looked.event?.document.data) : step.template })}>${PRESETS.map((each) => html`<option key=${each} value=${each}>${texts.presets[each]}</option>`)}</select>`}<//>
  </div>`;
}

/** A message to begin with, of what the event has. @param {any} data */
function firstMessage(data) {
  const members = isObject(data) ? Object.entries(data).filter(([name, value]) => /^[A-Za-z_]\w*$/.test(name) && (isNumber(value) || (typeof value === 'string' && value !== ''))) : [];
  return ['{{ type }}', ...members.slice(0, 2).map(([name]) => `{{ data.${name} | default('') }}`)].join(' ');
}

/** @param {{b: Builder, step: Step, put: any, error: (member: string) => string | null}} props */
function Forward({ b, step, put, error }) {
  const known = b.endpoints.some(({ id }) => id === step.endpoint_id);
  return html`<${Field} label=${texts.endpoint} hint=${texts.forwardHint} error=${error('endpoint_id') ?? error('url')}>${(/** @type {any} */ a) => html`<select ...${a} value=${step.endpoint_id} onChange=${(/** @type {any} */ e) => put({ endpoint_id: e.target.value })}>
    <option value="">${texts.chooseEndpoint}</option>${!known && step.endpoint_id && html`<option value=${step.endpoint_id}>${step.endpoint_id}</option>`}
    ${b.endpoints.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}</select>`}<//>`;
}

/** @param {{b: Builder, step: Step, put: any, error: (member: string) => string | null}} props */
function Invoke({ b, step, put, error }) {
  const actions = useLive('/v1/actions', { workspace_id: b.ws, limit: 250 });
  const rows = actions.data?.data ?? [];
  const choose = (/** @type {string} */ name) => {
    const schema = rows.find((/** @type {any} */ row) => row.name === name)?.parameters;
    // An optional one that the event does not have would be a mistake that nobody made.
    const properties = Object.keys(schema?.properties ?? {}).filter((each) => schema.required?.includes(each) || b.valuesAt(`data.${each}`).length > 0);
    const begun = properties.length > 0 ? `{\n${properties.map((each) => `  ${JSON.stringify(each)}: "{{ data.${each} }}"`).join(',\n')}\n}` : '';
    put({ action: name, template: step.template.trim() === '' ? begun : step.template });
  };
  return html`<${Field} label=${texts.action} hint=${!may('actions') ? html`<span class="warn-text">${texts.mayNotInvoke}</span>` : rows.length === 0 && !actions.loading ? texts.noActions : texts.actionHint} error=${error('action')}>${(/** @type {any} */ a) => html`<select ...${a} value=${step.action} onChange=${(/** @type {any} */ e) => choose(e.target.value)}>
    <option value="">${texts.chooseAction}</option>${step.action && !rows.some((/** @type {any} */ row) => row.name === step.action) && html`<option value=${step.action}>${step.action}</option>`}
    ${rows.map((/** @type {any} */ row) => html`<option key=${row.name} value=${row.name}>${row.title || row.name}</option>`)}</select>`}<//>`;
}

/** What is sent, and what becomes of it for the event that is looked at. @param {{b: Builder, step: Step, place: number, put: any}} props */
function Template({ b, step, place, put }) {
  const member = TEMPLATE[step.does];
  const isChat = CHATS.has(step.preset);
  const at = `/then/${place}/${member}`;
  const errors = b.errors.filter(({ pointer }) => pointer === at || pointer.startsWith(`${at}/`));
  const shown = requestOf(b.draft, place, b.own);
  return html`<div class="r-template" onFocusIn=${(/** @type {any} */ e) => { if (e.target.tagName === 'TEXTAREA') b.aim(e.target); }}>
    <div class="label"><span>${isChat ? texts.message : texts.templates[member]}</span><span class="muted">${isChat ? texts.messageHint : texts.templateHint}</span></div>
    <${CodeEditor} value=${step.template} label=${isChat ? texts.message : texts.templates[member]} errors=${errors} strip=${at} wraps rows=${Math.min(14, Math.max(3, step.template.split('\n').length))} json=${!isMessage(step.template, step.preset)} readOnly=${b.readOnly} change=${(/** @type {string} */ template) => put({ template }, 'template')} />
    ${shown?.request && step.template.trim() !== '' && html`<div class="r-becomes"><span class="muted">${texts.becomes}</span><pre class="mono" tabindex="0" aria-label=${texts.becomes}>${bodyOf(shown.request)}</pre></div>`}
    ${(shown?.request?.undefined?.length ?? 0) > 0 && html`<p class="r-said warn"><${Icon} name="warn" />${texts.undefinedMembers(shown?.request.undefined)}</p>`}
    ${shown?.error && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${shown.error} /></span></p>`}
  </div>`;
}

/** @param {any} request */
const bodyOf = (request) => (request.body.length > 2000 ? `${request.body.slice(0, 2000)}…` : request.body);

/** Delay and headers, folded away until they are needed. @param {{step: Step, put: any, error: (member: string) => string | null}} props */
function Later({ step, put, error }) {
  const isDeliver = step.does === 'deliver';
  const rest = Object.keys(step.rest).filter((name) => step.rest[name] !== null);
  const note = [step.delay_seconds > 0 && texts.delayed(step.delay_seconds), step.headers.length > 0 && texts.headerCount(step.headers.length), rest.length > 0 && rest.join(', ')].filter(Boolean).join(' · ');
  const header = (/** @type {number} */ at, /** @type {any} */ members) => put({ headers: step.headers.with(at, { ...step.headers[at], ...members }) }, `header/${at}`);
  return html`<${Fold} label=${texts.more} note=${note}>
    <${Field} label=${texts.delay} hint=${texts.delayHint} error=${error('delay_seconds')}>${(/** @type {any} */ a) => html`<span class="with-unit"><input type="number" min="0" max="43200" ...${a} value=${step.delay_seconds} onInput=${(/** @type {any} */ e) => put({ delay_seconds: Math.max(0, Math.floor(Number(e.target.value) || 0)) }, 'delay')} /><span class="muted">s</span></span>`}<//>
    ${isDeliver && html`<div class="field"><div class="label">${texts.headers}</div>
      ${step.headers.map(({ key, name, value }, at) => html`<div key=${key} class="r-header-row"><input type="text" class="mono" aria-label=${texts.headerName} placeholder="X-Team" value=${name} onInput=${(/** @type {any} */ e) => header(at, { name: e.target.value.trim() })} /><input type="text" class="mono" aria-label=${texts.headerValue} value=${value} onInput=${(/** @type {any} */ e) => header(at, { value: e.target.value })} /><button type="button" class="icon-button" aria-label=${texts.removeHeader} onClick=${() => put({ headers: step.headers.toSpliced(at, 1) })}><${Icon} name="cross" /></button></div>`)}
      ${error('headers') && html`<p class="error"><${Icon} name="warn" /><span><${Coded} of=${error('headers')} /></span></p>`}
      <button type="button" class="plain" onClick=${() => put({ headers: [...step.headers, { key: newKey(), name: '', value: '' }] })}><${Icon} name="plus" />${texts.addHeader}</button></div>`}
    ${rest.length > 0 && html`<p class="hint">${texts.restHint(rest.join(', '))}</p>`}
  <//>`;
}
