// Which fields does a schema describe?
// Pure: JSON Schema as rows of a table, parts of it looked up, with depth, type, need and limits.

/** @typedef {{is: string, value: any}} Limit `is`: a key of the words */
/** @typedef {{path: string, name: string, depth: number, type: string, required: boolean, description: string, title: string, deprecated: boolean, limits: Limit[], example?: any, parent: boolean}} Field */

/** The most rows shown; the schema as JSON has all of them. */
const MOST_FIELDS = 1_000;
const MOST_DEPTH = 12;

/** @param {any} schema @returns {Field[]} */
export function fieldsOf(schema) {
  const out = /** @type {Field[]} */ ([]);
  const root = resolved(schema, schema, []);
  if (!root.properties && !root.patternProperties && !root.required?.length && !branches(root).length) {
    if (root.type || root.enum || root.const !== undefined) out.push(row(root, schema, '', '', 0, true));
    if (root.items) members(itemsOf(root, schema), schema, '', 0, out, []);
    return out;
  }
  members(root, schema, '', 0, out, []);
  return out;
}

/** @param {any} node @param {any} root @param {string} path @param {number} depth @param {Field[]} out @param {string[]} refs */
function members(node, root, path, depth, out, refs) {
  if (depth > MOST_DEPTH) return;
  const required = new Set(node.required ?? []);
  const named = Object.entries(node.properties ?? {}).map(([name, child]) => /** @type {[string, any, boolean]} */ ([name, child, required.has(name)]));
  for (const [pattern, child] of Object.entries(node.patternProperties ?? {})) named.push([`/${pattern}/`, child, false]);
  // A name may be required without being described: the payload must have it all the same.
  for (const name of required) if (typeof name === 'string' && !Object.hasOwn(node.properties ?? {}, name)) named.push([name, {}, true]);
  if (node.additionalProperties && typeof node.additionalProperties === 'object') named.push(['*', node.additionalProperties, false]);
  for (const [name, child, needed] of named) {
    if (out.length >= MOST_FIELDS) return;
    const seen = refOf(child, refs);
    if (!seen) { out.push({ ...row({}, root, name, join(path, name), depth, needed), type: '…' }); continue; }
    const whole = resolved(child, root, refs);
    const place = join(path, name);
    const at = out.push(row(whole, root, name, place, depth, needed)) - 1;
    below(whole, root, place, depth + 1, out, seen);
    out[at].parent = out.length > at + 1;
  }
  for (const branch of branches(node)) members(alternative(resolved(branch, root, refs)), root, path, depth, out, refs);
}

/** A member that one alternative only lists as required gets no row: another part of the schema describes it. @param {any} node */
const alternative = (node) => ({ ...node, required: node.required?.filter((/** @type {any} */ name) => Object.hasOwn(node.properties ?? {}, name)) });

/** What is inside of a member: of an object, of each item, of each alternative. @param {any} node @param {any} root @param {string} path @param {number} depth @param {Field[]} out @param {string[]} refs */
function below(node, root, path, depth, out, refs) {
  if (node.properties || node.patternProperties || (node.additionalProperties && typeof node.additionalProperties === 'object')) members({ ...node, oneOf: undefined, anyOf: undefined }, root, path, depth, out, refs);
  if (node.items && typeof node.items === 'object' && !Array.isArray(node.items)) below(itemsOf(node, root), root, `${path}[]`, depth, out, refs);
  for (const branch of branches(node)) {
    const seen = refOf(branch, refs);
    if (seen) below(resolved(branch, root, refs), root, path, depth, out, seen);
  }
}

/** @param {any} node @param {any} root */
const itemsOf = (node, root) => (node.items && typeof node.items === 'object' ? resolved(node.items, root, []) : {});
/** @param {any} node @returns {any[]} */
const branches = (node) => [...(node.oneOf ?? []), ...(node.anyOf ?? [])].filter((b) => b && typeof b === 'object');
/** @param {string} path @param {string} name */
const join = (path, name) => (path ? `${path}.${name}` : name);
/** The references on the way here; null if this one is among them. @param {any} node @param {string[]} refs */
const refOf = (node, refs) => (typeof node?.$ref !== 'string' ? refs : refs.includes(node.$ref) ? null : [...refs, node.$ref]);

/** A schema with what it refers to and all its parts in one. @param {any} node @param {any} root @param {string[]} refs @returns {any} */
function resolved(node, root, refs) {
  if (!node || typeof node !== 'object') return {};
  const { $ref, allOf, ...own } = node;
  let whole = own;
  if (typeof $ref === 'string' && !refs.includes($ref)) whole = merged(resolved(pointed(root, $ref), root, [...refs, $ref]), own);
  for (const part of allOf ?? []) whole = merged(whole, resolved(part, root, refs));
  return whole;
}

/** @param {any} a @param {any} b */
const merged = (a, b) => ({ ...a, ...b, ...(a.properties || b.properties ? { properties: { ...a.properties, ...b.properties } } : {}), ...(a.required || b.required ? { required: [...(a.required ?? []), ...(b.required ?? [])] } : {}) });

/** @param {any} root @param {string} ref */
function pointed(root, ref) {
  if (!ref.startsWith('#')) return {};
  return ref.slice(1).split('/').slice(1).map((s) => decode(s).replaceAll('~1', '/').replaceAll('~0', '~')).reduce((node, step) => node?.[step], root) ?? {};
}
/** @param {string} text */
function decode(text) { try { return decodeURIComponent(text); } catch { return text; } }

/** @param {any} node @param {any} root @param {string} name @param {string} path @param {number} depth @param {boolean} required @returns {Field} */
const row = (node, root, name, path, depth, required) => ({
  name, path, depth, required, type: typeOf(node, root), title: text(node.title), description: text(node.description), deprecated: node.deprecated === true,
  limits: limitsOf(node), ...(Array.isArray(node.examples) && node.examples.length ? { example: node.examples[0] } : {}), parent: false,
});
/** @param {any} value */
const text = (value) => (typeof value === 'string' ? value : '');

/** `string`, `integer | null`, `object[]`, `string | object`. @param {any} node @param {any} root @returns {string} */
export function typeOf(node, root) {
  const whole = resolved(node, root, []);
  const own = Array.isArray(whole.type) ? whole.type : whole.type ? [whole.type] : whole.properties ? ['object'] : whole.items ? ['array'] : [];
  const names = own.map((/** @type {string} */ t) => (t === 'array' ? `${oneType(whole.items, root)}[]` : t));
  for (const branch of names.length ? [] : branches(whole)) names.push(typeOf(branch, root));
  if (!names.length && whole.const !== undefined) names.push(kind(whole.const));
  if (!names.length && Array.isArray(whole.enum)) names.push(...whole.enum.map(kind));
  return [...new Set(names)].join(' | ') || 'any';
}
/** @param {any} items @param {any} root */
function oneType(items, root) {
  const name = items && typeof items === 'object' ? typeOf(items, root) : 'any';
  return name.includes(' ') ? `(${name})` : name;
}
/** @param {any} value */
const kind = (value) => (value === null ? 'null' : Array.isArray(value) ? 'any[]' : typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value);

const LIMITS = ['const', 'enum', 'format', 'pattern', 'minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'default'];
/** @param {any} node @returns {Limit[]} */
const limitsOf = (node) => LIMITS.filter((is) => node[is] !== undefined && node[is] !== false).map((is) => ({ is, value: node[is] }));
