// How is the status of a delivery shown in a list?
// The word with why, or with when it goes on.
import { Status, call, copyText, html, toast, useClock, Problem } from '../../shell.js';
import { words } from '../../messages/en/deliveries.js';

/** @param {any} row @param {number} now */
function more(row, now) {
  switch (row.status) {
    case 'retrying': case 'pending': return row.next_attempt_at ? words.in(Date.parse(row.next_attempt_at) - now) : '';
    case 'parked': return words.parkedShort[row.parked_reason] ?? '';
    case 'cancelled': return words.cancelledShort[row.cancel_reason] ?? '';
    case 'delivered': return row.trigger === 'replay' ? words.triggers.replay.toLowerCase() : '';
    case 'skipped': return words.skippedShort[row.reason] ?? row.reason;
    default: return '';
  }
}

/** @param {{row: any}} props */
export function State({ row }) {
  const now = useClock(row.next_attempt_at ? 1000 : 60_000);
  return html`<${Status} of=${row.status}>${more(row, now)}<//>`;
}

/** @param {any} delivery @returns {Promise<string>} the request as a curl command, with a signature that is valid now */
export const curlOf = async (delivery) => (await call('GET', `/v1/webhook-endpoints/${delivery.endpoint_id}/deliveries/${delivery.id}/curl`, { text: true })).text;

/** @param {any} delivery */
export async function copyCurl(delivery) {
  try {
    if (await copyText(await curlOf(delivery))) toast(words.curlCopied);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.message, { kind: 'failed' });
  }
}
