// Which words do the pages about events show?
// The ledger, "Why not?", the filter's conditions as sentences, sending, erasing.
import { count, number } from '../../shell.js';

/** @param {string[]} names */
const list = (names) => (names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', '));

export const words = {
  unfit: 'The payload does not fit the schema of', unfitHow: /** @type {Record<string, (value: any) => string>} */ ({ type: (v) => `must be of type ${v}`, enum: (v) => `must be one of ${v}`, const: (v) => `must be ${v}`, minimum: (v) => `must be at least ${v}`, maximum: (v) => `must be at most ${v}`, minLength: (v) => `must have at least ${v} characters`, maxLength: (v) => `must have at most ${v} characters`, required: () => 'is missing', additionalProperties: () => 'is not part of it' }),
  looked: (/** @type {number} */ n) => count(n, 'event'),
  title: 'Events', things: 'events', event: 'Event', time: 'Accepted', type: 'Event type', deliveries: 'Deliveries', skipped: 'Skipped', channels: 'Channels', id: 'Id', uid: 'Your id',
  textFilter: 'text in the payload, or your id', text: 'Text in the payload, or your id', typeFilter: 'event type', period: 'period', keyFilter: 'idempotency key',
  send: 'Send an event', empty: 'No events yet', emptyHint: 'Your product sends an event by one request. Send the first one here, and see where it goes.', emptyPortal: 'Events are listed here as soon as the first one is sent.', erasedBadge: 'erased', later: (/** @type {string} */ when) => `due ${when}`,
  many: (/** @type {number} */ n) => (n >= 256 ? `${number(n)}+` : number(n)),

  // One event
  facts: { id: 'Event', uid: 'Your id', accepted: 'Accepted', occurred: 'Happened', due: 'Due', channels: 'Channels', deliveries: 'Deliveries', causedBy: 'Made by a rule from', derived: 'Rules made of it' },
  payload: 'Payload',
  ledger: 'What became of it', ledgerNote: (/** @type {number} */ sent, /** @type {number} */ skipped) => `${count(sent, 'delivery', 'deliveries')}, ${count(skipped, 'endpoint')} skipped`, ledgerEmpty: 'No endpoint existed when this event was accepted.',
  endpoint: 'Endpoint', status: 'Status', answer: 'Last answer', attempts: 'Attempts', why: 'Why not?', reason: 'Reason', showSkipped: (/** @type {number} */ n) => `Show ${count(n, 'endpoint')} that ${n === 1 ? 'does' : 'do'} not subscribe to this type`, hideSkipped: 'Hide them',
  groups: { got: 'Deliveries', skipped: 'Skipped' },
  skip: /** @type {Record<string, string>} */ ({ type_not_subscribed: 'it did not subscribe to this type', disabled: 'it was switched off', channel: 'it is limited to other channels', parked_full: 'it had 100,000 parked deliveries already', notified_lately: 'it was notified within the hour before', filter: 'its filter did not hold', watching: 'the rule only watches', loop: 'the rule led to this event itself', forwarded: 'a step of a rule delivers it here already' }),

  // Sending again
  replay: 'Send to …', replayTitle: 'Send this event to', replayFind: 'Find an endpoint', replayOthers: 'Choose others', replayWords: 'Their types, channels and filters do not matter here. Each gets the payload as it is, signed now.', replaySend: (/** @type {number} */ n) => (n ? `Send to ${count(n, 'endpoint')}` : 'Send'), replayForce: 'Also where it was delivered already',
  replayState: { delivered: 'delivered already', onWay: 'on its way', off: 'is off', new: 'did not get it', failed: 'failed' },
  replayed: (/** @type {number} */ n) => `The event is sent to ${count(n, 'endpoint')}.`, replayedNot: (/** @type {number} */ onWay, /** @type {number} */ had) => [onWay && `${count(onWay, 'delivery is', 'deliveries are')} on the way already`, had && `${count(had, 'endpoint')} had it already`].filter(Boolean).join(', '), noEndpoints: 'No endpoint matches.', selected: 'Send again',
  // Erasing
  erase: 'Erase payload', eraseTitle: 'Erase this payload?', eraseWords: 'The payload is deleted now and cannot be brought back. The ledger and the deliveries stay, without it. Attempts that are still to come are not made.', eraseWaiting: (/** @type {number} */ n) => `${count(n, 'delivery waits', 'deliveries wait')} and will be cancelled.`, eraseDerived: (/** @type {number} */ n) => `Rules made ${count(n, 'event')} of it. ${n === 1 ? 'It keeps its payload' : 'They keep their payloads'}, with what was copied from this one: erase ${n === 1 ? 'it' : 'them'}, too.`, erased: 'The payload is erased.',

  // Why not?
  whyTitle: (/** @type {string} */ name, /** @type {boolean} */ got) => (got ? `Why did ${name} get this event?` : `Why did ${name} not get this event?`),
  recorded: { delivery: 'When it was accepted, the endpoint got a delivery.', skipped: (/** @type {string} */ reason, /** @type {boolean} */ rule) => `When it was accepted, the ${rule ? 'rule' : 'endpoint'} was skipped: ${reason}.`, none: 'The ledger knows nothing of this endpoint: it did not exist when the event was accepted.' },
  changed: 'The endpoint was changed since the event was accepted. What follows are its settings now; they may not be those that decided.', passesNow: 'By its settings now, it would get this event.', passesNot: 'By its settings now, it would not get this event either.', deleted: 'The endpoint was deleted since.', test: 'A test event goes only to the endpoint that it tests.',
  forwarded: 'A rule delivers the event here, whatever the endpoint subscribes to:', sendNow: 'Send it now', openEndpoint: 'Open endpoint', openDelivery: 'Open delivery', openRule: 'Open rule',
  rules: /** @type {Record<string, [(v: any, e: any) => string, (v: any, e: any) => string]>} */ ({
    active: [() => 'It is switched on', () => 'It is switched off'], failing: [() => 'It is off for failing, so what it gets is parked', () => 'It is off for failing'],
    event_type: [(v, e) => (v.tried.length === 0 ? 'It subscribes to every type' : v.matched === e.event_type ? `It subscribes to ${v.matched}` : `It subscribes to ${v.matched}, and so to ${e.event_type}`), (v, e) => `It does not subscribe to ${e.event_type}, only to ${list(v.tried)}`],
    channels: [(v) => (v.tried.length === 0 ? 'It is not limited to channels' : `It lists the channel ${v.matched}`), (v, e) => `It is limited to the channels ${list(v.tried)}, and the event ${e.channels.length ? `has ${list(e.channels)}` : 'has none'}`],
    filter: [(v) => (v.conditions.length ? 'Its filter holds' : 'It has no filter'), () => 'Its filter does not hold'],
    loop: [() => 'The rule did not lead to this event', () => 'The rule led to this event itself: a loop'],
    live: [() => 'The rule is live', () => 'The rule only watches'],
    parked: [() => 'It has room for parked deliveries', () => 'It is off for failing, and 100,000 deliveries are parked'],
    about_another: [() => 'The event is about another endpoint', () => 'The event is about this endpoint itself'],
  }),
  match: /** @type {Record<string, string>} */ ({ $and: 'All of', $or: 'Any of', $nor: 'None of' }), element: 'has an item where',
  operators: /** @type {Record<string, string>} */ ({ $eq: 'is', $ne: 'is not', $in: 'is one of', $nin: 'is none of', $gt: 'is more than', $gte: 'is at least', $lt: 'is less than', $lte: 'is at most', $contains: 'contains', $startsWith: 'begins with', $endsWith: 'ends with' }), present: 'is present', missing: 'is missing', exactCase: '(upper and lower case as written)',
  foundWord: 'found', yes: 'holds', no: 'does not hold', reasons: /** @type {Record<string, string>} */ ({ missing: 'the event has no such member', wrong_type: 'of another type', different: '', not_in_list: '', out_of_range: '', text_absent: '', present: 'there is one' }), noFilterRight: 'You may not see the filter itself.',

  // Sending
  sendTitle: 'Send an event', sendNote: 'It goes to every endpoint that subscribes to it, as if your product had sent it.', typeHint: 'One from the catalogue, or a new one.', data: 'Payload', tooLarge: (/** @type {number} */ bytes) => `This payload has ${number(bytes)} bytes. At most 262,144 are accepted.`, dataHint: 'Any JSON, up to 256 KB. It is delivered byte for byte as you type it.', example: 'Use the catalogue’s example', lastSent: 'Use the last one sent', noExample: 'There is no payload of this type yet.', more: 'Channels, times, your own id', optionalChannels: 'Separated by commas. Endpoints that are limited to channels get it only if it has one of theirs.', occurred: 'Happened at', occurredHint: 'Empty means now.', due: 'Deliver at', dueHint: 'At most 12 hours ahead. Empty means now.', uidHint: 'Unique in this workspace. A second event with it is refused.', key: 'Idempotency key', keyHint: 'A second request with it within 24 hours sends nothing.',
  sendButton: 'Send', sending: 'Sending …', jsonFirst: 'This is not JSON yet: see the line that is marked.', asCode: 'The same as a request', result: 'Where it went', resultNote: (/** @type {number} */ sent, /** @type {number} */ skipped) => `${count(sent, 'delivery', 'deliveries')}, ${count(skipped, 'endpoint')} skipped`, nobody: 'No endpoint subscribes to this event. It is kept, and can be sent to chosen endpoints.', openEvent: 'Open event', format: 'Format', curlKey: 'Set KEY to an API key with the scope events.',
};
