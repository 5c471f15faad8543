import { test } from 'node:test';
import assert from 'node:assert/strict';
import { duration, exact, isUid, middle, pageOfId, percent, relative, shortId, shortUrl, size, span } from './format.js';

test('durations are said in at most two units', () => {
  assert.equal(duration(4), '4 ms');
  assert.equal(duration(1240), '1.2 s');
  assert.equal(duration(9999), '9.9 s');
  assert.equal(span(252_000), '4 min 12 s');
  assert.equal(span(3_600_000 * 3 + 60_000 * 20), '3 h 20 min');
  assert.equal(span(86_400_000 * 2), '2 days');
  assert.equal(duration(null), '–');
});
test('a share is 100 % only if nothing failed, and 0 % only if nothing succeeded', () => {
  assert.equal(percent(1), '100 %');
  assert.equal(percent(0.99999), '99.9 %');
  assert.equal(percent(0.00001), '0.1 %');
  assert.equal(percent(0), '0 %');
  assert.equal(percent(null), '–');
});
test('sizes are decimal', () => {
  assert.equal(size(1), '1 byte');
  assert.equal(size(12_400), '12.4 KB');
  assert.equal(size(4_500_000), '4.5 MB');
});
test('relative times go from seconds to dates', () => {
  const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
  assert.equal(relative(now - 1000, now), 'just now');
  assert.equal(relative(now - 40_000, now), '40 s ago');
  assert.equal(relative(now + 40_000, now), 'in 40 s');
  assert.equal(relative(now - 3 * 3_600_000, now), '3 h ago');
  assert.equal(relative(new Date(2026, 10, 20, 14, 3), now), 'yesterday 14:03');
  assert.equal(relative(new Date(2026, 10, 3, 14, 3), now), '3 Nov 14:03');
  assert.equal(relative(new Date(2025, 10, 3, 14, 3), now), '3 Nov 2025');
});
test('the exact instant is UTC with milliseconds', () => assert.equal(exact('2026-11-21T12:46:12.092Z'), '2026-11-21 12:46:12.092 UTC'));
test('ids and texts are shortened in the middle', () => {
  assert.equal(shortId('evt_01M7Z294KETHNPJB3QG0VDG1JA'), 'evt_01…VDG1JA');
  assert.equal(shortId('my-own-id'), 'my-own-id');
  assert.equal(middle('abcdefghij', 7), 'abcd…ij');
});
test('a URL loses only what nobody scans', () => {
  assert.equal(shortUrl('https://example.com/'), 'example.com');
  assert.equal(shortUrl('http://example.com/'), 'http://example.com');
});
test('any pasted id opens its page, also from within a header or in lower case', () => {
  assert.deepEqual(pageOfId('X-Webhook-Delivery: wd_01M7Z294KE09KB0RZ3DJF2F982'), { page: 'deliveries', id: 'wd_01M7Z294KE09KB0RZ3DJF2F982' });
  assert.deepEqual(pageOfId(' evt_01m7z294kethnpjb3qg0vdg1ja\n'), { page: 'events', id: 'evt_01M7Z294KETHNPJB3QG0VDG1JA' });
  assert.equal(pageOfId('invoice.paid'), null);
  assert.equal(pageOfId('evt_short'), null);
});
test('what can be an id of one’s own is looked up, and nothing that would be another address', () => {
  assert.deepEqual(['invoice-1003', 'a.b_c', '../me', '..', 'two words', 'in'].map(isUid), [true, true, false, false, false, false]);
});
