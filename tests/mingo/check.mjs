// Do our filters mean what they mean in MongoDB? Judges the lines of `cargo run -p payload --example corpus` on standard
// input by mingo, MongoDB's query language in JavaScript, and compares the verdicts.
import { readFileSync } from 'node:fs';
import { Context, Query } from 'mingo';
import * as operators from 'mingo/operators/query';

// Our own operators, which MongoDB has not. As in Rust, each character is put in upper, then in lower case.
const fold = (text) => [...text].map((c) => [...c.toUpperCase()].map((d) => d.toLowerCase()).join('')).join('');
const same = (text) => text;
const resolve = (value, [name, ...rest], found) => {
  if (name === undefined) found.push(value);
  else if (Array.isArray(value)) {
    if (/^\d+$/.test(name)) { if (value.length > name) resolve(value[name], rest, found); } else {
      for (const element of value) if (!Array.isArray(element)) resolve(element, [name, ...rest], found);
    }
  } else if (value !== null && typeof value === 'object' && Object.hasOwn(value, name)) resolve(value[name], rest, found);
  return found;
};
const own = (has, isElement) => (path, { texts, caseSensitive }) => (document) => {
  const compared = caseSensitive ? same : fold;
  const wanted = [texts].flat().map(compared);
  const holds = (value, test) => typeof value === 'string' && wanted.some((text) => test(compared(value), text));
  return resolve(document, path.split('.'), []).some((value) =>
    Array.isArray(value) ? value.some((element) => holds(element, isElement)) : holds(value, has));
};
const context = Context.init({ query: operators }).addQueryOps({
  $contains: own((value, text) => value.includes(text), (value, text) => value === text),
  $startsWith: own((value, text) => value.startsWith(text), (value, text) => value.startsWith(text)),
  $endsWith: own((value, text) => value.endsWith(text), (value, text) => value.endsWith(text)),
});

// `$caseSensitive` stands beside the operator; mingo would take it for another one.
const withCase = (node) => {
  if (node === null || typeof node !== 'object') return node;
  if (Array.isArray(node)) return node.map(withCase);
  const { $caseSensitive = false, ...members } = node;
  return Object.fromEntries(Object.entries(members).map(([name, value]) =>
    ['$contains', '$startsWith', '$endsWith'].includes(name)
      ? [name, { texts: value, caseSensitive: $caseSensitive }]
      : [name, withCase(value)]));
};

// Where mingo departs from MongoDB, and we do not. A difference counts as named only if the filter has what it is about.
const some = (node, test) =>
  node !== null && typeof node === 'object' && Object.entries(node).some(([name, value]) => test(name, value) || some(value, test));
const hasNull = (value) => value === null || (Array.isArray(value) && value.includes(null));
const has = (filter, ...names) => some(filter, (name) => names.includes(name));
// How many arrays a path leads through.
const arrays = (value, [name, ...rest]) => {
  if (value === null || typeof value !== 'object') return 0;
  if (name === undefined || (Array.isArray(value) && !/^\d+$/.test(name))) {
    return Array.isArray(value) ? 1 + Math.max(0, ...value.map((element) => (name === undefined ? 0 : arrays(element, [name, ...rest])))) : 0;
  }
  return arrays(value[name], rest);
};
const NAMED = {
  // {"a.b": null} of {"a": [{"b": 1}, {}]}: MongoDB sees that the second element lacks b, mingo only looks at those that have it.
  'null and elements that lack a member': (filter) => some(filter, (_, value) => hasNull(value)),
  // {"a": {"$elemMatch": {"b": {"$exists": true}}}} of {"a": [1]}: in MongoDB only an object can meet it.
  'conditions on members of plain elements': (filter) =>
    some(filter, (name, value) => name === '$elemMatch' && has(value, '$exists', '$ne', '$nin')),
  // {"a.b": {"$exists": true}} of {"a": [1]}: to mingo the empty array of what it found is there.
  '$exists behind an array': (filter, document) =>
    some(filter, (name, value) => value !== null && typeof value === 'object' && '$exists' in value && arrays(document, name.split('.')) > 0),
  // {"a.b": {"$in": [1]}} of {"a": [{"b": [1]}]}: MongoDB looks at each element of b, mingo at b itself for some operators.
  'arrays within elements of arrays': (filter, document) =>
    some(filter, (name) => !name.startsWith('$') && arrays(document, name.split('.')) > 1),
};

const counts = { same: 0, named: {} };
const wrong = [];
for (const line of readFileSync(0, 'utf8').split('\n')) {
  if (line === '') continue;
  const { filter, document, matches } = JSON.parse(line);
  const verdict = new Query(withCase(filter), { context }).test(document);
  if (verdict === matches) {
    counts.same += 1;
    continue;
  }
  const name = Object.keys(NAMED).find((name) => NAMED[name](filter, document));
  if (name === undefined) wrong.push(`mingo says ${verdict}: ${line}`);
  else counts.named[name] = (counts.named[name] ?? 0) + 1;
}
console.log(`${counts.same} verdicts as mingo's; named differences: ${JSON.stringify(counts.named)}`);
const named = Object.values(counts.named).reduce((sum, count) => sum + count, 0);
if (wrong.length > 0 || counts.same < 5000 || named > 100) {
  console.log(`${wrong.length} others:\n${wrong.slice(0, 10).join('\n')}`);
  process.exit(1);
}
