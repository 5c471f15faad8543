// How is the workspace set, and what follows from that?
// Name, retention, limits, signing and strictness with their consequences; switching, making and deleting workspaces.
import {
  CheckField, Facts, Field, FormEnd, Id, Loaded, May, Notice, NumberField, Page, Section, TextField, Time, endpointName, html, link, may, relative, session, useEndpoints, useLive, useMemo,
} from '../shell.js';
import { words } from '../messages/en/settings.js';
import { misfits, numberOrNull, outOfBounds } from '../manage/changes.js';
import { styles } from '../manage/styles.js';
import { withRevision } from '../ui/edit.js';
import { useWorkspaceForm } from '../manage/workspace_form.js';
import { DeleteWorkspace, Workspaces } from '../manage/workspaces.js';

await styles;

/** @param {{ws: string}} props */
export default function Settings({ ws }) {
  const live = useLive(`/v1/workspaces/${ws}`, {}, { read: withRevision });
  return html`<${Page} title=${words.title}><${Loaded} of=${live} rows=${8}>${(/** @type {any} */ workspace) => html`
    <${Form} key=${workspace.id} workspace=${workspace} /><${Workspaces} ws=${ws} />
    ${session.value?.workspace_id === null && html`<${May} scope="workspaces"><${DeleteWorkspace} workspace=${workspace} /><//>`}`}<//><//>`;
}

/** @param {any} w */
const read = (w) => ({ name: w.name, uid: w.uid ?? '', retention_days: w.retention_days, max_endpoints: w.max_endpoints ?? null, max_events_per_day: w.max_events_per_day ?? null, allow_unsigned: w.allow_unsigned, strict: w.strict });
/** @param {Record<string, any>} changes */
const write = (changes) => ({ ...changes, ...('uid' in changes ? { uid: changes.uid.trim() || null } : {}), ...Object.fromEntries(['retention_days', 'max_endpoints', 'max_events_per_day'].filter((name) => name in changes).map((name) => [name, numberOrNull(changes[name])])) });

/** So many are read at most. */
const MOST_ENDPOINTS = 2_000;
const BOUNDS = { retention_days: { least: 1, most: 90, words: words.outOf90 }, max_endpoints: { least: 0, most: null, words: words.notNumber }, max_events_per_day: { least: 0, most: null, words: words.notNumber } };

/** @param {{workspace: any}} props */
function Form({ workspace }) {
  const { form, conflict, discard, restored } = useWorkspaceForm(workspace, read, write, { draft: `workspace.${workspace.id}`, wrong: (changes) => outOfBounds(changes, BOUNDS) });
  const changeable = may('workspaces');
  const known = useEndpoints(workspace.id);
  const endpoints = [...known.values()].filter((e) => !e.rule_id);
  const unsigned = endpoints.filter((e) => e.signature.profile === 'none' && !['slack', 'teams', 'discord', 'email'].includes(e.body));
  const midnight = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
  const counted = workspace.events_today;
  const today = useLive(counted === undefined && may('events:ro') ? '/v1/event-types/counts' : null, { workspace_id: workspace.id, since: midnight });
  const { value } = form;
  const few = value.max_endpoints !== null && value.max_endpoints < endpoints.length;
  return html`<form onSubmit=${form.submit} novalidate>
    ${!changeable && html`<${Notice}>${words.readOnly}<//>`}${restored}
    <fieldset class="settings-set" disabled=${!changeable}>
      <${Section} title=${words.workspace}>
        <${TextField} form=${form} name="name" label=${words.name} />
        ${session.value?.workspace_id === null && html`<${TextField} form=${form} name="uid" label=${words.uid} hint=${words.uidHint} optional />`}
        <div class="below"><${Facts} of=${[[words.id, html`<${Id} id=${workspace.id} />`], [words.created, html`<${Time} whole at=${workspace.created_at} />`]]} /></div><//>
      <${Section} title=${words.keep}><${NumberField} form=${form} name="retention_days" label=${words.retention} hint=${words.retentionHint} unit=${words.days} min="1" max="90" />
        ${value.retention_days > 0 && value.retention_days < workspace.retention_days && html`<p class="warn-text hint-line">${words.shorter(value.retention_days)}</p>`}<//>
      <${Section} title=${words.limits}>
        <${NumberField} form=${form} name="max_endpoints" label=${words.maxEndpoints} min="0" hint=${words.maxEndpointsHint(endpoints.length > 0 ? words.endpointsNow(endpoints.length, known.size >= MOST_ENDPOINTS) : '')} />
        ${few && html`<p class="warn-text hint-line">${words.tooFew(endpoints.length)}</p>`}
        <${NumberField} form=${form} name="max_events_per_day" label=${words.maxEvents} hint=${words.maxEventsHint(counted !== undefined ? words.counted(counted, workspace.max_events_per_day) : today.data ? words.eventsToday(today.data.events, today.data.at_least) : '')} unit=${words.aDay} min="0" />
        ${value.max_events_per_day === 0 && html`<p class="warn-text hint-line">${words.noEvents}</p>`}
        ${counted >= value.max_events_per_day && value.max_events_per_day > 0 && html`<p class="warn-text hint-line">${words.usedUp}</p>`}<//>
      <${Section} title=${words.signing}><${CheckField} form=${form} name="allow_unsigned" label=${words.unsigned} hint=${html`${words.unsignedHint}${unsigned.length > 0 && ` ${words.unsignedNow(unsigned.length)}`}`} />
        ${!value.allow_unsigned && unsigned.length > 0 && html`<p class="warn-text hint-line">${words.unsignedStay} ${unsigned.slice(0, 5).map((e, n) => html`${n > 0 && ', '}<a key=${e.id} href=${link('endpoints', e.id, { tab: 'settings' })}><bdi>${endpointName(e)}</bdi></a>`)}${unsigned.length > 5 && ' …'}</p>`}<//>
      <${Section} title=${words.strict}><p class="muted prose-line">${words.strictHint}</p><${Strictness} ws=${workspace.id} form=${form} /><//>
    </fieldset>
    ${conflict}
    ${changeable && !conflict && html`<${FormEnd} form=${form} save=${words.save} shown=${['/name', '/uid', '/retention_days', '/max_endpoints', '/max_events_per_day', '/allow_unsigned', '/strict']}>${discard}<//>`}
  </form>`;
}

/** Three ways, each with what follows, in the counts of the last days. @param {{ws: string, form: any}} props */
function Strictness({ ws, form }) {
  const reads = may('events:ro');
  const counted = useLive(reads ? '/v1/event-types/mismatches' : null, { workspace_id: ws });
  const since = useMemo(() => new Date(Math.floor(Date.now() / 60_000) * 60_000 - 7 * 86_400_000).toISOString(), []);
  const seen = useLive(reads ? '/v1/event-types/counts' : null, { workspace_id: ws, since });
  const { value } = form;
  /** @type {any[]} what would be refused: as counted, else by the types of last week's newest events */
  const rows = counted.data?.data.length ? counted.data.data : (seen.data?.data ?? []).filter((/** @type {any} */ row) => row.misfit).map((/** @type {any} */ row) => ({ name: row.name, [row.misfit]: row.count }));
  return html`<${Field} label=${html`<span class="hidden">${words.strict}</span>`} error=${form.error('/strict')}>${(/** @type {any} */ a) => html`<div class="choices-lines" role="radiogroup" id=${a.id} aria-label=${words.strict}>
    ${words.strictness.map(([name, word, then]) => html`<label key=${name} class="choice-line"><input type="radio" name="strict" value=${name} checked=${value.strict === name} onChange=${() => form.set({ strict: name })} />
      <span><strong>${word}</strong><span class="muted">${then}</span>${name === 'refuse' && reads && html`<span class=${value.strict === 'refuse' ? 'warn-text' : 'muted'}>${counted.data && seen.data ? consequence(counted.data, seen.data) : '\u00a0'}</span>`}</span></label>`)}
  </div>`}<//>
  ${rows.length > 0 && html`<ul class="misfits">${rows.slice(0, 5).map((row) => html`<li key=${row.name}><a class="mono" href=${row.undescribed ? link('catalogue', '', { tab: 'seen' }) : link('catalogue', row.name)}>${row.name}</a> <span class="muted">${Object.keys(words.reasons).filter((reason) => row[reason] > 0).map((reason) => words.reasons[reason](row[reason])).join(', ')}</span></li>`)}</ul>`}`;
}

/** What refusing would have done: from what was counted, else from the types of last week's newest events. @param {any} counted @param {any} seen */
function consequence(counted, seen) {
  const { total, since } = misfits(counted.data);
  if (total > 0 && since) return words.wouldRefuse(total, relative(since));
  if (seen.events === 0) return words.noneCounted;
  const refused = seen.data.filter((/** @type {any} */ row) => row.misfit);
  const of = words.ofWeek(seen.events, seen.at_least ? relative(seen.back_to) : '');
  return refused.length ? words.undescribed(refused.reduce((/** @type {number} */ n, /** @type {any} */ row) => n + row.count, 0), of, refused.length) : words.allDescribed(of);
}
