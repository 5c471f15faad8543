// What does the API's own document say about an operation?
// Pure: operations by noun, fields of a schema as rows, an example to start from, and the request as curl.

/** @typedef {{name: string, depth: number, type: string, required: boolean, text: string, schema: any}} Row */
/** @typedef {{id: string, method: string, path: string, noun: string, summary: string, text: string, scopes: string[]|null, params: any[], body: any, answers: [string, any][]}} Operation */

const METHODS = ['get', 'post', 'patch', 'put', 'delete'];
const DEEP = 3;

/**
 * Follows references; what stands beside one counts more. "This or null" is this.
 * @param {any} doc @param {any} schema @returns {any} with `nullable` if null is allowed
 */
export function follow(doc, schema = {}) {
  if (schema.$ref) {
    const target = schema.$ref.slice(2).split('/').reduce((/** @type {any} */ at, /** @type {string} */ name) => at?.[name], doc) ?? {};
    const { $ref, ...beside } = schema;
    return { ...follow(doc, target), ...beside, called: $ref.split('/').at(-1) };
  }
  const either = schema.oneOf ?? schema.anyOf;
  if (either?.length === 2 && either.some((/** @type {any} */ s) => s.type === 'null')) {
    const { oneOf: _, anyOf: __, ...beside } = schema;
    return { ...follow(doc, either.find((/** @type {any} */ s) => s.type !== 'null')), ...beside, nullable: true };
  }
  if (schema.allOf) return schema.allOf.map((/** @type {any} */ s) => follow(doc, s)).reduce((/** @type {any} */ a, /** @type {any} */ b) => ({ ...a, ...b, properties: { ...a.properties, ...b.properties }, required: [...(a.required ?? []), ...(b.required ?? [])] }), schema);
  return schema;
}

/** In the words of people: `string`, `list of objects`, `integer or null`. @param {any} doc @param {any} given @returns {string} */
export function typeOf(doc, given) {
  const schema = follow(doc, given);
  const named = Array.isArray(schema.type) ? schema.type.filter((/** @type {string} */ t) => t !== 'null') : [schema.type];
  const nullable = schema.nullable || (Array.isArray(schema.type) && schema.type.includes('null'));
  let word = named.filter(Boolean).join(' or ');
  if (named[0] === 'array') word = `list of ${plural(typeOf(doc, schema.items ?? {}))}`;
  if (!word && (schema.oneOf ?? schema.anyOf)) word = [...new Set((schema.oneOf ?? schema.anyOf).map((/** @type {any} */ s) => typeOf(doc, s)))].join(' or ');
  if (!word && schema.properties) word = 'object';
  return (word || 'any') + (nullable ? ' or null' : '');
}
/** @param {string} word */
const plural = (word) => (word === 'any' ? 'anything' : / /.test(word) ? word : `${word}s`);

/**
 * The fields of an object, those of objects inside it below, to three levels.
 * @param {any} doc @param {any} given @param {number} [depth] @param {string} [path] @returns {Row[]}
 */
export function fieldsOf(doc, given, depth = 0, path = '') {
  const schema = follow(doc, given);
  if (schema.type === 'array' || schema.items) return fieldsOf(doc, schema.items ?? {}, depth, path);
  const kinds = (schema.oneOf ?? schema.anyOf ?? []).map((/** @type {any} */ s) => follow(doc, s)).filter((/** @type {any} */ s) => s.properties);
  const properties = schema.properties ?? Object.assign({}, ...kinds.map((/** @type {any} */ s) => s.properties));
  const required = schema.properties ? schema.required ?? [] : kinds.length === 1 ? kinds[0].required ?? [] : [];
  return Object.entries(properties).flatMap(([name, value]) => {
    const field = follow(doc, value);
    const row = { name: path + name, depth, type: typeOf(doc, value), required: required.includes(name), text: field.description ?? '', schema: field };
    const list = field.type === 'array' || (Array.isArray(field.type) && field.type.includes('array'));
    return [row, ...(depth + 1 < DEEP ? fieldsOf(doc, list ? field.items ?? {} : field, depth + 1, `${path}${name}${list ? '[]' : ''}.`) : [])];
  });
}

/** @param {any} doc @returns {{noun: string, text: string, operations: Operation[]}[]} */
export function operationsOf(doc) {
  const all = Object.entries(doc.paths).flatMap(([path, item]) => METHODS.filter((m) => /** @type {any} */ (item)[m]).map((method) => operation(doc, path, method, /** @type {any} */ (item)[method])));
  return doc.tags.map((/** @type {any} */ tag) => ({ noun: tag.name, text: tag.description ?? '', operations: all.filter((op) => op.noun === tag.name) })).filter((/** @type {any} */ group) => group.operations.length > 0);
}

/** @param {any} doc @param {string} path @param {string} method @param {any} op @returns {Operation} */
function operation(doc, path, method, op) {
  const scopes = op.security?.length ? Object.values(op.security[0]).flat() : null;
  return {
    id: op.operationId, method: method.toUpperCase(), path, noun: op.tags?.[0] ?? '', summary: op.summary ?? '', text: (op.description ?? '').replace(/\n*Scopes?: [^\n]*$/, ''), scopes,
    params: (op.parameters ?? []).map((/** @type {any} */ p) => follow(doc, p)), body: op.requestBody?.content?.['application/json'] ?? null,
    answers: Object.entries(op.responses ?? {}).map(([status, answer]) => [status, follow(doc, answer)]),
  };
}

/** The example of a body, in this workspace. @param {Operation} op @param {string} ws */
export function exampleOf({ body }, ws) {
  if (!body) return '';
  const example = body.example ?? Object.values(body.examples ?? {})[0]?.value ?? {};
  return JSON.stringify(Object.fromEntries(Object.entries(example).map(([name, value]) => [name, name === 'workspace_id' ? ws : value])), null, 2);
}

/** Path and query of a request. @param {Operation} op @param {Record<string, string>} values */
export function addressOf(op, values) {
  const path = op.path.replace(/\{(\w+)\}/g, (whole, name) => (values[name] ? encodeURIComponent(values[name].replaceAll('/', '~')) : whole));
  const query = op.params.filter((p) => p.in === 'query' && values[p.name]).map((p) => `${p.name}=${encodeURIComponent(values[p.name])}`).join('&');
  return query ? `${path}?${query}` : path;
}

/** What of the address is not filled in yet. @param {Operation} op @param {Record<string, string>} values */
export const missingOf = (op, values) => op.params.filter((p) => p.in === 'path' && p.required && !values[p.name]).map((p) => p.name);

/** @param {Operation} op @param {string} origin @param {Record<string, string>} values @param {string} body */
export function curlOf(op, origin, values, body) {
  const lines = [`curl -sS${op.method === 'GET' || (op.method === 'POST' && body) ? '' : ` -X ${op.method}`} "${origin}${addressOf(op, values)}"`];
  if (op.scopes) lines.push('-H "X-API-Key: $KEY"');
  if (body.trim()) lines.push(`-d '${compact(body).replaceAll("'", "'\\''")}'`);
  return lines.join(' \\\n  ');
}
/** @param {string} body */
function compact(body) {
  try { return JSON.stringify(JSON.parse(body)); } catch { return body; }
}
