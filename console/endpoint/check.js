// Does the receiver check signatures, or does it take anything?
// Proved by two requests to its URL: one signed with its secret, one by a passing endpoint with another secret.
import { call, post, remove } from '../shell.js';

/** The type of both requests. The deliveries stay listed, so that the setup can see that it was proved. */
export const CHECK = 'signature.check';
/** What of the endpoint decides how a request looks. */
const LIKE = ['url', 'method', 'headers', 'header_prefix', 'signature', 'timeout_seconds'];

/** @typedef {'proved'|'takes_anything'|'refuses_all'|'unclear'} Verdict */

/**
 * @param {{status: string, response_status?: number|null}} right a delivery with the right signature
 * @param {{status: string, response_status?: number|null}} wrong one with a wrong signature
 * @returns {Verdict}
 */
export function verdict(right, wrong) {
  if (right.status !== 'delivered') return 'refuses_all';
  if (wrong.status === 'delivered') return 'takes_anything';
  return (wrong.response_status ?? 0) >= 400 && (wrong.response_status ?? 0) < 500 ? 'proved' : 'unclear';
}

/**
 * The verdict of the last check of an endpoint, out of the deliveries that it left: the wrong one came right after the
 * right one, from a passing endpoint that exists no more.
 * @param {any[]} deliveries of type `signature.check`, newest first @param {any[]} endpoints that exist @param {string} id
 * @returns {Verdict|null}
 */
export function lastVerdict(deliveries, endpoints, id) {
  const exists = new Set(endpoints.map((e) => e.id));
  const at = deliveries.findIndex((d) => d.endpoint_id === id);
  const wrong = deliveries.slice(0, Math.max(at, 0)).findLast((d) => !exists.has(d.endpoint_id));
  return at !== -1 && wrong ? verdict(deliveries[at], wrong) : null;
}

/** @param {any} endpoint @returns {Promise<{verdict: Verdict, right: any, wrong: any}>} */
export async function prove(endpoint) {
  const question = { type: CHECK, data: { endpoint_id: endpoint.id, message: 'Is the signature checked? One of two requests is signed with a wrong secret, and must be refused.' } };
  const right = await post(`/v1/webhook-endpoints/${endpoint.id}/test`, question);
  const like = Object.fromEntries(LIKE.map((name) => [name, endpoint[name]]));
  const passing = await post('/v1/webhook-endpoints', { workspace_id: endpoint.workspace_id, ...like, active: false, events: [CHECK], description: 'Signature check: deleted after one request' });
  try {
    const { data: wrong } = await call('POST', `/v1/webhook-endpoints/${passing.id}/test`, { body: question });
    return { verdict: verdict(right, wrong), right, wrong };
  } finally {
    await remove(`/v1/webhook-endpoints/${passing.id}`);
  }
}
