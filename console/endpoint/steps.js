// Which steps of the setup are done, seen from what is there?
// Pure: nothing is stored; endpoints, deliveries and events say it.
import { CHECK, lastVerdict } from './check.js';

/** @typedef {{made: boolean, delivered: boolean, verified: boolean, own: boolean}} Done */

/**
 * @param {{endpoints: any[], endpoint: any, delivered: any[], checks: any[], events: any[]}} facts
 *   `delivered`: deliveries that the endpoint took; `checks`: those of the signature check; `events`: the newest ones
 * @returns {Done}
 */
export function stepsDone({ endpoints, endpoint, delivered, checks, events }) {
  return {
    made: endpoints.length > 0,
    delivered: delivered.length > 0,
    verified: Boolean(endpoint) && (endpoint.signature.profile === 'none' || lastVerdict(checks, endpoints, endpoint.id) === 'proved'),
    own: events.some((e) => isOwn(e.type)),
  };
}

/** @param {string} type */
export const isOwn = (type) => !type.startsWith('posthorn.') && type !== CHECK;

/** The step that is next; 4 if all are done. @param {Done} done */
export function nextStep(done) {
  const at = [done.made, done.delivered, done.verified, done.own].indexOf(false);
  return at === -1 ? 4 : at;
}

/** Endpoints that receive events; notifications in a chat are made elsewhere. @param {any[]} endpoints */
export const receivers = (endpoints) => endpoints.filter((e) => ['envelope', 'data'].includes(e.body));
