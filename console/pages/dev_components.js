// Does every part look right in every state?
// A page for authors of pages, reachable by its address only: /console/{ws}/dev_components.
import {
  Badge, Bars, BeyondRetention, CheckField, ChoiceFilter, Confirm, Copy, Empty, Erased, Facts, Failed, Field, Filters, Fold, Forbidden, FormEnd, Fresh, Icon, Id, Loading, NoMatch, Notice, NumberField, Opens, Outcome, Page, Pager, Partial, Problem,
  AreaField, Section, Segments, SelectField, SelectionBar, Sparkline, Stale, Status, StatusFilter, Switch, Table, Tabs, TextField, TextFilter, Time, TimeFilter, Url, fill, html, messages, signal, toast, useForm, useState,
} from '../shell.js';
import { CodeEditor } from '../ui/code_editor.js';
import { JsonTree } from '../ui/json_tree.js';

const LONG = 'https://hooks.example.com/a/very/long/path/that/does/not/fit/into/any/column/of/a/table?with=a&query=too';
const PROBLEM = new Problem(422, { code: 'invalid_request', title: 'Invalid request', detail: '/url: address not allowed; /timeout_seconds: must be 1 to 30', request_id: 'req_affd73f15ac25406aebacf84', errors: [{ pointer: '/url', detail: 'address not allowed' }, { pointer: '/timeout_seconds', detail: 'must be 1 to 30' }] }, null);
const BROKEN = new Problem(500, { title: 'Internal error', detail: 'Posthorn failed. Repeat the request.', request_id: 'req_affd73f15ac25406aebacf84' }, null);
const JSON_TEXT = JSON.stringify({ id: 'evt_01M7Z294KETHNPJB3QG0VDG1JA', amount: 4200, exact: 0.1, paid: true, note: null, name: 'شركة النور', html: '</script><b>bold</b>', empty: {}, none: [], lines: Array.from({ length: 250 }, (_, n) => ({ sku: `SKU-${n}`, price: n * 1.5 })) }).replace('0.1', '12345678901234567890.100');
const BUCKETS = fill([...Array(22).keys()].map((n) => ({ at: new Date(Math.floor(Date.now() / 3.6e6) * 3.6e6 - n * 3.6e6).toISOString(), delivered: (n * 37) % 90, failed: n % 7 === 3 ? 12 : 0 })));
const ROWS = ['delivered', 'retrying', 'parked', 'failed', 'cancelled', 'pending', 'skipped'].map((status, n) => ({ id: `wd_01M7Z294KEZCHAZHKHD9R5A5S${n}`, status, type: n === 3 ? 'a.very.long.event.type.name.that.somebody.has.made.up.because.names.may.have.256.characters' : 'invoice.paid', url: n % 2 ? LONG : 'https://example.com/', attempts: n, at: new Date(Date.now() - n * 3.1e6).toISOString(), more: ['', 'in 4 min 12 s', 'endpoint failing', '', 'endpoint deleted', '', 'filter'][n] }));
const chosen = signal(new Set([ROWS[1].id]));

export default function Components() {
  const [text, setText] = useState('{\n  "amount": 4200,\n  "currency": "EUR",\n}');
  const [view, setView] = useState('a');
  const [on, setOn] = useState(true);
  const form = useForm({ url: 'https://10.0.0.1/', timeout_seconds: 60, description: '', preset: 'b', active: true }, async () => { throw PROBLEM; });
  const list = { next: 'x', previous: 'y', rows: ROWS, fresh: 3, showFresh() { toast('Shown'); } };
  const live = /** @type {any} */ ({ stale: true, updatedAt: Date.now() - 40_000, refresh() {} });
  return html`<${Page} title="Components" crumbs=${[['Overview', '?']]} note="Every part of the shell, in every state." actions=${html`<button class="button">Second</button><button class="button primary">First</button>`}>
    <${Tabs} label="Parts" tabs=${[['one', 'Overview'], ['two', 'Deliveries'], ['three', 'Settings']]} />
    <${Section} title="Status"><div class="row">${Object.keys(messages.status).map((s) => html`<${Status} key=${s} of=${s} />`)}</div>
      <p class="row"><${Badge}>draft<//><${Badge} tone="good">new<//><${Badge} tone="warn">deprecated<//><${Badge} tone="bad">expired<//><${Outcome} status=${200} /><${Outcome} status=${500} error="http_status" /><${Outcome} error="connection_refused" /></p><//>
    <${Section} title="Buttons and values"><div class="row"><button class="button primary">Save</button><button class="button">Cancel</button><button class="button danger">Delete</button><button class="button danger-text">Delete</button><button class="button" disabled>Disabled</button><button class="button primary" disabled>Saving…</button><button class="button small">Small</button><button class="plain">Plain</button><${Switch} on=${on} label="On" change=${setOn} /><${Switch} on=${!on} label="Off" change=${() => setOn(!on)} /><${Segments} label="View" value=${view} change=${setView} options=${[['a', 'Tree'], ['b', 'Text']]} /></div>
      <p class="row"><${Id} id=${ROWS[0].id} href="?" /><${Time} at=${ROWS[0].at} /><${Time} at=${ROWS[5].at} /><${Copy} text="x" words="Copy as curl" /><kbd>g</kbd><kbd>d</kbd><code>invoice.paid</code></p><${Url} url=${LONG} copy />
      <${Facts} of=${[['Status', html`<${Status} of="delivered" />`], ['Event', html`<${Id} id=${ROWS[0].id} />`], ['Attempts', '3'], ['Took', '120 ms']]} /><//>
    <${Section} title="Table"><${Filters} names=${['status', 'q', 'period', 'type']}><${TextFilter} name="q" label="Search" /><${StatusFilter} of=${ROWS.map((r) => r.status)} /><${ChoiceFilter} name="type" label="Type" options=${[['a', 'invoice.paid'], ['b', 'order.created']]} /><${TimeFilter} /><//>
      <${Fresh} list=${list} /><${Table} label="Deliveries" rows=${ROWS} selection=${chosen} group=${(/** @type {any} */ r) => (r.attempts < 4 ? 'Today' : 'Yesterday')} href=${() => '?row=1'} columns=${[
    { head: 'Time', width: '112px', cell: (/** @type {any} */ r) => html`<${Time} at=${r.at} />` }, { head: 'Status', width: '208px', cell: (/** @type {any} */ r) => html`<${Status} of=${r.status}>${r.more}<//>` }, { head: 'Event type', main: true, cell: (/** @type {any} */ r) => r.type },
    { head: 'Endpoint', cell: (/** @type {any} */ r) => html`<${Url} url=${r.url} />` }, { head: 'Attempts', width: '88px', align: 'right', cell: (/** @type {any} */ r) => r.attempts }, { head: 'Last day', width: '120px', phone: 'hide', cell: () => html`<${Sparkline} data=${BUCKETS} />` }, { head: 'Id', width: '148px', phone: 'hide', narrow: 'hide', cell: (/** @type {any} */ r) => html`<${Id} id=${r.id} />` },
  ]} /><${Pager} list=${list} /><${SelectionBar} selection=${chosen}><button class="button small">Replay</button><//><//>
    <${Section} title="Chart"><${Bars} data=${BUCKETS} label="Last day" /><//>
    <${Section} title="Form"><form onSubmit=${form.submit}><${TextField} form=${form} name="url" label="URL" hint="Where deliveries go." /><${NumberField} form=${form} name="timeout_seconds" label="Timeout" unit="seconds" /><${AreaField} form=${form} name="description" label="Description" optional /><${SelectField} form=${form} name="preset" label="Retries" options=${[['a', 'Default'], ['b', 'Three tries']]} /><${CheckField} form=${form} name="active" label="Active" hint="Off: deliveries stop, nothing is deleted." />
      <${Field} label="Own control" error="must be a colour">${(/** @type {any} */ a) => html`<input ...${a} type="text" value="#12345" />`}<//><${FormEnd} form=${form} shown=${['/url', '/timeout_seconds']} cancel=${() => form.reset()} /></form><//>
    <${Section} title="JSON"><div class="columns"><${JsonTree} text=${JSON_TEXT} root="data" /><${CodeEditor} label="Payload" value=${text} change=${setText} errors=${[{ pointer: '/data/currency', detail: 'must be one of EUR, USD' }]} strip="/data" /></div><//>
    <${Section} title="Dialogs"><div class="row"><${Opens} label="Ask">${(/** @type {() => void} */ close) => html`<${Confirm} title="Rotate the secret?" confirm="Rotate" close=${close} run=${async () => toast('Rotated')}><p>The old secret works for one more day.</p><//>`}<//>
      <${Opens} class="button danger-text" label="Ask by typing">${(/** @type {() => void} */ close) => html`<${Confirm} danger title="Delete Production billing?" type="Production billing" confirm="Delete" close=${close} run=${async () => { throw PROBLEM; }}><p>Its 12 parked deliveries are cancelled. This cannot be undone.</p><//>`}<//>
      <button class="button" onClick=${() => toast('Endpoint paused', { action: { label: 'Undo', run() {} } })}>Toast</button><button class="button" onClick=${() => toast('The server could not be reached.', { kind: 'failed' })}>Failure</button></div>
      <${Fold} label="Retry, limits, signature" note="defaults">Folded content<//><//>
    <${Section} title="Notices"><${Notice}>The catalogue changes for all workspaces.<//><${Notice} tone="good">Nothing needs you.<//><${Notice} tone="warn" actions=${html`<button class="button small">Open</button>`}>The quota is used to 84 %.<//><${Notice} tone="bad">The certificate is not trusted.<//><${Partial} looked="2,000 events" backTo=${ROWS[3].at} /><${Erased} at=${ROWS[2].at} /><${Stale} live=${live} /><//>
    <${Section} title="States"><${Loading} rows=${3} /><${Empty} title="No deliveries yet" actions=${html`<button class="button primary">Send an event</button>`}>Deliveries appear here as soon as an event is sent to an endpoint.<//><${NoMatch} what="deliveries" filters=${{ status: 'status', q: 'text' }} /><${Failed} problem=${BROKEN} retry=${() => {}} /><${Forbidden} scope="deliveries:ro" /><${BeyondRetention} days=${30} /><div class="row"><${Icon} name="info" label="Icon" /></div><//>
  <//>`;
}
