// Which deliveries has one endpoint?
// Its own list, which the API answers as an array with links to its neighbours, as rows and pages of a table.
import { Outcome, Status, Table, Time, duration, html, link } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { State } from '../pages/delivery/state.js';

/**
 * The list of an endpoint as a page with cursors: the id that the next page begins before, and the previous ends after.
 * @param {{data: any[], headers: Headers}} answer
 */
export function pageOfArray({ data, headers }) {
  const links = headers.get('link') ?? '';
  const cursor = (/** @type {string} */ rel, /** @type {string} */ name) => {
    const query = [...links.matchAll(/<([^>]*)>;\s*rel="(\w+)"/g)].find((found) => found[2] === rel)?.[1];
    return query ? new URLSearchParams(query.replace(/^.*\?/, '')).get(name) : null;
  };
  return { data, next: cursor('next', 'before'), previous: cursor('prev', 'after') };
}

/** @param {{rows: any[], label: string, brief?: boolean}} props `brief`: half a page wide */
export const DeliveryTable = ({ rows, label, brief }) => html`<${Table} label=${label} rows=${rows} href=${(/** @type {any} */ d) => link('deliveries', d.id)} columns=${[
  { head: words.time, width: brief ? '104px' : '112px', cell: (/** @type {any} */ d) => html`<${Time} at=${d.created_at} />` },
  { head: words.state, width: brief ? '136px' : '208px', cell: (/** @type {any} */ d) => (brief ? html`<${Status} of=${d.status} />` : html`<${State} row=${d} />`) },
  { head: words.type, main: true, cell: (/** @type {any} */ d) => html`<bdi title=${d.event_type}>${d.event_type}</bdi>` },
  { head: words.answerHead, width: '136px', cell: (/** @type {any} */ d) => html`<${Outcome} status=${d.response_status} error=${d.last_error} />` },
  ...(brief ? [] : [{ head: words.tookHead, width: '80px', align: /** @type {const} */ ('right'), phone: /** @type {const} */ ('hide'), narrow: /** @type {const} */ ('hide'), cell: (/** @type {any} */ d) => (d.attempts > 0 ? duration(d.duration_ms) : '') },
  { head: words.attempts, width: '88px', align: /** @type {const} */ ('right'), phone: /** @type {const} */ ('hide'), narrow: /** @type {const} */ ('hide'), cell: (/** @type {any} */ d) => d.attempts }]),
]} />`;
