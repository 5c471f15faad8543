import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FILES, LANGUAGES, call, command, valuesOf } from './samples.js';
import { made, source } from './samples/make.mjs';

const inRepository = existsSync(new URL('../../docs/receivers', import.meta.url));
test('the samples are those of docs/receivers', { skip: !inRepository }, async () => {
  for (const [language] of LANGUAGES) {
    assert.equal(readFileSync(new URL(`samples/${language}.js`, import.meta.url), 'utf8'), made(language), `run samples/make.mjs: ${language}`);
    const files = await FILES[language]();
    assert.equal(files.verify, source(language, files.verifyName));
    assert.equal(files.receiver, source(language, files.receiverName));
  }
});

const endpoint = { url: 'https://example.com/hooks/42?a=b', signature: { profile: 'covered' }, header_prefix: "X-Acme" };
test('the values of the endpoint stand in every call', () => {
  for (const [language] of LANGUAGES) {
    const text = call(language, valuesOf(endpoint, 'whsec_abc='));
    for (const value of ['"/hooks/42"', '"whsec_abc="', '"X-Acme"']) assert.ok(text.includes(value), `${language} lacks ${value}`);
    assert.match(text, /[vV]erify_?[cC]overed/, language);
    assert.doesNotMatch(call(language, valuesOf(endpoint, null)), /whsec/);
  }
});

test('a whole receiver is started with the values', () => {
  assert.equal(command('node', valuesOf(endpoint, "a'b")), "WEBHOOK_SECRET='a'\\''b' WEBHOOK_PROFILE=covered WEBHOOK_PREFIX='X-Acme' PORT=9000 \\\n  node receiver.mjs");
  assert.equal(command('go', { profile: 'standard', prefix: 'X-Webhook', path: '/', secret: null }), 'WEBHOOK_SECRET=\'whsec_…\' PORT=9000 \\\n  go run verify.go receiver.go');
});
