// What is this event, and what became of it at every endpoint?
// The ledger first: each endpoint with its delivery or the reason why it has none; then the payload as a tree.
import { Confirm, Erased, Facts, Id, Loaded, May, Opens, Page, Section, Time, html, link, may, remove, route, signal, size, textOf, toast, useEndpoints, useKeys, useLive, useMemo, useState } from '../shell.js';
import { words } from '../messages/en/events.js';
import { JsonTree } from '../ui/json_tree.js';
import { memberText } from '../ui/json_text.js';
import { useDerived } from './event/derived.js';
import { Missing } from './delivery/missing.js';
import { Ledger } from './event/ledger.js';
import { styles } from './delivery/styles.js';

await styles;

/** @param {{ws: string, id: string}} props */
export default function Event({ ws, id }) {
  const live = useLive(`/v1/events/${id}`, { workspace_id: ws }, { read: textOf });
  const event = useMemo(() => (live.data ? JSON.parse(live.data) : null), [live.data]);
  const data = useMemo(() => (live.data ? memberText(live.data, 'data') : null), [live.data]);
  const endpoints = useEndpoints(ws);
  const sendTo = useMemo(() => signal(/** @type {string[]|null} */ (null)), [id]);
  const [rows, setRows] = useState(/** @type {any[]} */ ([]));
  const derived = useDerived(ws, rows, endpoints);
  const [turn, setTurn] = useState(0);
  // The payload comes below the ledger, which would push it down.
  const [ready, setReady] = useState(false);
  const canSend = event && may('deliveries') && !event.erased_at;
  useKeys({ ...(canSend ? { r: [words.replay, () => { sendTo.value = []; }] } : {}) });
  const erased = () => { live.refresh(); setTurn(turn + 1); };
  return html`<${Page} title=${event?.type ?? words.event} heading=${event && html`<bdi>${event.type}</bdi>`} crumbs=${[[words.title, link('events')]]}
    actions=${event && !event.erased_at && html`<${Actions} ws=${ws} event=${event} rows=${rows} derived=${derived} replay=${() => { sendTo.value = []; }} erased=${erased} />`}>
    ${live.error?.status === 404 ? html`<${Missing} ws=${ws} id=${id} />` : html`<${Loaded} of=${live} rows=${8}>${() => event && html`
      <${Facts} of=${facts(event, derived)} />
      <${Section} title=${words.ledger} note=${words.ledgerNote(...counts(event, rows))}>
        <${Ledger} key=${turn} ws=${ws} event=${event} endpoints=${endpoints} sendTo=${sendTo} onRows=${setRows} onLoaded=${() => setReady(true)} />
      <//>
      ${ready && html`<${Section} title=${words.payload} note=${data !== null && !event.erased_at ? size(new Blob([data]).size) : undefined}>
        ${event.erased_at ? html`<${Erased} at=${event.erased_at} />` : data !== null && html`<${JsonTree} text=${data} root="data" label=${words.payload} />`}
      <//>`}`}<//>`}
  <//>`;
}

/** Deliveries and skipped endpoints; those that were skipped may have got it by hand since. @param {any} event @param {any[]} rows @returns {[number, number]} */
function counts(event, rows) {
  if (rows.length < event.deliveries + event.skipped) return [event.deliveries, event.skipped];
  const skipped = rows.filter((row) => row.status === 'skipped').length;
  return [rows.length - skipped, skipped];
}

/** Links to events by their types. @param {{id: string, type: string}[]} of */
const Links = (of) => of.map(({ id, type }) => html`<a key=${id} class="break" href=${link('events', id)}>${type}</a> `);

/** @param {any} e @param {{id: string, type: string}[]} derived @returns {[string, any][]} */
const facts = (e, derived) => [
  [words.facts.accepted, html`<${Time} whole at=${e.created_at} />`],
  // An event without a time of its own happened when it was accepted.
  [words.facts.occurred, Math.abs(Date.parse(e.occurred_at) - Date.parse(e.created_at)) > 1000 && html`<${Time} whole at=${e.occurred_at} />`],
  [words.facts.due, e.deliver_at ? html`<${Time} whole at=${e.deliver_at} />` : false],
  [words.facts.channels, e.channels.length > 0 && html`<bdi>${e.channels.join(', ')}</bdi>`],
  [words.facts.causedBy, e.caused_by ? html`<${Id} id=${e.caused_by.event_id} href=${link('events', e.caused_by.event_id)} />` : false],
  [words.facts.derived, derived.length > 0 && Links(derived)],
  [words.facts.uid, e.uid ? html`<span class="mono break">${e.uid}</span>` : false],
  [words.facts.id, html`<${Id} id=${e.id} />`],
];

/** @param {{ws: string, event: any, rows: any[], derived: {id: string, type: string}[], replay: () => void, erased: () => void}} props */
function Actions({ ws, event, rows, derived, replay, erased }) {
  const waiting = () => rows.filter((row) => ['pending', 'retrying', 'parked'].includes(row.status)).length;
  const erase = async () => {
    await remove(`/v1/events/${event.id}/data`, { query: { workspace_id: ws } });
    toast(words.erased);
    erased();
  };
  return html`
    <${May} scope="events">${route.value.app === 'console' && html`<${Opens} class="button danger-text" label=${words.erase}>${(/** @type {() => void} */ close) => html`<${Confirm} danger title=${words.eraseTitle} type=${event.type} confirm=${words.erase} close=${close} run=${erase}>
      <p>${words.eraseWords}</p>${waiting() > 0 && html`<p>${words.eraseWaiting(waiting())}</p>`}${derived.length > 0 && html`<p>${words.eraseDerived(derived.length)} ${Links(derived)}</p>`}<//>`}<//>`}<//>
    <${May} scope="deliveries"><button class="button" onClick=${replay}>${words.replay}</button><//>`;
}
