import test from 'node:test';
import assert from 'node:assert/strict';
import { headerLines, readCurl, readHeaders } from './doctor_input.js';

test('headers are read from lines, with a request line before them', () => {
  assert.deepEqual(readHeaders('POST /hooks HTTP/1.1\r\nwebhook-id: evt_1\r\n\r\nX-Sig:  v1,a=b:c \n'), { headers: { 'webhook-id': 'evt_1', 'X-Sig': 'v1,a=b:c' }, wrong: null });
});

test('headers are read from JSON and from what a program prints', () => {
  assert.deepEqual(readHeaders('{"a": "1", "b": ["2", "3"]}').headers, { a: '1', b: '2, 3' });
  assert.deepEqual(readHeaders("'webhook-id': 'evt_1',\n\"x\": \"y\"").headers, { 'webhook-id': 'evt_1', x: 'y' });
});

test('names as a server’s environment writes them are read', () => {
  assert.deepEqual(readHeaders("HTTP_WEBHOOK_ID: evt_1\n'HTTP_X_WEBHOOK_NONCE': 'n'").headers, { 'webhook-id': 'evt_1', 'x-webhook-nonce': 'n' });
});

test('a line that is no header is named', () => assert.equal(readHeaders('a: b\nnonsense here').wrong, 'nonsense here'));

test('a curl command gives headers and the body, quotes unescaped', () => {
  const command = "curl -sS -X POST 'http://x/y' \\\n  -H 'content-type: application/json' \\\n  -H 'webhook-id: evt_1' \\\n  --data-binary '{\"a\":\"it'\\''s -H '\\''x: y'\\''\"}'";
  assert.deepEqual(readCurl(command), { headers: [['content-type', 'application/json'], ['webhook-id', 'evt_1']], body: '{"a":"it\'s -H \'x: y\'"}' });
  assert.deepEqual(readHeaders(command).headers, { 'content-type': 'application/json', 'webhook-id': 'evt_1' });
  assert.deepEqual(readCurl("curl -d 'open"), { headers: [], body: null });
});

test('what was not kept is no header', () => assert.equal(headerLines([['a', '1'], ['authorization', '[redacted]']]), 'a: 1'));
