// Does the bar tell the truth?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastsMs, leftMs, reached, rest, share, timeOfId } from './progress.js';

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const idAt = (/** @type {string} */ iso, prefix = 'wd_') => {
  let ms = Date.parse(iso);
  let text = '';
  for (let n = 0; n < 10; n++) { text = LETTERS[ms % 32] + text; ms = Math.floor(ms / 32); }
  return `${prefix}${text}VVDFAM16YVYHGDAA`;
};
const replay = (/** @type {any} */ more = {}) => ({ status: 'running', created_at: '2026-11-28T12:00:00Z', settings: { since: '2026-11-28T08:00:00Z', until: '2026-11-28T12:00:00Z', status: 'failed' }, progress: { phase: 'deliveries', after: idAt('2026-11-28T09:00:00Z') }, ...more });

test('an id tells its time', () => {
  assert.equal(timeOfId(idAt('2026-11-28T09:00:00Z')), Date.parse('2026-11-28T09:00:00Z'));
  assert.equal(reached(replay()), '2026-11-28T09:00:00.000Z');
});

test('a quarter of the window is a quarter of the bar, or an eighth with a second pass', () => {
  assert.equal(share(replay()), 0.25);
  const both = { ...replay().settings, status: 'all' };
  assert.equal(share(replay({ settings: both })), 0.125);
  assert.equal(share(replay({ settings: both, progress: { phase: 'events', after: idAt('2026-11-28T10:00:00Z', 'evt_') } })), 0.75);
  assert.equal(share(replay({ progress: { phase: 'deliveries', after: null } })), 0);
  assert.equal(share(replay({ progress: { phase: 'over' } })), 1);
});

test('the bar never leaves its ends', () => {
  assert.equal(share(replay({ progress: { phase: 'deliveries', after: idAt('2026-11-27T09:00:00Z') } })), 0);
  assert.equal(share(replay({ progress: { phase: 'deliveries', after: idAt('2026-11-29T09:00:00Z') } })), 1);
});

test('with a count the bar follows what was sent, and waits before its end', () => {
  assert.equal(share(replay({ sent: 300, total: 1200 })), 0.25);
  assert.equal(share(replay({ sent: 1201, total: 1200 })), 0.99);
  assert.equal(share(replay({ sent: 1201, total: 1200, status: 'completed' })), 1);
  assert.equal(leftMs(replay({ sent: 300, total: 1200 }), Date.parse('2026-11-28T12:00:10Z')), 30_000);
});

test('the time left follows from the pace', () => {
  const counted = replay({ sent: 1, total: 4 });
  assert.equal(leftMs(counted, Date.parse('2026-11-28T12:00:10Z')), 30_000);
  assert.equal(leftMs(counted, Date.parse('2026-11-28T12:00:01Z')), null);
  assert.equal(leftMs(replay(), Date.parse('2026-11-28T12:00:10Z')), null);
  assert.equal(leftMs(replay({ status: 'cancelled' }), Date.parse('2026-11-28T12:00:10Z')), null);
});

test('the rest of a replay that was stopped begins where it has come to', () => {
  const stopped = (/** @type {any} */ status, phase = 'deliveries') => rest({ ...replay({ status: 'cancelled', settings: { ...replay().settings, status } }), progress: { phase, after: idAt('2026-11-28T09:00:00Z') } });
  assert.deepEqual(stopped('failed'), { since: '2026-11-28T09:00:00.000Z', status: 'failed' });
  assert.deepEqual(stopped('all', 'events'), { since: '2026-11-28T09:00:00.000Z', status: 'skipped' });
  assert.equal(stopped('all'), null);
  assert.equal(rest(replay()), null);
});

test('the duration is limited by the endpoint, or by the steps', () => {
  assert.equal(lastsMs(4210, 10), 421_000);
  assert.equal(lastsMs(4210, null), 42_100);
  assert.equal(lastsMs(4210, 5000), 42_100);
});
