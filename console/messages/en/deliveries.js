// Which words do the pages about deliveries show?
// Sentences of what happened, whose turn it is and what to do; `who` is "The endpoint", in the portal "Your endpoint".
import { count, duration, number, span } from '../../shell.js';

/** @param {number} n */
const times = (n) => ['', 'once', 'twice', 'three times', 'four times', 'five times', 'six times', 'seven times', 'eight times', 'nine times'][n] ?? `${number(n)} times`;

export const words = {
  title: 'Deliveries', things: 'deliveries', delivery: 'Delivery',
  time: 'Accepted', status: 'Status', type: 'Event type', endpoint: 'Endpoint', attempts: 'Attempts', answer: 'Last answer', took: 'Took', period: 'period', error: 'Error',
  statusFilter: 'status', typeFilter: 'event type', endpointFilter: 'endpoint', errorFilter: 'error',
  days: { today: 'Today', yesterday: 'Yesterday' },
  empty: 'No deliveries yet', emptyHint: 'When an event is sent, there is one delivery for each endpoint that subscribes to it.', send: 'Send an event',
  looked: (/** @type {number} */ n) => count(n, 'delivery', 'deliveries'),
  replay: 'Send again', curl: 'Copy as curl', curlCopied: 'The request is copied, with a signature that is valid now.', openEvent: 'Open event', doctor: 'Check the signature', replayPeriod: 'Replay a period',
  in: (/** @type {number} */ ms) => (ms > 0 ? `in ${span(ms)}` : 'due'),
  wasParked: (/** @type {string} */ time) => `Parked for ${time}`, parkedBecause: (/** @type {string} */ time, /** @type {string} */ why) => `The delivery was parked for ${time}: ${why}.`,
  parkedWhy: /** @type {Record<string, string>} */ ({ endpoint_failing: 'the endpoint was failing', endpoint_disabled: 'the endpoint was off', rate_limit: 'its rate limit was used up', max_concurrency: 'its concurrency limit was used up' }),
  parkedShort: /** @type {Record<string, string>} */ ({ endpoint_failing: 'endpoint fails', endpoint_disabled: 'endpoint is off', rate_limit: 'rate limit', max_concurrency: 'concurrency limit' }),
  cancelledShort: /** @type {Record<string, string>} */ ({ endpoint_disabled: 'endpoint was off', endpoint_deleted: 'endpoint deleted', event_expired: 'event expired', event_erased: 'payload erased' }),
  skippedShort: /** @type {Record<string, string>} */ ({ type_not_subscribed: 'not subscribed', disabled: 'it was off', channel: 'other channel', parked_full: 'too many parked', notified_lately: 'notified lately', filter: 'filter did not hold', watching: 'rule only watches', loop: 'loop of rules', forwarded: 'by its endpoint' }),
  errors: /** @type {Record<string, string>} */ ({ http_status: 'Answered an error', timeout: 'Timed out', connection_refused: 'Connection refused', connection_reset: 'Connection broken', dns_error: 'No such host', tls_error: 'TLS or certificate', redirect_refused: 'Redirect', blocked_address: 'Private address', response_invalid: 'Not HTTP', endpoint_gone: '410 Gone', template_failed: 'Template failed', unknown: 'Unknown' }),

  // Sending again
  againTitle: (/** @type {number} */ n) => (n === 1 ? 'Send this delivery again?' : `Send ${count(n, 'delivery', 'deliveries')} again?`),
  againWords: (/** @type {number} */ n, /** @type {number} */ endpoints) => `${count(n, 'delivery', 'deliveries')} will be sent to ${count(endpoints, 'endpoint')} now. ${n === 1 ? 'It keeps its id' : 'Each keeps its id'}, so a receiver that knows it can skip it.`,
  againNone: 'None of these can be sent again now.',
  againDelivered: (/** @type {number} */ n) => `${count(n, 'was', 'were')} delivered already.`, againForce: (/** @type {number} */ n) => (n === 1 ? 'Send it although it was delivered' : `Also send the ${number(n)} that were delivered already`),
  againOnWay: (/** @type {number} */ n) => `${count(n, 'is', 'are')} on ${n === 1 ? 'its' : 'their'} way and ${n === 1 ? 'is' : 'are'} not sent twice.`,
  againOff: (/** @type {number} */ n) => `${count(n, 'goes', 'go')} to an endpoint that is off: switch it on first.`,
  againGone: (/** @type {number} */ n) => `${count(n, 'has', 'have')} nothing left to send: the event has expired, or was erased, or the endpoint was deleted.`,
  againSend: (/** @type {number} */ n) => `Send ${number(n)}`, againProgress: (/** @type {number} */ done, /** @type {number} */ of) => `${number(done)} of ${number(of)}`,
  againDone: (/** @type {number} */ n) => (n === 1 ? 'The delivery is sent again.' : `${count(n, 'delivery is', 'deliveries are')} sent again.`), againFailing: (/** @type {number} */ n, /** @type {number} */ of) => `${n === of ? (n === 1 ? 'Its endpoint fails' : 'Their endpoint fails') : `${count(n, 'goes', 'go')} to an endpoint that fails`} now: what is refused again waits until it recovers.`, againSee: 'See them', againFailed: (/** @type {number} */ n) => `${count(n, 'delivery was', 'deliveries were')} refused`,

  // One delivery
  facts: { endpoint: 'Endpoint', event: 'Event', accepted: 'Accepted', took: 'Delivered after', attempts: 'Attempts', id: 'Delivery', cause: 'Cause', made: 'Made the event' },
  triggers: /** @type {Record<string, string>} */ ({ automatic: 'Event', test: 'Test', replay: 'Sent again' }), byReplay: 'by a replay',
  timeline: 'What happened', earlier: (/** @type {number} */ n) => `Show ${count(n, 'earlier attempt')}`, attempt: (/** @type {number} */ n) => `Attempt ${n}`, accepted: 'The event was accepted.',
  next: 'Next attempt', firstAttempt: 'First attempt', gap: (/** @type {number} */ ms, /** @type {number} */ n) => (n === 1 ? `${duration(ms)} after the event` : `${duration(ms)} after attempt ${n - 1}`),
  request: 'Request', response: 'Answer', headers: 'Headers', noResponse: 'No answer came.', emptyBody: 'The answer has no body.', sentAt: 'Sent at', size: 'Size', sha: 'SHA-256',
  truncated: 'Only the first 4,096 bytes are kept.', redacted: 'Values of your own headers are not kept.', notKept: 'not kept', undefinedMembers: (/** @type {string} */ list) => `The template reads what the event does not have: ${list}`, oldAttempt: 'An older version made this attempt and kept no URL.',
  payload: 'Payload', showBody: 'What is sent', showData: 'Event’s data',
  bodySame: (/** @type {number} */ n) => `Byte for byte what attempt ${n} sent.`, bodyOther: (/** @type {number} */ n) => `What would be sent now. Attempt ${n} sent other bytes: the endpoint’s settings have changed since.`, bodyNow: 'What would be sent now.',

  theHost: 'the host', who: { console: 'The endpoint', portal: 'Your endpoint' },
  happened: {
    success: (/** @type {string} */ who, /** @type {string} */ status, /** @type {string} */ took) => `${who} answered ${status} after ${took}.`,
    http_status: (/** @type {string} */ who, /** @type {string} */ status, /** @type {string} */ took) => `${who} answered ${status} after ${took}.`,
    timeout: (/** @type {string} */ who, /** @type {string} */ took) => `${who} did not answer within ${took}.`,
    connection_refused: (/** @type {string} */ host) => `Nothing listens at ${host}.`,
    connection_reset: (/** @type {string} */ who) => `${who} broke the connection before an answer came.`,
    dns_error: (/** @type {string} */ host) => `The name ${host} has no address.`,
    tls_error: (/** @type {string} */ host) => `The certificate of ${host} is not trusted, or there is no TLS.`,
    redirect_refused: (/** @type {string} */ who, /** @type {string} */ status, /** @type {string} */ to) => `${who} answered ${status}, a redirect${to && ` to ${to}`}. Redirects are never followed.`,
    blocked_address: (/** @type {string} */ host) => `${host} leads to an address that is not public, so it was not called.`,
    response_invalid: (/** @type {string} */ who) => `${who} answered something that is not HTTP.`,
    endpoint_gone: (/** @type {string} */ who) => `${who} answered 410 Gone, which switches it off.`,
    template_failed: (/** @type {string} */ at) => `Nothing was sent: the template fails for this event${at && ` at ${at}`}.`,
    unknown: () => 'The attempt failed for a reason that is not known.',
  },
  gotBefore: (/** @type {string} */ who, /** @type {number} */ n, /** @type {string} */ after) => `${who} accepted attempt ${n}, ${after} after the event.`, gotAgain: (/** @type {string} */ later, /** @type {number} */ n) => `It was sent again${n === 2 ? '' : ', the last time'} ${later} later, and accepted again: the receiver got it ${times(n)}.`,
  again: (/** @type {string} */ who, /** @type {string} */ what, /** @type {number} */ n) => `${who} ${what} ${times(n)} in a row.`,
  turn: {
    pendingFirst: 'The first attempt is due.', pendingAt: (/** @type {string} */ time) => `The first attempt is in ${time}.`, pendingAgain: 'The delivery is being sent again.',
    retrying: (/** @type {string} */ time) => `We try again in ${time}.`, retryDue: 'The next try is due.',
    probe: (/** @type {string} */ time) => `the next probe is in ${time}`,
    endpoint_failing: (/** @type {string} */ probe) => `The delivery waits until the endpoint recovers${probe && `; ${probe}`}. Nothing is lost.`, endpoint_disabled: 'The delivery waits until the endpoint is switched on. Nothing is lost.', rate_limit: 'The delivery waits for its turn under the rate limit.', max_concurrency: 'The delivery waits until fewer requests are under way.', parked: 'The delivery is set aside until the endpoint recovers.',
    failed: 'No attempts are left.', failedTest: 'A test is tried once.', deliveredLate: (/** @type {number} */ n) => `It took ${count(n, 'attempt')}.`,
    cancelled: /** @type {Record<string, string>} */ ({ endpoint_disabled: 'The delivery was cancelled, because the endpoint was switched off.', endpoint_deleted: 'The delivery was cancelled, because the endpoint was deleted.', event_expired: 'The delivery was cancelled, because the event is older than the retention.', event_erased: 'The delivery was cancelled, because the payload was erased.' }),
    neverTried: 'No attempt was made.',
  },
  todo: {
    auth: 'The signature check, a login or a firewall refuses it.', authUnsigned: 'A login or a firewall refuses it.', notFound: 'The path of the URL is wrong, or the route is gone.', method: 'The route does not accept this method.', large: 'The server must accept bodies of 300 KB.', limited: 'Set a rate limit for the endpoint.', refused: 'The receiver does not accept this body: its answer says why.', receiver: 'The receiver fails: its answer and its log at that time say why.',
    timeout: 'Answer first and work afterwards, or raise the timeout.', connect: 'A firewall may drop the connection.', connection_refused: 'Start the server, or correct the port in the URL.', connection_reset: 'Look for a crash, or for a proxy that hangs up.', dns_error: 'Correct the host name in the URL, or its DNS.', tls_error: 'Renew the certificate, or install the whole chain.', redirect_refused: 'Set the endpoint’s URL to where the redirect leads.', blocked_address: 'The endpoint must be reachable from the internet.', response_invalid: 'Another service listens on that port, or a proxy is broken.', endpoint_gone: 'Switch the endpoint on if that was a mistake.', template_failed: 'Fix the endpoint’s template, then send the event again.', unknown: 'Ask the operator for the log line of this delivery.',
    replay: 'Send it again when the cause is fixed.', switchOn: 'Switch the endpoint on, then send it again.',
  },
  /** The same for those who may only look. */
  todoOfOthers: {
    replay: 'When the cause is fixed, ask somebody with the right to replay to send it again.', switchOn: 'Ask somebody with the rights for it to switch the endpoint on and to send it again.',
    limited: 'Ask somebody who may change the endpoint to set a rate limit.', redirect_refused: 'Ask somebody who may change the endpoint to set its URL to where the redirect leads.', endpoint_gone: 'If that was a mistake, ask somebody who may change the endpoint to switch it on.', template_failed: 'Ask somebody who may change the endpoint to fix its template.',
  },
};
