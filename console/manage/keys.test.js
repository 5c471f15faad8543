import test from 'node:test';
import assert from 'node:assert/strict';
import { endOf, idleDays, rolesOf, useOf } from './key_state.js';
import { givable, levels, scopesOf, sentences } from './scopes.js';

const now = Date.parse('2026-11-28T12:00:00Z');
const ago = (days) => new Date(now - days * 86_400_000).toISOString();

test('a key that nobody used is marked from its second day on', () => {
  assert.equal(useOf({ created_at: ago(0.5), last_used_at: null }, now), 'fresh');
  assert.equal(useOf({ created_at: ago(2), last_used_at: null }, now), 'never');
});

test('a key is idle after 90 days without use', () => {
  assert.equal(useOf({ created_at: ago(400), last_used_at: ago(89.9) }, now), 'used');
  assert.equal(useOf({ created_at: ago(400), last_used_at: ago(90) }, now), 'idle');
  assert.equal(idleDays({ last_used_at: ago(112.4) }, now), 112);
});

test('the end of a key is near within two weeks', () => {
  assert.equal(endOf({ expires_at: null }, now), 'endless');
  assert.equal(endOf({ expires_at: ago(0) }, now), 'over');
  assert.equal(endOf({ expires_at: ago(-13) }, now), 'soon');
  assert.equal(endOf({ expires_at: ago(-15) }, now), 'later');
});

test('scopes survive the way through levels', () => {
  const scopes = ['events', 'webhooks:ro', 'actions'];
  assert.deepEqual(scopesOf(levels(scopes)), scopes);
  assert.deepEqual(scopesOf(levels([])), []);
});

test('nobody gives away what he lacks, but an admin may give actions', () => {
  assert.deepEqual(givable('actions', ['admin']), ['none', 'ro', 'rw']);
  assert.deepEqual(givable('webhooks', ['webhooks:ro']), ['none', 'ro']);
  assert.deepEqual(givable('rules', ['webhooks']), ['none']);
});

test('sentences say each thing once', () => {
  const words = { admin: 'everything', actions: 'invoke', events: 'send', 'events:ro': 'read' };
  assert.deepEqual(sentences(['events', 'admin', 'actions'], words), ['invoke', 'everything']);
  assert.deepEqual(sentences(['events:ro', 'events'], words), ['send']);
});

test('roles are read from a text, each once', () => assert.deepEqual(rolesOf(' support, billing  support,'), ['support', 'billing']));
