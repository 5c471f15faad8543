import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './conflict.js';
import { fromEndpoint } from './values.js';

const endpoint = (more = {}) => ({
  url: 'https://example.com/', description: '', events: [], channels: [], filter: null, method: 'POST', body: 'envelope', template: null, headers: {}, header_prefix: 'X-Webhook', signature: { profile: 'standard' }, retry: { preset: 'default' },
  timeout_seconds: 10, outcomes: {}, disable: { consecutive_failures: 10, window_seconds: 86400 }, rate_limit: null, max_concurrency: null, delay_seconds: 0, uid: null, metadata: {}, ...more,
});
test('both versions of what was changed, and of nothing else', () => {
  const mine = { ...fromEndpoint(endpoint()), timeout: '5', description: 'CRM' };
  assert.deepEqual(differences(endpoint(), endpoint({ timeout_seconds: 20, events: ['a.*'] }), mine), [
    { name: 'description', theirs: null, mine: '"CRM"' }, { name: 'events', theirs: '["a.*"]', mine: null }, { name: 'timeout_seconds', theirs: '20', mine: '5' },
  ]);
});
