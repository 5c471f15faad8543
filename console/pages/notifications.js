// Who is told when an endpoint fails, and how?
// Notifications of people, programs that listen, and the four operational events with who hears of each.
import { Badge, Empty, EndpointStatus, Loaded, May, Page, Problem, Section, Status, Table, endpointName, get, html, link, may, navigate, post, signal, toast, useLive, useState } from '../shell.js';
import { words } from '../messages/en/notifications.js';
import { NewNotification } from '../manage/notification_new.js';
import { TYPES, hears, isNotification, whereOf } from '../manage/notifications.js';
import { styles } from '../manage/styles.js';

await styles;

/** What the last test of an endpoint was refused with; a test counts nowhere else. */
const refused = signal(/** @type {Record<string, string>} */ ({}));

const NAMES = Object.fromEntries(words.services);

/** @param {{ws: string}} props */
export default function Notifications({ ws }) {
  const live = useLive('/v1/webhook-endpoints', { workspace_id: ws, limit: 250 }, { every: 15_000 });
  const [asks, setAsks] = useState(false);
  const button = html`<${May} scope="webhooks"><button class="button primary" onClick=${() => setAsks(true)}>${words.new}</button><//>`;
  return html`<${Page} title=${words.title} note=${words.note} actions=${button}>
    <${Loaded} of=${live}>${(/** @type {any} */ page) => html`<${Lists} endpoints=${page.data} button=${button} refresh=${live.refresh} />`}<//>
    ${asks && html`<${NewNotification} ws=${ws} close=${() => setAsks(false)} done=${live.refresh} />`}
  <//>`;
}

/** @param {{endpoints: any[], button: any, refresh: () => Promise<void>}} props */
function Lists({ endpoints, button, refresh }) {
  const people = endpoints.filter(isNotification);
  const programs = endpoints.filter((e) => !isNotification(e) && hears(e).length > 0);
  return html`
    ${people.length === 0 ? html`<${Empty} title=${words.none} actions=${button}>${words.noneHint}<//>` : html`<${Section} title=${words.told}><${List} label=${words.told} rows=${people} refresh=${refresh} /><//>`}
    ${programs.length > 0 && html`<${Section} title=${words.programs} note=${words.programsHint}><${List} label=${words.programs} rows=${programs} refresh=${refresh} /><//>`}
    <${Section} title=${words.events} note=${words.eventsHint}><ul class="work-list told">${words.types.map(([type, word, when]) => {
    const who = [...people, ...programs].filter((e) => hears(e).includes(type));
    return html`<li key=${type}><div class="what"><span class="told-word">${word}</span><p>${when} · <span class="mono">${type}</span></p></div><span class="cut told-who">${who.length === 0 ? html`<span class="muted">${words.nobody}</span>` : who.map((e, n) => html`${n > 0 && ', '}<a key=${e.id} href=${link('endpoints', e.id)}><bdi>${nameOf(e)}</bdi></a>`)}</span></li>`;
  })}</ul>
      <p class="muted">${words.listenHint} <${May} scope="webhooks"><a href=${link('endpoints', 'new')}>${words.listen}</a><//></p><//>`;
}

/** @param {any} endpoint */
const nameOf = (endpoint) => endpoint.description || (endpoint.body === 'email' ? whereOf(endpoint) : NAMES[endpoint.body]) || endpointName(endpoint);

/** @param {{label: string, rows: any[], refresh: () => Promise<void>}} props */
const List = ({ label, rows, refresh }) => html`<${Table} label=${label} rows=${rows} href=${(/** @type {any} */ e) => link('endpoints', e.id)} columns=${[
  { head: words.how, width: '104px', cell: (/** @type {any} */ e) => NAMES[e.body] ?? html`<${Badge}>HTTP<//>` },
  { head: words.where, main: true, cell: (/** @type {any} */ e) => html`<span class="cut block"><bdi>${e.description || whereOf(e)}</bdi>${e.description && html` <span class="muted">${whereOf(e)}</span>`}</span>` },
  { head: words.what, width: '200px', narrow: 'hide', cell: (/** @type {any} */ e) => (hears(e).length === TYPES.length ? words.all : html`<span title=${hears(e).join(', ')}>${words.more(hears(e).length)}</span>`) },
  { head: words.state, width: '180px', cell: (/** @type {any} */ e) => (refused.value[e.id] ? html`<${Status} of="failed" word=${words.testRefused}>${refused.value[e.id]}<//>` : html`<${EndpointStatus} endpoint=${e} brief />`) },
  ...(may('webhooks') ? [{ head: words.testHead, width: '112px', align: /** @type {const} */ ('right'), cell: (/** @type {any} */ e) => html`<${Test} of=${e} done=${refresh} />` }] : []),
]} />`;

/** Sends a test message, and says at once what became of it. @param {{of: any, done: () => Promise<void>}} props */
function Test({ of: endpoint, done }) {
  const [busy, setBusy] = useState(false);
  const send = async () => {
    if (busy) return;
    setBusy(true);
    try {
      let delivery = await post(`/v1/webhook-endpoints/${endpoint.id}/test`, {});
      if (!delivery.attempt_log) delivery = await get(`/v1/deliveries/${delivery.id}`, { workspace_id: endpoint.workspace_id });
      const why = delivery.status === 'delivered' ? '' : delivery.response_status ? `${delivery.response_status}` : (delivery.last_error ?? delivery.status).replaceAll('_', ' ');
      refused.value = { ...refused.value, [endpoint.id]: why };
      if (why) toast(words.testFailed(nameOf(endpoint), why), { kind: 'failed', action: { label: words.openDelivery, run: () => navigate(link('deliveries', delivery.id)) } });
      else toast(words.tested(nameOf(endpoint)));
      done();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      toast(problem.message, { kind: 'failed' });
    } finally { setBusy(false); }
  };
  return html`<button type="button" class="button small" aria-disabled=${busy ? 'true' : undefined} onClick=${send}>${busy ? words.testing : words.test}</button>`;
}
