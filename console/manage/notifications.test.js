import test from 'node:test';
import assert from 'node:assert/strict';
import { TYPES, hears, isNotification, urlOf, whereOf } from './notifications.js';

test('a message by template is no notification', () => {
  assert.equal(isNotification({ body: 'slack', template: null }), true);
  assert.equal(isNotification({ body: 'slack', template: { text: 'x' } }), false);
  assert.equal(isNotification({ body: 'envelope', template: null }), false);
});

test('an empty list means all four for a notification and none for a program', () => {
  assert.deepEqual(hears({ body: 'slack', template: null, events: [] }), TYPES);
  assert.deepEqual(hears({ body: 'envelope', template: null, events: [] }), []);
});

test('families are understood, and other types hear nothing', () => {
  assert.deepEqual(hears({ body: 'envelope', events: ['posthorn.endpoint.*'] }), TYPES.slice(0, 3));
  assert.deepEqual(hears({ body: 'envelope', events: ['invoice.*', 'posthorn.delivery.exhausted'] }), [TYPES[3]]);
  assert.deepEqual(hears({ body: 'envelope', events: ['post.*'] }), []);
});

test('an address is shown without its secret path', () => {
  assert.equal(whereOf({ url: 'https://hooks.slack.com/services/T/B/x' }), 'hooks.slack.com');
  assert.equal(whereOf({ url: 'mailto:ops@example.com' }), 'ops@example.com');
  assert.equal(urlOf('email', ' ops@example.com '), 'mailto:ops@example.com');
});
