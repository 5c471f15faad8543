// What did one endpoint get?
// Its deliveries from their first attempt on, live, narrowed down by filters in the address.
import { Empty, Filters, Fresh, Loaded, NoMatch, Pager, Partial, StatusFilter, TimeFilter, html, route, useLiveList, useTimeRange } from '../shell.js';
import { words } from '../messages/en/endpoint.js';
import { TypeFilter } from '../pages/event/types.js';
import { timeOfId } from '../pages/replay/progress.js';
import { DeliveryTable, pageOfArray } from './list.js';

const LIMIT = 50;
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
    <${Filters} names=${[...Object.keys(filters), 'since', 'until']}><${StatusFilter} of=${STATUSES} /><${TypeFilter} label=${words.type} /><${TimeFilter} /><//>
    <${Fresh} list=${list} />
    <${Loaded} of=${list} rows=${8}>${() => {
    // The next page begins with what was not looked at: its id tells how far back that is.
    const partial = list.next && list.rows.length < LIMIT && html`<${Partial} backTo=${new Date(timeOfId(list.next)).toISOString()} />`;
    if (list.rows.length > 0 || partial) return html`${list.rows.length > 0 && html`<${DeliveryTable} rows=${list.rows} label=${words.deliveries} />`}${partial}<${Pager} list=${list} further=${partial} />`;
    return used ? html`<${NoMatch} what=${words.things} filters=${filters} />` : html`<${Empty} icon="deliveries" title=${words.noDeliveries}>${words.noDeliveriesHint}<//>`;
  }}<//>`;
}
