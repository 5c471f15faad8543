// How is the same event sent by a program?
// Pure: the request's text, byte for byte as the console sends it, and the same as curl and JavaScript.

/** @typedef {{type: string, data: string, channels: string, occurred_at: string, deliver_at: string, uid: string, key: string}} Fields */

/** @param {string} text @returns {string[]} */
const names = (text) => text.split(/[\s,]+/).filter(Boolean);

/** @param {string} local the value of a datetime-local input */
const iso = (local) => (local && !Number.isNaN(Date.parse(local)) ? new Date(local).toISOString() : null);

/**
 * The members of the request in their order; the payload is put in as it was typed, so that no number changes.
 * @param {Fields} fields @param {string} ws @returns {[string, string][]}
 */
function members(fields, ws) {
  const channels = names(fields.channels);
  const given = /** @type {[string, any][]} */ ([['workspace_id', ws], ['type', fields.type.trim()], ['uid', fields.uid.trim() || null], ['channels', channels.length ? channels : null], ['occurred_at', iso(fields.occurred_at)], ['deliver_at', iso(fields.deliver_at)]]);
  return [...given.filter(([, value]) => value !== null).map(([name, value]) => /** @type {[string, string]} */ ([name, JSON.stringify(value)])), ['data', fields.data.trim() || 'null']];
}

/** @param {Fields} fields @param {string} ws */
export const requestText = (fields, ws) => `{${members(fields, ws).map(([name, value]) => `"${name}":${value}`).join(',')}}`;

/** The request with a member a line. @param {Fields} fields @param {string} ws */
const readable = (fields, ws) => `{\n${members(fields, ws).map(([name, value]) => `  "${name}": ${value.replaceAll('\n', '\n  ')}`).join(',\n')}\n}`;

/** @param {string} text for a shell */
const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** @param {Fields} fields @param {string} ws @param {string} origin */
export function curl(fields, ws, origin) {
  const key = fields.key.trim();
  return [`curl -sS ${quoted(`${origin}/v1/events`)}`, `-H "X-API-Key: $KEY"`, ...(key ? [`-H ${quoted(`Idempotency-Key: ${key}`)}`] : []), `-d ${quoted(readable(fields, ws))}`].join(' \\\n  ');
}

/** @param {Fields} fields @param {string} ws @param {string} origin */
export function javascript(fields, ws, origin) {
  const key = fields.key.trim();
  const call = 'fetch';
  return `const response = await ${call}(${JSON.stringify(`${origin}/v1/events`)}, {
  method: 'POST',
  headers: { 'X-API-Key': process.env.KEY, 'Content-Type': 'application/json'${key ? `, 'Idempotency-Key': ${JSON.stringify(key)}` : ''} },
  body: JSON.stringify(${readable(fields, ws).replaceAll('\n', '\n  ')}),
});
if (!response.ok) throw new Error(await response.text());
const event = await response.json();`;
}
