// What did one endpoint get?
// Its deliveries from their first attempt on, live, narrowed down by filters in the address.
import { ChoiceFilter, Empty, Filters, Fresh, Loaded, NoMatch, Pager, Partial, TimeFilter, html, route, statusWord, useLiveList, useTimeRange } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { TypeFilter } from '../pages/event/types.js';
import { DeliveryTable, pageOfArray } from './list.js';

const LIMIT = 50;
/** This list is asked for one status at a time. */
const STATUSES = ['delivered', 'failed', 'retrying', 'parked', 'cancelled', 'pending'];
const filters = { status: words.state.toLowerCase(), event_type: words.type.toLowerCase(), period: words.period };

/** @param {{endpoint: any}} props */
export default function Deliveries({ endpoint }) {
  const { query } = route.value;
  const list = useLiveList(`/v1/webhook-endpoints/${endpoint.id}/deliveries`, {
    limit: LIMIT, status: query.get('status'), event_type: query.get('event_type'), ...useTimeRange(), before: query.get('cursor'), after: query.get('before'),
  }, { read: pageOfArray });
  const used = ['status', 'event_type', 'period', 'since', 'until'].some((name) => query.get(name));
  return html`
    <${Filters} names=${[...Object.keys(filters), 'since', 'until']}><${ChoiceFilter} name="status" label=${words.state} options=${STATUSES.map((s) => [s, statusWord(s)])} /><${TypeFilter} label=${words.type} /><${TimeFilter} /><//>
    <${Fresh} list=${list} />
    <${Loaded} of=${list} rows=${8}>${() => {
    if (list.rows.length > 0) return html`<${DeliveryTable} rows=${list.rows} label=${words.deliveries} /><${Pager} list=${list} />`;
    if (list.next) return html`<${Partial} /><${Pager} list=${list} />`;
    return used ? html`<${NoMatch} what=${words.things} filters=${filters} />` : html`<${Empty} icon="deliveries" title=${words.noDeliveries}>${words.noDeliveriesHint}<//>`;
  }}<//>`;
}
