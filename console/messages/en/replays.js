// Which words do the pages about replays show?
// A replay of a window: what it selects, how long it takes, how far it is.
import { count, number, span } from '../../shell.js';

export const words = {
  title: 'Replays', things: 'replays', replay: 'Replay', create: 'Replay a period', time: 'Started', status: 'Status', endpoint: 'Endpoint', what: 'What is sent', period: 'Period', examined: 'Examined', sent: 'Sent', progress: 'Progress',
  empty: 'No replays yet', emptyHint: 'A replay sends again what an endpoint missed in a period of time. You see what would be sent before anything is.',
  selections: /** @type {Record<string, string>} */ ({ failed: 'Failed or cancelled', skipped: 'Never sent', all: 'Everything it missed', retrying: 'Waiting for a retry' }),
  selectionHints: /** @type {Record<string, string>} */ ({ failed: 'Deliveries that were given up, or cancelled while the endpoint was off.', skipped: 'Events that match the endpoint’s current settings and were never sent to it: it was off, or did not exist yet.', all: 'Both of these. What is parked needs no replay: it is sent as soon as the endpoint answers again.', retrying: 'Sent now instead of later, each with its full retry schedule.' }),
  types: (/** @type {string[]} */ names) => (names.length ? names.join(', ') : 'all types'), delivered: 'delivered ones too',

  // New
  newTitle: 'Replay a period', newNote: 'Sends again, oldest first, what one endpoint missed. You see what would be sent before anything is.', choose: 'Choose an endpoint', off: ' (off)', since: 'From', sinceHint: (/** @type {string} */ zone) => `Time zone: ${zone}.`, until: 'Until', untilHint: 'Empty means now.', presets: 'Last', selection: 'What to send', typesLabel: 'Event types', typesHint: 'Separated by commas; invoice.* is the whole family. Empty means every type.', include: 'Also what was delivered already', includeHint: 'The receiver gets those twice.',
  preview: 'Count', counting: 'Counting …', again: 'Count again', would: 'What would be sent', wouldNote: 'Nothing is sent yet.', atLeast: 'At least ', noneSoFar: 'None among the rows that were counted', runRest: 'Send what is found', deliveries: (/** @type {number} */ n) => count(n, 'delivery', 'deliveries'), nothing: 'Nothing to send in this period.', nothingHint: 'Choose a longer period, or another answer to “What to send”.', waiting: /** @type {Record<string, (n: number) => string>} */ ({ parked: (n) => `${count(n, 'delivery is', 'deliveries are')} parked: they are sent, oldest first, as soon as the endpoint answers again.`, retrying: (n) => `${count(n, 'waits', 'wait')} for a retry: “Waiting for a retry” sends them now.` }), seeWaiting: /** @type {Record<string, (n: number) => string>} */ ({ parked: (n) => `See the ${number(n)} parked`, retrying: (n) => `See the ${number(n)} retrying` }), incomplete: 'The period has too many rows to count them all.', samples: (/** @type {number} */ n) => (n === 1 ? 'The first one' : `The first ${number(n)}`),
  lasts: (/** @type {number} */ ms, /** @type {string} */ why) => `${ms < 10_000 ? 'A few seconds' : `About ${span(ms)}`}${why}.`, byLimit: (/** @type {number} */ perSecond) => `, at the endpoint’s limit of ${number(perSecond)} a second`, run: (/** @type {string} */ n) => `Send ${n}`, changed: 'You changed something since this was counted.', needEndpoint: 'Choose an endpoint.', needSince: 'Choose when the period begins.', offWarn: 'This endpoint is off: switch it on before anything can be counted or sent.', switchOn: 'Switch on', switchedOn: 'Switched on.', openEndpoint: 'Open the endpoint', columns: { time: 'Accepted', type: 'Event type', status: 'Status', answer: 'Last answer' },

  // One
  facts: { endpoint: 'Endpoint', what: 'What is sent', types: 'Event types', period: 'Period', started: 'Started', examined: 'Examined', sent: 'Sent', id: 'Replay', ended: 'Ended' },
  phase: /** @type {Record<string, string>} */ ({ deliveries: 'Going through deliveries', events: 'Going through events without a delivery', over: 'Everything was examined' }),
  state: {
    running: (/** @type {string} */ phase, /** @type {string} */ at) => `${phase}${at && `, at those of ${at}`}.`, left: (/** @type {number} */ ms) => (ms < 5_000 ? 'Some seconds are left.' : `About ${span(ms)} left.`), leftUnknown: 'The time left is not known.',
    completed: (/** @type {number} */ sent, /** @type {string} */ took) => (sent === 0 ? `Nothing was left to send. It took ${took}.` : `${count(sent, 'delivery was', 'deliveries were')} sent again in ${took}. Some may still be on their way.`),
    cancelled: (/** @type {number} */ sent) => `It was stopped after ${count(sent, 'delivery', 'deliveries')}: by hand, or because the endpoint was switched off or deleted.`,
  },
  ofTotal: (/** @type {number} */ n) => `of ${number(n)}`,
  cancel: 'Stop', cancelTitle: 'Stop this replay?', cancelWords: 'What it has sent already goes on. The rest is not sent.', cancelConfirm: 'Stop it', cancelled: 'The replay is stopped.', deliveriesOf: 'Deliveries of this endpoint in this period', percent: (/** @type {number} */ share) => `${Math.floor(share * 100)} %`, repeat: 'Replay again', rest: 'Send the rest', stopped: 'Stopped', running: 'Another replay to this endpoint is running: what it has not come to yet may be sent twice.', open: 'Open it',
};
