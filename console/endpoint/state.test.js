import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateWords, towardsOff, wants } from './state.js';

const now = Date.parse('2026-11-21T12:00:00Z');
const endpoint = (more = {}) => ({ active: true, events: [], channels: [], filter: null, health: { failures: 0, failing_since: null, circuit: 'closed', next_probe_at: null }, ...more });

test('a healthy endpoint needs no second line', () => {
  assert.deepEqual(stateWords(endpoint(), now), { state: 'healthy', line: 'Healthy', next: '' });
});

test('a new endpoint is not called healthy before anything was sent', () => {
  const made = endpoint({ created_at: '2026-11-21T11:00:00Z' });
  const state = (figures, e = made) => stateWords(e, now, figures).state;
  assert.equal(state({ total: { attempts: 0 } }), 'unused');
  assert.equal(state({ total: { attempts: 1 } }), 'healthy');
  assert.equal(state({ total: { attempts: 0 }, exact: { delivered: 1 } }), 'healthy', 'it is not counted yet');
  assert.equal(state({ total: { attempts: 0 }, exact: { failed: 1 } }), 'unused', 'a test failed');
  assert.equal(state(undefined), 'healthy', 'the figures are not loaded yet');
  assert.equal(state({ total: { attempts: 0 } }, endpoint({ created_at: '2026-11-19T11:00:00Z' })), 'healthy', 'it may have had some before');
});

test('a failing endpoint says since when, what waits and what happens next', () => {
  const health = { failures: 7, last_error: 'http_status', response_status: 500, failing_since: '2026-11-21T11:48:00Z', circuit: 'open', next_probe_at: '2026-11-21T12:00:40Z', parked: 14, parked_exact: true };
  assert.deepEqual(stateWords(endpoint({ health }), now), { state: 'failing', line: 'Failing for 12 min', next: 'answered 500 · next probe in 40 s · 14 parked · 7 failures in a row' });
});

test('an endpoint that is off says why and what becomes of its events', () => {
  const off = (reason) => stateWords(endpoint({ active: false, disabled_reason: reason, disabled_at: '2026-11-21T09:00:00Z' }), now);
  assert.deepEqual(off('manual'), { state: 'disabled', line: 'Off for 3 h', next: 'events are skipped · switched off by hand' });
  assert.equal(off('failing').next, 'events are kept · switched off after too many failures');
  assert.equal(stateWords(endpoint({ active: false, disabled_reason: null, disabled_at: null }), now).line, 'Off');
});

test('a failing endpoint is switched off when failures and time are both reached', () => {
  const of = (failures, since, window_seconds) => towardsOff({ health: { failures, failing_since: since }, disable: { consecutive_failures: 10, window_seconds } }, now);
  assert.deepEqual(of(27, '2026-11-21T11:30:00Z', 86_400), { more: 1, at: '2026-11-22T11:30:00.000Z' });
  assert.deepEqual(of(4, '2026-11-20T11:30:00Z', 86_400), { more: 6, at: '' });
  assert.deepEqual(of(9, '2026-11-21T11:59:59Z', 0), { more: 1, at: '' });
});

test('three types are shown, and how many more; four are all shown', () => {
  assert.deepEqual(wants(endpoint()).all, true);
  assert.deepEqual([wants(endpoint({ events: ['a', 'b', 'c', 'd'] })).shown.length, wants(endpoint({ events: ['a', 'b', 'c', 'd'] })).more], [4, 0]);
  const five = wants(endpoint({ events: ['a', 'b', 'c', 'd', 'e'] }));
  assert.deepEqual([five.shown, five.more, five.rest], [['a', 'b', 'c'], 2, ['d', 'e']]);
});
