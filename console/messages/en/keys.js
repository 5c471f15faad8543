// Which words do the pages of API keys show?
// Scopes as sentences, what is marked, and what follows from rotating and revoking.
import { count } from '../../shell.js';

export const words = {
  title: 'Keys', note: 'Programs authenticate with a key. Give each program its own, with only the permissions it needs.', new: 'New key', name: 'Name', may: 'Permissions', roles: 'Roles', used: 'Last used', ends: 'Expires', created: 'Created', id: 'Id', workspace: 'Works in', onlyHere: 'This workspace', everywhere: 'All workspaces', which: 'Keys of', yours: 'Yours',
  yoursHint: 'You are logged in with this key.', never: 'Never used', fresh: 'Not used yet', idle: (/** @type {number} */ days) => `Unused for ${count(days, 'day')}`, endless: 'Never', over: 'Expired', none: 'None', things: 'keys',
  empty: 'No keys for this workspace', emptyHint: 'A program needs a key to send events. Keys for all workspaces are listed separately.', emptyAll: 'No keys for all workspaces',
  idleNote: (/** @type {number} */ n) => `${count(n, 'key is', 'keys are')} not in use. Revoke a key that nobody needs.`,
  usedHint: 'Accurate to the hour', scopes: /** @type {Record<string, string>} */ ({
    events: 'send, read and erase events', 'events:ro': 'read events and their payloads', webhooks: 'manage and test endpoints', 'webhooks:ro': 'read endpoints', deliveries: 'read and replay deliveries', 'deliveries:ro': 'read deliveries',
    rules: 'manage and test rules', 'rules:ro': 'read rules', actions: 'invoke actions that its roles allow', 'actions:ro': 'read actions and their log', sources: 'manage sources, and read what they received', 'sources:ro': 'read sources, without bodies',
    catalogue: 'describe event types', 'catalogue:ro': 'read the catalogue', workspaces: 'read and change workspaces', 'workspaces:ro': 'read workspaces', admin: 'do everything except invoke actions; manage keys', 'admin:ro': 'read everything, including the audit log',
  }),
  nouns: /** @type {Record<string, string>} */ ({ events: 'Events', webhooks: 'Endpoints', deliveries: 'Deliveries', rules: 'Rules', actions: 'Actions', sources: 'Sources', catalogue: 'Catalogue', workspaces: 'Workspaces', admin: 'Administration' }),
  levels: /** @type {Record<string, string>} */ ({ none: 'None', ro: 'Read', rw: 'Manage' }), levelOf: /** @type {Record<string, string>} */ ({ 'actions.rw': 'Invoke', 'admin.rw': 'Everything', 'events.rw': 'Send', 'deliveries.rw': 'Replay' }), nothing: 'nothing',
  nameHint: 'The program that uses it, such as “billing service”.', rolesHint: 'Such as support. Each action lists the roles that may invoke it.', scopesTitle: 'Permissions', presets: 'Start from', preset: /** @type {[string, string[]][]} */ ([['Send events', ['events']], ['Read only', ['events:ro', 'webhooks:ro', 'deliveries:ro']], ['Support', ['events:ro', 'webhooks', 'deliveries', 'actions']], ['Administrator', ['admin']]]),
  for: 'For', forHere: 'This workspace only', forAll: 'All workspaces, including future ones', expires: 'Expires', expiry: /** @type {[string, string][]} */ ([['', 'Never'], ['30', 'In 30 days'], ['90', 'In 90 days'], ['365', 'In a year'], ['date', 'On a date …']]), day: 'Last day', create: 'Create key', creating: 'Creating…', adminWarn: 'This key can do anything here and create more keys. Programs rarely need that.',
  secretTitle: 'Your new key, shown only this once', secretHint: 'Copy it now. It cannot be shown again; if it is lost, rotate it.', copySecret: 'Copy key', secretDone: 'I have copied it', tryIt: 'Try it',
  key: 'Key', rotate: 'Rotate', rotateTitle: (/** @type {string} */ name) => `Rotate ${name}?`, rotateWords: 'A new secret is shown once. The old one works until the overlap ends, which gives each program time to switch.', overlap: 'Overlap', overlaps: /** @type {[string, string][]} */ ([['86400', '1 day'], ['3600', '1 hour'], ['604800', '7 days'], ['0', 'None: the key has leaked']]), rotated: 'Rotated. Copy the new key now.',
  revoke: 'Revoke', revokeTitle: (/** @type {string} */ name) => `Revoke ${name}?`, revokeWords: 'Within 5 seconds it is refused, and so are its old secrets. Sessions and portal links made with it end. This cannot be undone.', revokeOwn: 'You are logged in with this key, so you will be logged out.', usedLately: (/** @type {string} */ when) => `It was last used ${when}.`, revoked: 'Key revoked',
  old: 'Old secrets that still work', oldEnds: (/** @type {string} */ time) => `An old secret works for ${time} more`, did: 'What it changed', didAll: 'All in the audit log', didNothing: 'Nothing in the audit log.', more: 'More',
};
