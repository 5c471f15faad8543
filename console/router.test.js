import { test } from 'node:test';
import assert from 'node:assert/strict';
import { moduleOf, parse, search } from './router.js';

test('an address names app, workspace, page and id', () => {
  const at = parse('/console/ws_1/deliveries/wd_2', '?status=failed');
  assert.deepEqual([at.app, at.ws, at.page, at.id, at.query.get('status')], ['console', 'ws_1', 'deliveries', 'wd_2', 'failed']);
  assert.equal(moduleOf(at), 'delivery');
  assert.equal(parse('/portal/ws_1/events').app, 'portal');
});
test('words that stand in the place of an id have their own page', () => {
  assert.equal(moduleOf(parse('/console/ws_1/endpoints/new')), 'endpoint_new');
  assert.equal(moduleOf(parse('/console/ws_1/endpoints/we_1')), 'endpoint');
  assert.equal(moduleOf(parse('/console/ws_1/actions', '?view=new')), 'action_edit');
  assert.equal(moduleOf(parse('/console/ws_1/actions/new')), 'action', 'an action may have that name');
});
test('an unknown page, and an id under a page that has none, name nothing', () => {
  assert.equal(moduleOf(parse('/console/ws_1/nonsense')), '');
  assert.equal(moduleOf(parse('/console/ws_1/audit/aud_1')), '');
  assert.equal(moduleOf(parse('/console/ws_1/constructor')), '');
});
test('an event type with a slash is one id, whether escaped or not', () => {
  assert.equal(parse('/console/ws_1/catalogue/order%2Fcreated').id, 'order/created');
  assert.equal(parse('/console/ws_1/catalogue/order/created').id, 'order/created');
});
test('a broken escape does not throw', () => assert.equal(parse('/console/ws_1/events/%E0%A4%A').id, '%E0%A4%A'));
test('empty values are left out of the query', () => assert.equal(search({ a: '', b: null, c: 'x y', d: 0 }), '?c=x+y&d=0'));
