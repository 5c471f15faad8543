// Which words do the list of endpoints and one endpoint show?
// The state of an endpoint in words, its figures, its parts and actions.
import { count, number, span } from '../../shell.js';

export const words = {
  title: 'Endpoints', endpoint: 'Endpoint', things: 'endpoints', add: 'New endpoint', state: 'State', type: 'Event type', text: 'Text', textHint: 'Name or URL', wants: 'Gets', day: 'Last 24 hours', success: 'Success', p95: 'p95', successTitle: 'Share of attempts that succeeded in the last 24 hours', p95Title: '95 of 100 attempts took at most this long',
  everyType: 'Every type', more: (/** @type {number} */ n) => `+ ${number(n)} more`, filtered: 'filtered', channels: (/** @type {string[]} */ names) => `only ${names.join(', ')}`,
  empty: 'No endpoints yet', emptyHint: 'An endpoint is a URL that receives signed events, retried until it accepts them.', emptyFirst: 'Make the first one, and see a delivery arrive.', setUp: 'Set up the first endpoint',
  states: /** @type {[string, string][]} */ ([['active', 'On'], ['failing', 'Failing'], ['disabled', 'Off']]),
  tooMany: 'More than 50 match. Type more of the name or the URL.', noName: 'No description', statsFailed: 'The figures of the last 24 hours could not be loaded.',
  off: /** @type {Record<string, string>} */ ({ failing: 'switched off after too many failures', gone: 'it answered 410 Gone', manual: 'switched off by hand' }),
  offSince: (/** @type {string} */ time) => `Off for ${time}`, offPlain: 'Off', offKeptShort: 'events are kept', offSkippedShort: 'events are skipped',
  failingFor: (/** @type {string} */ time) => `Failing for ${time}`, nextProbe: (/** @type {number} */ ms) => (ms > 1000 ? `next probe in ${span(ms)}` : 'a probe is due now'), failures: (/** @type {number} */ n) => `${count(n, 'failure')} in a row`,
  parked: (/** @type {number} */ n, /** @type {boolean} */ exact) => `${number(n)}${exact ? '' : '+'} parked`, healthy: 'Healthy', unused: 'No events yet', retryNow: 'still retrying',
};
