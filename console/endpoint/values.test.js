import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blank, changes, creation, fromEndpoint, readSchedule, readSpan, write, writeSpan } from './values.js';

const endpoint = {
  url: 'https://example.com/', description: '', events: ['a.*'], channels: ['eu'], filter: { 'data.n': 1 }, method: 'POST', body: 'envelope', template: null, headers: { 'X-A': '1', 'X-B': '2' }, header_prefix: 'X-Webhook',
  signature: { profile: 'standard' }, retry: { preset: 'default' }, timeout_seconds: 10, outcomes: { success: [409, '3xx'] }, disable: { consecutive_failures: 10, window_seconds: 86400 }, rate_limit: { per_minute: 90 },
  max_concurrency: null, delay_seconds: 0, uid: null, metadata: {},
};

test('spans are read as people write them and written so that they can be read', () => {
  for (const [text, seconds] of [['90', 90], ['90 s', 90], ['5 min', 300], ['1h 30m', 5400], ['2 days', 172800], ['1 d 12 h', 129600]]) assert.equal(readSpan(text), seconds, text);
  for (const text of ['', 'soon', '5 weeks', '-3', '1.5 h']) assert.equal(readSpan(text), null, text);
  for (const seconds of [0, 1, 59, 61, 3600, 86400, 90061, 604800]) assert.equal(readSpan(writeSpan(seconds)), seconds);
  assert.deepEqual(readSchedule('1 s, 5 min'), [1, 300]);
  assert.equal(readSchedule('1 s, later'), null);
  assert.deepEqual(readSchedule(''), []);
});

test('a new endpoint sends only what was chosen', () => {
  assert.equal(write(creation({ ...blank(), url: ' https://a.example ' })), '{"url":"https://a.example"}');
  assert.equal(write(creation({ ...blank(), url: 'x', events: ['a.b'], rate: '5', retry: 'three-tries', headers: [['X-A', 'b'], ['', '']] })),
    '{"url":"x","events":["a.b"],"headers":{"X-A":"b"},"retry":{"preset":"three-tries"},"rate_limit":{"per_second":5}}');
});

test('typed JSON keeps every digit', () => {
  assert.equal(write(creation({ ...blank(), url: 'x', filter: '{"data.n": 12345678901234567890}' })), '{"url":"x","filter":{"data.n": 12345678901234567890}}');
});

test('an endpoint that is not changed changes nothing', () => {
  assert.deepEqual(changes(fromEndpoint(endpoint), fromEndpoint(endpoint)), {});
});

test('a change sends what differs, and null for what is gone', () => {
  const before = fromEndpoint(endpoint);
  const after = { ...before, headers: [['X-A', '9'], ['X-C', '3']], success: '', permanent: '400', filter: '', rate: '', timeout: '', window: '1 h' };
  assert.equal(write(changes(before, after)), write({ filter: null, headers: { 'X-A': '9', 'X-B': null, 'X-C': '3' }, timeout_seconds: null, outcomes: { success: null, permanent: [400] }, disable: { consecutive_failures: 10, window_seconds: 3600 }, rate_limit: null }));
});

test('what cannot be read is passed on, so that the server refuses it', () => {
  assert.equal(write(creation({ ...blank(), url: 'x', timeout: 'ten', retry: 'custom', schedule: 'soon' })), '{"url":"x","retry":{"schedule_seconds":"soon"},"timeout_seconds":"ten"}');
});
