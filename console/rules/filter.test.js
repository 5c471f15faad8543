// Does every filter come back from the builder as it was?
// Laws on the corpus that the server's own parser wrote (crates/payload/tests/corpus.rs), and stories of edits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { condition, depth, element, fromJson, group, nodeAt, pointers, root, toJson } from './filter.js';
import { push, redo, start, undo } from './history.js';
import { read as readJson, stringify } from './json.js';
import * as moves from './moves.js';

const corpus = JSON.parse(readFileSync(new URL('../../tests/golden/filters.json', import.meta.url), 'utf8'));
const read = (text) => fromJson(readJson(text));
const written = (tree) => stringify(toJson(tree));
const is = (name, value) => condition(`data.${name}`, '$eq', value);

test('every canonical filter comes back byte for byte', () => {
  assert.ok(corpus.length > 150);
  for (const { canonical } of corpus) assert.equal(written(read(canonical)), canonical);
});

test('every filter that is written shorter becomes what the server makes of it', () => {
  for (const { source, canonical } of corpus) assert.equal(written(read(source)), canonical, source);
});

test('each condition is found by the pointer that the server gives it', () => {
  for (const { canonical, pointers: expected } of corpus) {
    const tree = read(canonical);
    const known = pointers(tree);
    for (const pointer of expected) {
      const id = known.get(pointer);
      const found = id && moves.find(tree, id);
      assert.ok(found && (found.node.kind === 'condition' || found.node.of === 'element'), `${pointer} of ${canonical}`);
      assert.equal(nodeAt(known, `${pointer}/a/b`), id);
    }
  }
});

test('whatever is moved around, the filter stays one that comes back', () => {
  let seed = 7;
  const below = (most) => (seed = (seed * 48271) % 2147483647) % most;
  for (const { canonical } of corpus) {
    let tree = read(canonical);
    for (let turn = 0; turn < 6; turn += 1) {
      const ids = [...pointers(tree).values()].filter((id) => id !== 'root');
      if (ids.length === 0) break;
      const id = ids[below(ids.length)];
      const { node } = moves.find(tree, id);
      const places = moves.slots(tree, node);
      const edits = [
        () => places.length && moves.drop(tree, node, places[below(places.length)]),
        () => moves.wrap(tree, id, ['$and', '$or', '$nor'][below(3)]),
        () => moves.out(tree, id),
        () => moves.up(tree, id),
        () => moves.down(tree, id),
        () => moves.duplicate(tree, id),
        () => moves.unwrap(tree, id),
      ];
      tree = edits[below(edits.length)]() || tree;
      assert.equal(written(read(written(tree))), written(tree));
    }
  }
});

test('a filter with something that the builder does not know is no filter', () => {
  for (const text of ['[]', '5', '{"data.a":{"$regex":"x"}}', '{"$or":[]}', '{"$or":[{}]}', '{"data.a":{"b":1}}', '{"data.a":{}}',
    '{"data.a":{"$in":"x"}}', '{"data.a":{"$gt":null}}', '{"data.a":{"$contains":""}}', '{"$where":"1"}', '{"data.a":[1]}',
    '{"data.a":{"$elemMatch":{}}}']) {
    assert.equal(read(text), null, text);
  }
  assert.equal(written(read('null')), '{}');
});

test('a node moves by drag, by step and by menu to the same place', () => {
  const [a, b, c] = [is('a', 1), is('b', 2), is('c', 3)];
  const any = group('$or', [c]);
  const tree = root([a, b, any]);
  const byMenu = moves.into(tree, a.id, any.id);
  assert.equal(written(byMenu), '{"$and":[{"data.b":{"$eq":2}},{"$or":[{"data.c":{"$eq":3}},{"data.a":{"$eq":1}}]}]}');
  assert.equal(written(moves.drop(tree, a, { parent: any.id, index: 1 })), written(byMenu));
  assert.equal(written(moves.down(tree, a.id)), '{"$and":[{"data.b":{"$eq":2}},{"data.a":{"$eq":1}},{"$or":[{"data.c":{"$eq":3}}]}]}');
  assert.equal(written(moves.up(moves.down(tree, a.id), a.id)), written(tree));
  assert.equal(written(moves.out(byMenu, a.id)), '{"$and":[{"data.b":{"$eq":2}},{"$or":[{"data.c":{"$eq":3}}]},{"data.a":{"$eq":1}}]}');
  assert.deepEqual([moves.up(tree, a.id), moves.down(tree, any.id), moves.out(tree, a.id)], [null, null, null]);
  assert.equal(moves.drop(tree, any, { parent: any.id, index: 0 }), null, 'not into itself');
  const places = moves.slots(tree, a).map(({ parent, index }) => `${parent === any.id ? 'any' : parent} ${index}`);
  assert.deepEqual(places, ['root 0', 'root 2', 'any 0', 'any 1', 'root 3']);
});

test('a condition finds its way into an item and out of it, and none that does not look at one', () => {
  const [sku, tier, n] = [condition('data.items.0.sku', '$eq', 'x'), is('tier', 'gold'), condition('n', '$gt', 5)];
  const item = element('data.items', [n]);
  const tree = root([sku, tier, item]);
  const inside = moves.into(tree, sku.id, item.id);
  assert.equal(written(inside), '{"$and":[{"data.tier":{"$eq":"gold"}},{"data.items":{"$elemMatch":{"$and":[{"n":{"$gt":5}},{"sku":{"$eq":"x"}}]}}}]}');
  assert.equal(moves.into(tree, tier.id, item.id), null);
  assert.deepEqual(moves.targets(tree, tier.id), []);
  assert.equal(written(moves.out(inside, n.id)), '{"$and":[{"data.tier":{"$eq":"gold"}},{"data.items":{"$elemMatch":{"sku":{"$eq":"x"}}}},{"data.items.n":{"$gt":5}}]}');
});

test('nothing goes deeper than five groups, and a group without conditions is not written', () => {
  let tree = root([is('a', 1)]);
  for (let turn = 0; turn < 5; turn += 1) tree = moves.wrap(tree, tree.items[0].id, '$or');
  assert.equal(depth(tree), 5);
  assert.equal(moves.wrap(tree, tree.items[0].id, '$or'), null);
  assert.equal(written(root([group('$nor', []), is('a', 1), element('data.items', [])])), '{"data.a":{"$eq":1}}');
  assert.deepEqual([...pointers(root([group('$nor', []), is('a', 1)])).keys()], ['']);
});

test('a copy is another node, and a group that is taken away leaves its conditions', () => {
  const any = group('$or', [is('a', 1), is('b', 2)]);
  const twice = moves.duplicate(root([any]), any.id);
  assert.equal(new Set([...pointers(twice).values()]).size, 7);
  assert.equal(written(moves.unwrap(root([any]), any.id)), '{"$and":[{"data.a":{"$eq":1}},{"data.b":{"$eq":2}}]}');
  assert.equal(written(moves.remove(root([any]), any.id)), '{}');
});

test('edits are undone one by one, and what is typed in one field at once', () => {
  let history = start('');
  for (const [text, field] of [['g', 'name'], ['go', 'name'], ['gold', 'name'], ['gold!', null]]) history = push(history, text, field);
  assert.equal((history = undo(history)).present, 'gold');
  assert.equal((history = undo(history)).present, '');
  assert.equal(undo(history).present, '');
  assert.equal((history = redo(history)).present, 'gold');
  history = push(history, 'silver');
  assert.equal(redo(history).present, 'silver');
});
