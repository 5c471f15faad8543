// Which of these deliveries can be sent again, and how are they sent?
// Pure plan first (a dry run of the selection), then one request a delivery, four at a time.
import { Problem, post } from '../../shell.js';

const AT_ONCE = 4;
const NOTHING_LEFT = ['endpoint_deleted', 'event_expired', 'event_erased'];

/**
 * @typedef {{send: any[], delivered: any[], onWay: any[], off: any[], gone: any[]}} Plan
 *   `delivered` ones are sent only by force; `onWay`: pending; `off`: the endpoint is switched off; `gone`: nothing left
 */

/**
 * @param {any[]} rows deliveries
 * @param {Map<string, any>} endpoints what is known of the endpoints
 * @returns {Plan}
 */
export function planOf(rows, endpoints) {
  const plan = /** @type {Plan} */ ({ send: [], delivered: [], onWay: [], off: [], gone: [] });
  for (const row of rows) {
    if (NOTHING_LEFT.includes(row.cancel_reason)) plan.gone.push(row);
    else if (endpoints.get(row.endpoint_id)?.active === false) plan.off.push(row);
    else if (row.status === 'pending') plan.onWay.push(row);
    else if (row.status === 'delivered') plan.delivered.push(row);
    else plan.send.push(row);
  }
  return plan;
}

/** @param {any} delivery @param {boolean} force @returns {Promise<any>} */
export const sendAgain = (delivery, force) => post(`/v1/webhook-endpoints/${delivery.endpoint_id}/deliveries/${delivery.id}/replay`, force ? { force: true } : {});

/**
 * Sends each; goes on after a refusal.
 * @param {any[]} deliveries @param {boolean} force @param {(done: number) => void} progress
 * @param {(delivery: any, force: boolean) => Promise<any>} [send]
 * @returns {Promise<{delivery: any, problem: Problem}[]>} what was refused
 */
export async function sendAll(deliveries, force, progress, send = sendAgain) {
  const refused = /** @type {{delivery: any, problem: Problem}[]} */ ([]);
  const waiting = [...deliveries];
  let done = 0;
  const worker = async () => {
    for (let delivery = waiting.shift(); delivery; delivery = waiting.shift()) {
      try {
        await send(delivery, force);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        refused.push({ delivery, problem });
      }
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return refused;
}
