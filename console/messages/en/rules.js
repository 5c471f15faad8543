// Which words do the pages of rules show?
// A sentence for each rule, the builder, its result, and when rules fired.
import { span } from '../../shell.js';

/** The words of a rule's sentence. */
export const words = {
  whenAny: 'When any event arrives', whenA: 'When', comes: 'arrives', inChannel: 'in channel', if: 'if', then: 'then', and: 'and', or: 'or', nor: 'nor', nothing: 'nothing is done',
  noneOf: 'none of ', someItem: 'some item of', where: 'has', caseSensitive: 'with the same case', nullOrMissing: 'is null or missing',
  operators: /** @type {Record<import('../../rules/operators.js').Choice, string>} */ ({
    $eq: 'is', $ne: 'is not', $in: 'is', $nin: 'is neither', $gt: 'is more than', $gte: 'is at least', $lt: 'is less than', $lte: 'is at most',
    $exists: 'is present', $missing: 'is missing', $contains: 'contains', $startsWith: 'begins with', $endsWith: 'ends with', $elemMatch: 'has an item where',
  }),
  dates: /** @type {Partial<Record<import('../../rules/operators.js').Choice, string>>} */ ({ $gt: 'is after', $gte: 'is on or after', $lt: 'is before', $lte: 'is on or before' }),
  emit: 'send the event', invoke: 'invoke the action', deliver: 'deliver it to',
  posts: /** @type {Record<string, string>} */ ({ slack: 'post to Slack at', teams: 'post to Teams at', discord: 'post to Discord at' }),
  after: (/** @type {number} */ seconds) => `${span(seconds * 1000)} later`,
  someType: '(no type yet)', someAction: '(no action yet)', someEndpoint: '(no endpoint yet)', someUrl: '(no URL yet)',
};

/** The texts of the list, the builder and the firings. */
export const texts = {
  title: 'Rules', rule: 'Rule', rules: 'rules', lead: 'A rule waits for an event, checks its conditions, then runs its steps. Each step runs on its own.',
  newRule: 'New rule', noRules: 'No rules yet', noRulesHint: 'For example: when a gold customer’s ticket mentions a refund, post to Slack. While you build a rule you see which of the last 100 events it would have fired for.',
  columns: { rule: 'Rule', fired: 'Fired, 24 h', last: 'Last', mode: 'Mode', on: 'On', name: 'Name', state: 'State', time: 'Time', type: 'Event type', outcome: 'What it did', delivery: 'Delivery' },
  notToday: 'Not in 24 hours', notSeen: 'None seen', lookedBack: (/** @type {string} */ n, /** @type {string} */ back) => `At least: of the newest ${n} events, back to ${back}`, switchedOn: 'Switched on', switchedOff: 'Switched off',
  offTitle: (/** @type {string} */ name) => `Switch “${name}” off?`, switchOff: 'Switch off', offWords: 'It then looks at no more events. Its deliveries that wait or are being retried are cancelled, and switching it on again does not bring them back.', switchOf: (/** @type {string} */ name) => `Rule “${name}”`, onNow: (/** @type {string} */ name) => `“${name}” is on`, offNow: (/** @type {string} */ name) => `“${name}” is off. Deliveries still being tried are cancelled.`, undo: 'Undo',

  // The page of one rule
  name: 'Name of the rule', namePlaceholder: 'Name this rule', parts: 'Views of the rule', builder: 'Builder', json: 'JSON', firingsTab: 'Firings', unsaved: 'not saved',
  save: 'Save', saving: 'Saving…', saveLive: 'Save and set live', setLive: 'Set live', setWatch: 'Only watch', createWatch: 'Save and watch', createLive: 'Save and set live',
  switched: /** @type {Record<string, string>} */ ({ live: 'The rule is live within five seconds', watch: 'The rule only watches now', true: 'The rule is on', false: 'The rule is off. Deliveries still being tried are cancelled.' }),
  savedLive: 'Saved. The rule is live within five seconds.', savedWatching: 'Saved. The rule only watches: nothing is sent, and Firings shows when it would have fired.', notSaved: 'Not saved.', seeBelow: (/** @type {number} */ n) => (n === 1 ? 'The mistake is marked below.' : `${n} mistakes are marked below.`),
  delete: 'Delete', deleted: 'Rule deleted', deleteTitle: (/** @type {string} */ name) => `Delete “${name}”?`, deleteHint: 'The endpoints of its steps are deleted, and deliveries still being tried are cancelled. Past deliveries stay listed; its firings do not.',
  undoKey: 'Undo', redoKey: 'Redo', saveKey: 'Save', restored: 'Your earlier edits are back. They are not saved yet.', discard: 'Discard them', discardEdits: 'Discard', cancel: 'Cancel',
  conflict: 'Somebody else saved this rule while you edited it. Nothing of yours is lost: keep yours and save again to replace theirs, or take theirs. Undo brings yours back.', mine: 'Yours', theirs: 'Theirs, saved', keepMine: 'Keep mine', takeTheirs: 'Take theirs',
  secretsTitle: 'Secrets of the new steps', secretsHint: 'Receivers verify signatures with these. They are shown only this once: copy them now.', secretsDone: 'I have copied them',

  // Cards
  when: 'When', if: 'If', then: 'Then', examples: 'Examples',
  types: 'Event types', anyType: 'any', addType: 'Add a type or family', addChannel: 'Add a channel', channels: 'In channels', anyChannel: 'any', onlyInChannels: 'Only in some channels', removeChip: (/** @type {string} */ word) => `Remove ${word}`,
  conditions: 'Conditions', fromEvent: 'From the chosen event:', meets: 'The chosen event meets the conditions.', meetsNot: 'The chosen event does not meet the conditions.', noFilter: 'No conditions: every event of these types is sent. Drag a value of the event here, or press its +.', noConditions: 'No conditions: every event of these types fires. Drag a value of the event here, or press its +.', oneCondition: 'This must hold:', matchLabel: 'How many must hold',
  matches: { $and: 'All of', $or: 'Any of', $nor: 'None of' }, mustHold: { $and: 'these must hold', $or: 'these must hold', $nor: 'these may hold' },
  addCondition: 'Condition', addGroup: 'Group', someItemOf: 'Some item of', where: 'where', emptyGroup: 'An empty group is ignored. Add a condition to it.', wholeRule: 'the outermost conditions',
  path: 'Member of the event', memberPlaceholder: 'member', operator: 'Comparison', value: 'Value', kind: 'Type of the value', kinds: { text: 'abc', number: '123', yes: 't/f', null: 'null' },
  kindHint: { text: 'Compared as text', number: 'Compared as a number', yes: 'True or false', null: 'Null' }, or: 'or', nor: 'nor', addValue: 'Add another value', removeValue: 'Remove this value',
  choices: /** @type {Partial<Record<import('../../rules/operators.js').Choice, string>>} */ ({ $in: 'is one of', $nin: 'is none of (or is missing)', $ne: 'is not (or is missing)', $elemMatch: 'has an item where …' }),
  caseLabel: 'Aa', caseHint: 'Upper and lower case count', holds: 'Holds for this event', doesNotHold: 'Does not hold for this event', inNone: 'in a group of which none may',
  ofNull: /** @type {Partial<Record<import('../../rules/operators.js').Choice, string>>} */ ({ $eq: 'is (or is missing)', $ne: 'is present, and not' }), is: 'is',
  shareHint: (/** @type {number} */ held, /** @type {number} */ of) => `Holds for ${held} of the last ${of} events`,
  reasons: /** @type {Record<string, string>} */ ({ missing: 'is missing', wrong_type: 'is of another type:', different: 'is', not_in_list: 'is', out_of_range: 'is', text_absent: 'is', present: 'is' }),
  neverFits: (/** @type {string} */ path, /** @type {string} */ is, /** @type {string} */ example, /** @type {number} */ of, /** @type {string} */ words, /** @type {string} */ wanted) => `${path} is ${texts.kindNames[is][0]} in all of the last ${of} events, such as ${example}. “${words}” compares ${texts.kindNames[wanted][1]} only.`,
  kindNames: /** @type {Record<string, [string, string]>} */ ({ text: ['a text', 'texts'], number: ['a number', 'numbers'], flag: ['true or false', 'true and false'], null: ['null', 'null'], list: ['a list', 'lists'], object: ['an object', 'items that are objects'] }),
  menu: 'What to do with this', grip: (/** @type {string} */ what) => `Move: ${what}`, gripHint: 'Drag, or press Space and the arrows', dragHelp: 'Press Space to lift, arrows to move, Space to drop, Escape to cancel.',
  moves: { up: 'Move up', down: 'Move down', out: 'Move out of the group', into: (/** @type {string} */ group) => `Move into: ${group}`, wrap: (/** @type {string} */ match) => `Wrap in “${match}”`, unwrap: 'Ungroup', duplicate: 'Duplicate', remove: 'Remove', removeStep: 'Remove step' },
  announce: {
    lifted: (/** @type {string} */ what, /** @type {string} */ place) => `Lifted: ${what}. ${place}`, moved: (/** @type {string} */ _, /** @type {string} */ place) => place,
    dropped: (/** @type {string} */ what, /** @type {string} */ place) => `Dropped: ${what}. ${place}`, cancelled: (/** @type {string} */ what) => `Cancelled. ${what} stays where it was.`,
  },
  place: (/** @type {number} */ at, /** @type {number} */ of, /** @type {string} */ group) => `Place ${at} of ${of}${group ? ` in the group ${group}` : ''}.`, noPlace: 'Not over a place to drop.', added: (/** @type {string} */ what) => `Added: ${what}`,

  // Steps
  addStep: 'Step', deliveries: 'Deliveries', stepDoes: 'What the step does', menuOfStep: (/** @type {number} */ n) => `What to do with step ${n}`,
  doings: /** @type {Record<string, string>} */ ({ deliver: 'Post to a URL', forward: 'Deliver to an endpoint', emit: 'Send another event', invoke: 'Invoke an action' }),
  url: 'URL', preset: 'Format', presets: /** @type {Record<string, string>} */ ({ envelope: 'Event envelope', json: 'Payload only', slack: 'Slack message', teams: 'Teams message', discord: 'Discord message' }),
  endpoint: 'Endpoint', chooseEndpoint: 'Choose an endpoint', forwardHint: 'It receives the event once, whatever types it listens to, in its own format.',
  emitType: 'Type of the new event', emitHint: 'One new event for each event that meets the conditions. It must not trigger this rule again.', action: 'Action', chooseAction: 'Choose an action', actionHint: 'To save this you need one of the action’s roles.', mayNotInvoke: 'Your session lacks the scope actions, so it cannot save a rule that invokes one.', noActions: 'There are no actions in this workspace yet.',
  message: 'Message', messageHint: 'Text, or the whole message as JSON', templates: /** @type {Record<string, string>} */ ({ template: 'Template', data: 'Data', parameters: 'Parameters' }), templateHint: 'JSON with {{ data.… }}. Empty: the payload as it is',
  becomes: 'For this event:', undefinedMembers: (/** @type {string[]} */ at) => `This event lacks what ${at.map((pointer) => pointer || 'the template').join(', ')} reads, so it becomes null. Add | default('…') to say what to send instead.`,
  more: 'Delay and headers', delayed: (/** @type {number} */ seconds) => `after ${span(seconds * 1000)}`, headerCount: (/** @type {number} */ n) => (n === 1 ? '1 header' : `${n} headers`), delay: 'Delay', delayHint: 'How long after the event, at most 12 hours.', headers: 'Headers', headerName: 'Name of the header', headerValue: 'Value of the header', addHeader: 'Header', removeHeader: 'Remove this header',
  restHint: (/** @type {string} */ names) => `Also set: ${names}. Change them in the JSON view.`,

  // The event
  event: 'Event', chooseEvent: 'Which event', open: 'Open', lastEvents: 'Last events of these types', catalogue: 'Catalogue', exampleOf: (/** @type {string} */ type) => `The example of ${type}`, noEvents: 'No events', eventHint: 'Drag a value into the conditions, or press its +.',
  noEventTitle: 'No event of these types yet', noEventHint: 'Send one, or add an example to the type in the catalogue. Then you can drag its values from here.', send: 'Send an event',
  gripValue: (/** @type {string} */ path) => `Drag ${path}`, addValueOf: (/** @type {string} */ path) => `Add a condition on ${path}`, insert: (/** @type {string} */ path) => `Insert {{ ${path} }} into the template`,

  // The result
  foundInstead: (/** @type {number} */ n) => `Why it did not fire, of the last ${n}:`, result: 'Result', trying: 'Testing…', again: 'Test again on the last events', notTried: 'This event could not be tested', firesFor: (/** @type {number} */ n) => `Fires for ${n}`, ofTheLast: (/** @type {number} */ n) => (n === 1 ? 'of 1 event' : `of the last ${n} events`), notAll: 'Time ran out before all of the last 100 events were tested.',
  stripLabel: (/** @type {number} */ n, /** @type {number} */ of) => `The last ${of} events, oldest first: it fires for ${n}`, show: 'Which events', all: 'All', fires: 'Fires', firesNot: 'Does not fire', noneFires: 'It fires for none of them.', allFire: 'It fires for all of them.', more100: (/** @type {number} */ n) => `Show ${n} more`,
  noBacktest: 'No events to test it on yet', noBacktestHint: 'No event of these types is kept. Send one, and the result appears here.', forThis: 'for', addExample: 'Add as example', openEvent: 'Open the event', exampleAdded: 'Added as example',
  wouldSend: 'What it would send', wouldSendIf: 'What it would send if it fired', notSent: 'Laid out for reading; Copy takes the exact bytes. Nothing is sent while you look.', noRequest: (/** @type {number} */ n) => `Step ${n} sends no request.`, emits: (/** @type {string} */ type) => `Event ${type}`, invokes: (/** @type {string} */ action) => `Action ${action}`, copyBody: 'Copy the body', body: 'Body of the request', headersOf: (/** @type {number} */ n) => `${n} headers`, signedLater: 'signed with a trial secret until the step is saved', bytes: (/** @type {string} */ n) => `${n} bytes`,
  verdicts: /** @type {Record<string, string>} */ ({ event_type: 'another type', channels: 'in none of the channels', filter: 'conditions not met', active: 'switched off', loop: 'would be a loop', live: 'only watching' }),

  // Examples
  noExamples: 'Sample events with the outcome you expect. The rule can be saved only while all of them pass.', exampleName: 'Name of the example', exampleNumber: (/** @type {number} */ n) => `Example ${n}`, exampleBegun: (/** @type {string} */ type, /** @type {number} */ n) => `${type} ${n}`, expect: 'What is expected', mustFire: 'must fire', mustNotFire: 'must not fire', look: 'Look', editEvent: 'Edit the event', take: 'Apply', eventForm: 'An object with type and data; channels and timestamp may be added.', menuOfExample: (/** @type {number} */ n) => `What to do with example ${n}`,

  // JSON
  jsonLabel: 'The rule as JSON', strange: 'The builder cannot show this yet. Correct the marked lines first.', held: 'The JSON that you typed is no rule yet', heldHint: 'The builder cannot show it. Nothing of it is lost: correct it, or drop it and go on with the rule as it was.', toJson: 'Back to the JSON', dropJson: 'Drop it', jsonHint: 'The same rule as text. Valid edits show in the builder at once.',

  // Firings
  modeThen: /** @type {Record<string, string>} */ ({ live: 'While the rule was live', watch: 'While it only watched: nothing was sent' }), didNot: (/** @type {string} */ why) => `did not fire · ${why}`, stepNumber: (/** @type {string|number} */ n) => `Step ${n}`, firings: 'firings', resultWord: 'Result', periodWord: 'Period', results: /** @type {Record<string, string>} */ ({ fired: 'Fired', would_have_fired: 'Would have fired', not_fired: 'Did not fire' }), reading: 'Up to 2,000 events are read for this: it may take some seconds.', noFirings: 'No events since the rule was saved', noFiringsHint: 'Each event of its types appears here, with what the rule did and why.',
  skips: /** @type {Record<string, string>} */ ({ filter: 'conditions not met', disabled: 'switched off', parked_full: 'too many parked', watching: 'only watching', loop: 'would be a loop', forwarded: 'delivered by the endpoint', channel: 'in none of the channels', type_not_subscribed: 'another type', notified_lately: 'notified recently' }),
  lookedAt: (/** @type {string} */ n, /** @type {string} */ since) => `The newest ${n} events, back to ${since}:`, noEventsYet: 'No events in this period.',
};
