// Is every provider of the API known here, and does a form send what the provider takes?
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { providers, reasons } from '../messages/en/providers.js';
import { PROVIDERS, needsSecret, optionsOf, secretOf } from './providers.js';
import { blank, creation, fromSource, mergeOf, optionsBody, settings } from './values.js';

const { schemas } = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')).components;

test('providers, schemes, options and reasons are those of the API', () => {
  assert.deepEqual(Object.keys(PROVIDERS).sort(), [...schemas.Provider.enum].sort());
  assert.deepEqual(Object.keys(providers).sort(), Object.keys(PROVIDERS).sort());
  assert.deepEqual(new Set(Object.values(PROVIDERS).flatMap((p) => p.schemes)), new Set(schemas.Scheme.enum));
  assert.deepEqual(new Set(Object.values(PROVIDERS).flatMap((p) => p.options ?? [])), new Set(Object.keys(schemas.SourceOptions.properties)));
  assert.deepEqual(Object.keys(reasons).sort(), [...schemas.SourceReason.enum].sort());
});

test('every provider has steps, a label for its secret, and the address in a step', () => {
  for (const [name, words] of Object.entries(providers)) {
    assert.ok(words.after.length > 0, name);
    assert.ok(words.secret || !needsSecret(PROVIDERS[name].schemes[0]), name);
    assert.ok(words.after.some((s) => s.includes('address')), name);
  }
});

test('options follow the scheme', () => {
  assert.deepEqual(optionsOf('vonage', 'vonage_jwt'), ['account_api_key']);
  assert.deepEqual(optionsOf('vonage', 'vonage_legacy'), ['algorithm']);
  assert.deepEqual(optionsOf('gupshup', 'address_only'), []);
  assert.deepEqual(optionsBody({ ...blank('aws_ses', 'sns', 'x'), options: { topic_arns: 'arn:a\narn:b ', require_signature_v2: true, header: 'no' } }), { topic_arns: ['arn:a', 'arn:b'], require_signature_v2: true });
});

test('what is empty is left out when it is made, and null when it is changed', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(creation({ ...blank('github', 'hub_signature_256', ' Repo '), secret: ' s3cret-s3cret ' }))), { name: 'Repo', provider: 'github', scheme: 'hub_signature_256', secrets: ['s3cret-s3cret'] });
  const source = { name: 'A', provider: 'stripe', scheme: 'stripe', active: true, event_type_prefix: 'stripe', tolerance_seconds: 300, options: {} };
  assert.deepEqual(settings(fromSource(source)), { name: 'A', scheme: 'stripe', active: true, event_type_prefix: 'stripe', channels: [], public_base_url: null, tolerance_seconds: 300, options: {} });
  assert.equal(creation({ ...blank('stripe', 'stripe', 'x'), tolerance: 'five' }).tolerance_seconds, 'five');
  assert.deepEqual(mergeOf({ header: 'A', prefix: 'x' }, { header: 'B' }), { prefix: null, header: 'B' });
});

test('a secret that is made up has the form that the provider takes', () => {
  const bytes = new Uint8Array(32).fill(255);
  assert.equal(secretOf('hex', bytes), 'ff'.repeat(32));
  assert.match(secretOf('base64', bytes), /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.match(secretOf('bearer', bytes), /^Bearer f{64}$/);
});
