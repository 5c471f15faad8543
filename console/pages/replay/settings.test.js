// Do times and types survive the way from link to form to request?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, fromLocal, fromQuery, toLocal } from './settings.js';

test('a link becomes fields, and fields the same request', () => {
  const fields = fromQuery(new URLSearchParams({ endpoint_id: 'we_1', since: '2026-11-21T12:45:00.000Z', until: '2026-11-21T13:00:00.000Z', status: 'all', event_types: 'invoice.*,order.created', include_delivered: 'true' }), 0);
  assert.deepEqual(bodyOf(fields), { since: '2026-11-21T12:45:00.000Z', until: '2026-11-21T13:00:00.000Z', status: 'all', event_types: ['invoice.*', 'order.created'], include_delivered: true });
});

test('without a link it is the last day of what failed', () => {
  const fields = fromQuery(new URLSearchParams('status=delivered,failed'), Date.parse('2026-11-28T12:00:30Z'));
  assert.deepEqual([fields.status, fromLocal(fields.since), fields.until], ['failed', '2026-11-27T12:00:00.000Z', '']);
});

test('delivered ones are asked for only where they can be', () => {
  assert.equal(bodyOf({ ...fromQuery(new URLSearchParams(), 0), status: 'retrying', include_delivered: true }).include_delivered, undefined);
});

test('what is no time is left out', () => {
  assert.equal(fromLocal(''), undefined);
  assert.equal(fromLocal('soon'), undefined);
  assert.equal(toLocal(null), '');
});
