import test from 'node:test';
import assert from 'node:assert/strict';
import { MOST_BYTES, base64, logoVerdict, originsOf } from './logo.js';

const png = (length) => { const bytes = new Uint8Array(length); bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]); return bytes; };

test('a logo is a PNG by its first bytes, whatever its name', () => {
  assert.equal(logoVerdict(png(100)), 'ok');
  assert.equal(logoVerdict(new TextEncoder().encode('<svg onload=alert(1)>')), 'kind');
  assert.equal(logoVerdict(new Uint8Array()), 'kind');
});

test('a logo has at most 32 KiB', () => {
  assert.equal(logoVerdict(png(MOST_BYTES)), 'ok');
  assert.equal(logoVerdict(png(MOST_BYTES + 1)), 'big');
});

test('base64 is that of the bytes', () => assert.equal(base64(png(20_000)), Buffer.from(png(20_000)).toString('base64')));

test('origins stand on lines, without a slash at their end', () => assert.deepEqual(originsOf(' https://a.example/\n\nhttp://localhost:3000, https://b.example'), ['https://a.example', 'http://localhost:3000', 'https://b.example']));
