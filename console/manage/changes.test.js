import test from 'node:test';
import assert from 'node:assert/strict';
import { changed, misfits, numberOrNull, sides } from './changes.js';

test('only what differs is sent', () => {
  assert.deepEqual(changed({ name: 'a', limit: null, pages: ['x'] }, { name: 'b', limit: null, pages: ['x'] }), { name: 'b' });
  assert.deepEqual(changed({ limit: undefined }, { limit: null }), {});
});

test('both sides of a conflict are shown, and what one side left is said', () => {
  assert.deepEqual(sides({ name: 'a', limit: 1, days: 3 }, { name: 'x', limit: 1, days: 3 }, { name: 'a', limit: 2, days: 3 }), [
    { name: 'name', theirs: 'x', mine: undefined }, { name: 'limit', theirs: undefined, mine: 2 }]);
});

test('events that do not fit are added up over types', () => {
  assert.deepEqual(misfits([]), { total: 0, since: null });
  assert.deepEqual(misfits([{ undescribed: 2, archived: 1, mismatched: 0, first_at: '2026-02' }, { undescribed: 0, archived: 0, mismatched: 4, first_at: '2026-01' }]), { total: 7, since: '2026-01' });
});

test('a cleared number is null, and a zero stays', () => assert.deepEqual([numberOrNull(''), numberOrNull(0), numberOrNull('7')], [null, 0, 7]));
