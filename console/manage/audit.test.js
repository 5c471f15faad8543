import test from 'node:test';
import assert from 'node:assert/strict';
import { brief, changesOf, nameOf, placeOf } from './audit.js';

test('only what differs inside an object is listed', () => {
  const rows = changesOf({ before: { disable: { window_seconds: 86400, on: true }, timeout_seconds: 10 }, after: { disable: { window_seconds: 600, on: true }, timeout_seconds: 5 } });
  assert.deepEqual(rows, [{ name: 'disable.window_seconds', before: '86400', after: '600' }, { name: 'timeout_seconds', before: '10', after: '5' }]);
});

test('what is new has no side before, what is gone none after', () => {
  assert.deepEqual(changesOf({ before: null, after: { name: 'a' } }), [{ name: 'name', before: null, after: 'a' }]);
  assert.deepEqual(changesOf({ before: { name: 'a' }, after: null }), [{ name: 'name', before: 'a', after: null }]);
});

test('a hidden value that was changed is still listed', () => {
  assert.deepEqual(changesOf({ before: { secret: '[hidden]' }, after: { secret: '[hidden]' } }), [{ name: 'secret', before: '[hidden]', after: '[hidden]' }]);
});

test('a rotation says until when the old secret works', () => {
  const rows = changesOf({ before: { old_secrets: [], secret: '[hidden]' }, after: { old_secrets: [{ expires_at: '2026-11-28T13:29:36.708Z' }], secret: '[hidden]' } });
  assert.equal(brief(rows, 'nothing'), 'old_secrets nothing → until 2026-11-28 13:29 UTC');
  assert.equal(brief(rows.slice(1), 'nothing'), 'secret replaced');
  const current = (/** @type {string} */ at) => ({ secrets: [{ created_at: at, expires_at: null, secret: '[hidden]' }] });
  assert.equal(changesOf({ before: current('2026-11-28T11:16:31.616Z'), after: current('2026-11-28T11:16:40.000Z') }).length, 1, 'also within a minute');
});

test('an entry without members says nothing', () => assert.equal(brief(changesOf({ before: null, after: {} }), 'nothing'), ''));

test('the first change in a few words', () => {
  assert.equal(brief([{ name: 'url', before: 'x'.repeat(99), after: '' }], 'nothing'), `url ${'x'.repeat(31)}… → nothing`);
});

test('what was deleted has no page, but an endpoint keeps one', () => {
  assert.equal(placeOf({ action: 'rule.deleted', target: { type: 'rule', id: 'rule_1' } }), null);
  assert.deepEqual(placeOf({ action: 'endpoint.deleted', target: { type: 'endpoint', id: 'we_1' } }), { page: 'endpoints', id: 'we_1' });
  assert.deepEqual(placeOf({ action: 'workspace.updated', target: { type: 'workspace', id: 'ws_1' } }), { page: 'settings', id: '' });
  assert.deepEqual(placeOf({ action: 'action.updated', target: { type: 'endpoint', id: 'we_1' } }), { page: 'actions', id: '' });
  assert.deepEqual(placeOf({ action: 'action.updated', target: { type: 'endpoint', id: 'we_1' }, target_name: 'refund' }), { page: 'actions', id: 'refund' });
  assert.deepEqual(placeOf({ action: 'action.invoked', target: { type: 'invocation', id: 'inv_1' }, target_name: 'refund' }), { page: 'actions', id: 'refund', query: { tab: 'log', invocation: 'inv_1' } });
  assert.equal(placeOf({ action: 'session.created', target: { type: 'session', id: 'ses_1' } }), null);
});

test('a thing is called by the name that it has since', () => {
  assert.equal(nameOf({ before: { name: 'old' }, after: { name: 'new' }, target: { type: 'workspace', id: 'ws_1' } }), 'new');
  assert.equal(nameOf({ before: null, after: null, target: { type: 'event_type', id: 'invoice.paid' } }), 'invoice.paid');
  assert.equal(nameOf({ before: null, after: {}, target: { type: 'endpoint', id: 'we_1' } }), null);
});
