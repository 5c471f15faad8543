// Which words does the shell of the console show?
// All texts of the shell; a page's own texts are in messages/en/{page}.js. Functions where a number or name stands inside.
import { count, number, span } from '../format.js';

export const messages = {
  product: 'Posthorn',
  skip: 'Skip to content',
  nav: {
    label: 'Pages', menu: 'Menu', search: 'Search', workspace: 'Workspace', switchWorkspace: 'Switch workspace', logout: 'Log out', keys: 'Keyboard shortcuts', back: 'Back to the product', made: 'Made with Posthorn', portalName: 'Webhooks',
    setup: 'Setup', overview: 'Overview', endpoints: 'Endpoints', deliveries: 'Deliveries', events: 'Events', catalogue: 'Catalogue', rules: 'Rules', actions: 'Actions', sources: 'Sources',
    replays: 'Replays', keys_page: 'Keys', portal: 'Portal', developers: 'Developers', audit: 'Audit', notifications: 'Notifications', settings: 'Settings',
    groups: { watch: 'Watch', build: 'Build', manage: 'Manage' },
  },
  status: /** @type {Record<string, string>} */ ({
    delivered: 'Delivered', retrying: 'Retrying', parked: 'Parked', failed: 'Failed', cancelled: 'Cancelled', pending: 'Pending', skipped: 'Skipped',
    healthy: 'Healthy', failing: 'Failing', disabled: 'Off', active: 'On', watching: 'Watching', live: 'Live', off: 'Off', succeeded: 'Succeeded', running: 'Running', timed_out: 'Timed out', interrupted: 'Interrupted',
    accepted: 'Accepted', invalid: 'Invalid', completed: 'Completed', deprecated: 'Deprecated', archived: 'Archived',
  }),
  states: {
    loading: 'Loading', failedTitle: 'This could not be loaded', retry: 'Try again', requestId: 'Request', reset: 'Clear filters',
    noMatch: (/** @type {string} */ what) => `No ${what} match`, noMatchHint: (/** @type {string} */ names) => `Filtered by ${names}.`,
    forbiddenTitle: 'You do not have access to this', forbidden: (/** @type {string} */ scope) => `Your key lacks the scope ${scope}. Ask an administrator for a key that has it.`, forbiddenPortal: 'Your link does not include it. Ask those who gave you the link.',
    notFoundTitle: 'Not found', notFound: 'Nothing in this workspace has this address. Check the link, or switch to the workspace that it belongs to. The workspace itself may have been deleted.', notFoundPortal: 'Nothing here has this address. It may have been deleted.', otherTitle: 'Your key does not see this workspace', other: 'The link leads to another workspace than that of your key. Log in with a key for it.', otherBack: 'Open your workspace',
    stale: (/** @type {number} */ ms) => `Last updated ${span(ms)} ago. The server does not answer; we will keep trying.`,
    partial: (/** @type {string} */ back, /** @type {string} */ looked = '') => `Searched ${looked && `${looked}, `}back to ${back}. What is older was not searched yet.`,
    shortPage: 'Only part of the list was searched yet. There may be more.',
    beyond: (/** @type {number} */ days) => `Kept for ${count(days, 'day')}. What is older was deleted.`,
    erased: (/** @type {string} */ when) => `The payload was erased ${when}. What was delivered stays listed.`,
    crashed: 'Something went wrong on this page', crashedHint: 'Reload it. If it happens again, report the text below.', reload: 'Reload',
    noWorkspace: 'This workspace does not exist', noWorkspaceHint: 'It may have been deleted, or the address is mistyped.',
    notBuilt: 'This page does not exist', notBuiltHint: 'The address may be mistyped, or the page was moved.', toPage: (/** @type {string} */ page) => `Open ${page}`, toList: 'Back to the list',
    notLoaded: 'This page could not be loaded', notLoadedHint: 'The console may have been updated in the meantime, or the server cannot be reached. The page is loaded again as soon as the server answers.',
  },
  list: { newer: 'Newer', older: 'Older', further: 'Search older', fresh: (/** @type {number} */ n, more = false) => `Show ${number(n)}${more ? '+' : ''} new`, first: 'Newest', selected: (/** @type {number} */ n) => `${number(n)} selected`, select: 'Select this row', selectAll: 'Select all rows of this page', none: 'Select none', filters: 'Filters', any: 'Any', period: 'Period', from: 'From', until: 'Until', apply: 'Apply', rows: (/** @type {number} */ n) => count(n, 'row'), find: 'Find' },
  periods: /** @type {Record<string, string>} */ ({ '': 'Any time', '1h': 'Last hour', '24h': 'Last 24 hours', '7d': 'Last 7 days', '30d': 'Last 30 days', custom: 'Between …' }),
  copy: { copy: 'Copy', copied: 'Copied', failed: 'Copying was refused by the browser', id: 'Copy id', path: 'Copy path', value: 'Copy value', all: 'Copy all' },
  form: { save: 'Save', saving: 'Saving…', cancel: 'Cancel', close: 'Close', saved: 'Saved', optional: 'optional', failed: 'Not saved', marked: (/** @type {number} */ n) => (n === 1 ? 'One value needs a change.' : `${number(n)} values need a change.`), refused: 'This was refused', leave: 'Leave this page? What you typed and did not save is lost.', other: 'Elsewhere',
    changedTitle: 'Somebody changed this meanwhile', confirmType: (/** @type {string} */ word) => `Type ${word} to confirm`, show: 'Show', hide: 'Hide' },
  json: { expand: 'Expand', collapse: 'Collapse', more: (/** @type {number} */ n) => `Show ${number(n)} more`, items: (/** @type {number} */ n) => count(n, 'item'), members: (/** @type {number} */ n) => count(n, 'member'), invalid: 'Not JSON', raw: 'As text', tree: 'As a tree', line: (/** @type {number} */ n) => `Line ${n}`, wrap: 'Wrap lines' },
  chart: { delivered: 'Delivered', failed: 'Failed', time: 'Time', none: 'Nothing was delivered or failed in this time' },
  palette: { label: 'Go to a page, an endpoint, an event type, or paste an id', placeholder: 'Search, or paste any id', inPayloads: (/** @type {string} */ text) => `Events whose payload contains “${text}”`, none: 'Nothing found', open: 'Open', pages: 'Pages', endpoints: 'Endpoints', types: 'Event types', rules: 'Rules', ids: 'Id', workspaces: 'Workspaces', newWorkspace: 'New workspace' },
  keys: { title: 'Keyboard shortcuts', everywhere: 'Everywhere', page: 'This page', singles: 'Single keys', singlesHint: 'Switch off if speech input triggers them.', palette: 'Search, or open a pasted id', sheet: 'Show these shortcuts', go: (/** @type {string} */ page) => `Go to ${page}`, next: 'Next row', previous: 'Previous row', open: 'Open row', select: 'Select row', or: 'or' },
  endpoint: {
    rule: (/** @type {string} */ name, /** @type {string} */ step) => `Rule: ${name}${step && ` · ${step}`}`,
    off: /** @type {Record<string, string>} */ ({ failing: 'switched off after too many failures', gone: 'answered 410 Gone', manual: 'switched off by hand' }),
    since: (/** @type {string} */ time) => `for ${time}`, failingFor: (/** @type {string} */ time) => `for ${time}`, failures: (/** @type {number} */ n) => `${count(n, 'failure')} in a row`,
    /** What an endpoint did, by the class of the error. */
    did: /** @type {Record<string, (status: string) => string>} */ ({
      http_status: (status) => `answered ${status}`, timeout: () => 'did not answer in time', connection_refused: () => 'refused the connection', connection_reset: () => 'broke the connection', dns_error: () => 'could not be found by its name',
      tls_error: () => 'had no trusted certificate', redirect_refused: (status) => `answered with a redirect (${status})`, response_invalid: () => 'answered something that is not HTTP', blocked_address: () => 'has a private address',
    }),
    parked: (/** @type {number} */ n, /** @type {boolean} */ exact) => `${number(n)}${exact ? '' : '+'} parked`, probe: (/** @type {number} */ ms) => (ms > 1000 ? `next probe in ${span(ms)}` : 'probe is due'),
  },
  overview: {
    title: 'Overview', needs: 'Needs you', nothing: 'Nothing needs you.', nothingHint: 'Every endpoint accepts its deliveries.', retried: (/** @type {number} */ n) => `${count(n, 'endpoint')} failed within the last minute and ${n === 1 ? 'is' : 'are'} tried again.`, day: 'Last 24 hours', failures: 'Last failures', noFailures: 'No delivery has failed.', all: 'All failed deliveries', empty: 'No endpoints yet', emptyHint: 'An endpoint is a URL that receives events.', emptyFirst: 'Make the first one, and see a delivery arrive.', start: 'Set up the first endpoint',
    failing: (/** @type {string} */ words) => `Failing ${words}`, disabled: (/** @type {string} */ words) => `Off: ${words}`, failed: (/** @type {string} */ n) => `${n} failed ${n === '1' ? 'delivery' : 'deliveries'}`, also: (/** @type {string} */ a, /** @type {string} */ b) => `${a} · ${b}`, overlap: (/** @type {string} */ time) => `The old secret stops working in ${time}`, usedUp: 'Today’s events are used up', usedUpWords: (/** @type {number} */ most) => `Every event is refused: the limit is ${count(most, 'event')} a day.${most > 0 ? ' It starts again at midnight UTC.' : ''}`, toSettings: 'Settings',
    open: 'Open', switchOn: 'Switch on', on: { parked: 'Switched on. What was parked is sent now.', skipped: 'Switched on. It gets new events from now on.', replay: 'Replay what it missed' }, replay: (/** @type {string} */ n) => `Replay ${n}`, replayTitle: 'Send again', counting: 'Counting …', replayConfirm: (/** @type {number} */ n) => `Send ${number(n)}`, replayed: (/** @type {number} */ n) => `${count(n, 'delivery', 'deliveries')} will be sent again.`,
    replayWords: (/** @type {string} */ n, /** @type {string} */ name) => `${n} that failed or ${n === '1 delivery' ? 'was' : 'were'} cancelled will be sent again to ${name}. Each keeps its id, so a receiver that knows it can skip it.`, replayParked: 'It fails now: they wait with those that are parked until it answers.', nothingToReplay: 'Nothing is left to send: all of them were sent again or have expired.',
    delivered: 'Delivered', failedCount: 'Failed', success: 'Attempts that succeeded', p95: '95 of 100 answered within', approximate: 'Counts are some seconds behind.', lastTime: 'Accepted', equal: 'Deliveries', status: 'Status', type: 'Event type', endpoint: 'Endpoint', answer: 'Answer',
  },
  login: {
    title: 'Log in', key: 'API key', hint: 'The key is exchanged for a session of 12 hours. It is not kept in the browser.', placeholder: 'phk_…', submit: 'Log in', working: 'Checking…', empty: 'Enter an API key.',
    refused: 'This key is unknown or has expired.', onceRefused: 'This link was used already or has expired. Start the server again for a new one, or log in with an API key.', ended: 'Your session has ended. Log in to go on where you were.', toLink: 'Log in to open the page that this link leads to. Each tab has a session of its own, which ends with the tab; one that is opened from another by Ctrl and a click has its session.', typedKept: 'What you typed and did not save is kept in this tab, except secrets.',
    noWorkspace: 'This installation has no workspace yet.', noWorkspaceHint: 'A workspace holds the endpoints and events of one customer or product.', create: 'Create workspace', name: 'Name of the workspace', choose: 'Choose a workspace', find: 'Find a workspace', moreWorkspaces: 'The newest 50 are shown. Find others by name.',
    local: 'On your machine, cargo local prints the key, and a link that logs in by itself.', portalEnded: 'This link has expired', portalOther: 'This link belongs to another address', portalAgain: 'Get a new link', renewed: 'The link was renewed, and what you typed is kept. What you pressed last was not carried out: press it again.',
    portalEndedHint: (/** @type {string|null|undefined} */ name) => (name ? `Open the webhook settings again in ${name}, which makes a new link.` : 'Open the webhook settings again in the product that gave you the link: it makes a new one.'),
  },
};

/** @param {string} status */
export const statusWord = (status) => messages.status[status] ?? status;
