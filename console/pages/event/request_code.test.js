// Is the code the same request that the console sends?
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { curl, javascript, requestText } from './request_code.js';

const fields = (more = {}) => ({ type: 'invoice.paid', data: '{"n": 12345678901234567890.10, "name": "O\'Brien </script>"}', channels: '', occurred_at: '', deliver_at: '', uid: '', key: '', ...more });

test('the payload is put in byte for byte', () => {
  const f = fields();
  assert.equal(requestText(f, 'ws_1'), `{"workspace_id":"ws_1","type":"invoice.paid","data":${f.data}}`);
});

test('what is left out is not sent', () => {
  const all = JSON.parse(requestText(fields({ channels: 'eu, us', uid: 'inv-7', deliver_at: '2026-11-28T12:00:00' }), 'ws_1'));
  assert.deepEqual([all.channels, all.uid, 'occurred_at' in all], [['eu', 'us'], 'inv-7', false]);
  assert.match(all.deliver_at, /^2026-11-2[789]T.*Z$/);
  assert.equal(JSON.parse(requestText(fields({ data: '' }), 'ws_1')).data, null);
});

test('a shell gives curl just this request, quotes included', () => {
  const f = fields({ key: "it's-7" });
  const args = execFileSync('bash', ['-c', `curl() { for a in "$@"; do printf '%s\\0' "$a"; done; }\nKEY=k\n${curl(f, 'ws_1', 'http://127.0.0.1:1')}`]).toString().split('\0');
  assert.equal(args[1], 'http://127.0.0.1:1/v1/events');
  assert.ok(args.includes("Idempotency-Key: it's-7"));
  const body = args[args.indexOf('-d') + 1];
  assert.ok(body.includes(f.data));
  assert.deepEqual(JSON.parse(body), JSON.parse(requestText(f, 'ws_1')));
});

test('the program is JavaScript', () => {
  assert.doesNotThrow(() => new Function(`return async () => { ${javascript(fields(), 'ws_1', 'https://api.example.com')} }`));
});
