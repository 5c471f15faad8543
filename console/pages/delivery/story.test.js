// Are the sentences about a delivery true?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alike, happened, maybeSignature, sentence, steps, todo, tookMs, turn } from './story.js';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const attempt = (/** @type {any} */ more = {}) => ({ number: 1, trigger: 'automatic', started_at: '2026-11-28T11:59:00.000Z', duration_ms: 120, error: null, request: { url: 'https://hooks.example.com/a', headers: [] }, response: { status: 200, headers: [], body: '' }, ...more });
const failed = (/** @type {number} */ status, more = {}) => attempt({ error: 'http_status', response: { status, headers: [], body: '' }, ...more });
const delivery = (/** @type {any} */ more = {}) => ({ status: 'retrying', attempts: 1, trigger: 'automatic', created_at: '2026-11-28T11:58:59.000Z', next_attempt_at: '2026-11-28T12:04:12.000Z', attempt_log: [failed(500)], ...more });
const at = { now: NOW, who: 'Your endpoint' };

test('three equal answers are said in one sentence, with the next try and what to do', () => {
  const d = delivery({ attempts: 3, attempt_log: [failed(500), failed(500), failed(500)] });
  assert.equal(sentence(d, at), 'Your endpoint answered 500 Internal Server Error three times in a row. We try again in 4 min 12 s. The receiver fails: its answer and its log at that time say why.');
});

test('only the last attempts that ended alike are counted', () => {
  assert.equal(alike([failed(500), failed(404), failed(404)]), 2);
  assert.equal(alike([failed(500), attempt({ error: 'timeout', response: null })]), 1);
  assert.equal(alike([]), 0);
});

test('every class of error has a sentence and a step', () => {
  for (const error of ['timeout', 'dns_error', 'connection_refused', 'connection_reset', 'tls_error', 'blocked_address', 'redirect_refused', 'http_status', 'response_invalid', 'endpoint_gone', 'template_failed', 'unknown', 'a_class_of_tomorrow']) {
    const a = attempt({ error, response: error === 'redirect_refused' ? { status: 301, headers: [['Location', 'https://new.example.com/']], body: '' } : null });
    assert.match(happened(a, 'The endpoint'), /^[A-Zh].*\.$/);
    assert.ok(todo(a).length > 10, error);
    assert.doesNotMatch(happened(a, 'The endpoint'), /undefined|null/);
  }
});

test('a redirect says where it leads', () => {
  assert.match(happened(attempt({ error: 'redirect_refused', response: { status: 301, headers: [['Location', 'https://new.example.com/']], body: '' } }), 'The endpoint'), /a redirect to https:\/\/new\.example\.com\//);
});

test('a refused signature is told from a wrong path', () => {
  assert.ok(maybeSignature(failed(401)) && maybeSignature(failed(400)));
  assert.ok(!maybeSignature(failed(404)) && !maybeSignature(undefined));
  assert.notEqual(todo(failed(401)), todo(failed(404)));
});

test('the time of a timeout tells a firewall from slow work', () => {
  assert.match(todo(attempt({ error: 'timeout', duration_ms: 5001, response: null })), /firewall/);
  assert.doesNotMatch(todo(attempt({ error: 'timeout', duration_ms: 15_000, response: null })), /firewall/);
});

test('whose turn it is follows from the status', () => {
  assert.equal(turn(delivery({ next_attempt_at: '2026-11-28T12:00:00.500Z' }), at), 'The next try is due.');
  assert.match(turn(delivery({ status: 'parked', parked_reason: 'endpoint_failing' }), { now: NOW, nextProbe: '2026-11-28T12:00:40Z' }), /in 40 s/);
  assert.match(turn(delivery({ status: 'parked', parked_reason: null }), at), /set aside/);
  assert.equal(turn(delivery({ status: 'failed' }), at), 'No attempts are left.');
  assert.equal(turn(delivery({ status: 'failed', trigger: 'test' }), at), 'A test is tried once.');
  assert.match(turn(delivery({ status: 'cancelled', cancel_reason: 'event_erased' }), at), /erased/);
  assert.equal(turn(delivery({ status: 'delivered' }), at), '');
});

test('what was delivered and sent again was not late, and came twice', () => {
  const log = [attempt({ started_at: '2026-11-28T11:59:00.000Z' }), attempt({ number: 2, trigger: 'replay', started_at: '2026-11-28T12:33:00.000Z' })];
  const twice = delivery({ status: 'delivered', attempts: 2, trigger: 'replay', attempt_log: log, delivered_at: '2026-11-28T12:33:00.120Z' });
  assert.equal(tookMs(twice), 1120);
  assert.equal(sentence(twice, at), 'Your endpoint accepted attempt 1, 1.1 s after the event. It was sent again 34 min later, and accepted again: the receiver got it twice.');
  const late = delivery({ status: 'delivered', attempts: 2, trigger: 'replay', attempt_log: [failed(500), log[1]], delivered_at: '2026-11-28T12:33:00.120Z' });
  assert.match(sentence(late, at), /It took 2 attempts/);
  assert.match(sentence({ ...twice, status: 'failed', attempt_log: [log[0], failed(500, { number: 2, trigger: 'replay' })] }, at), /^Your endpoint accepted attempt 1, .* answered 500/);
});

test('a delivery without an attempt has a sentence too', () => {
  assert.equal(sentence(delivery({ status: 'pending', attempts: 0, attempt_log: [], next_attempt_at: null }), at), 'The first attempt is due.');
  assert.match(sentence(delivery({ status: 'cancelled', cancel_reason: 'endpoint_disabled', attempts: 0, attempt_log: [] }), at), /^No attempt was made\. .*Switch the endpoint on/);
});

test('who may only look is told whom to ask', () => {
  const refused = delivery({ status: 'failed', attempt_log: [failed(429)] });
  assert.match(sentence(refused, at), /Set a rate limit.* Send it again when/);
  assert.match(sentence(refused, { ...at, canSend: false, canChange: false }), /ask .* rate limit.* ask .* send it again/i);
});

test('steps are newest first, with what comes next on top', () => {
  const log = [failed(500, { number: 1, started_at: '2026-11-28T11:59:00.000Z' }), failed(500, { number: 2, started_at: '2026-11-28T11:59:05.120Z' })];
  const all = steps(delivery({ attempt_log: log }));
  assert.deepEqual(all.map((s) => s.kind), ['next', 'attempt', 'attempt', 'accepted']);
  assert.equal(/** @type {any} */ (all[1]).attempt.number, 2);
  assert.equal(/** @type {any} */ (all[1]).gap, 5000);
  assert.equal(/** @type {any} */ (all[2]).gap, 1000);
  assert.deepEqual(steps(delivery({ status: 'parked', attempt_log: [] })).map((s) => s.kind), ['state', 'accepted']);
});

test('a delivery that came late because it was parked says so, in its place', () => {
  const was_parked = { from: '2026-11-28T11:10:00.000Z', until: '2026-11-28T11:50:00.000Z', reason: 'endpoint_failing' };
  const log = [failed(500, { started_at: '2026-11-28T11:09:59.000Z' }), attempt({ number: 2, started_at: '2026-11-28T11:50:01.000Z' })];
  const late = delivery({ status: 'delivered', attempts: 2, next_attempt_at: null, attempt_log: log, was_parked });
  assert.match(sentence(late, at), /The delivery was parked for 40 min: the endpoint was failing\./);
  assert.deepEqual(steps(late).map((s) => s.kind), ['attempt', 'parked', 'attempt', 'accepted']);
  const briefly = { ...late, was_parked: { ...was_parked, until: '2026-11-28T11:10:30.000Z' } };
  assert.doesNotMatch(sentence(briefly, at), /parked/);
});
