// How is what somebody pastes read as a request?
// Pure: headers from lines, a JSON object or a curl command, and the body that a curl command has.

/** One string of a shell between single quotes. @param {string} text @param {number} at of the opening quote @returns {{text: string, end: number}|null} */
function quoted(text, at) {
  let out = '';
  for (let i = at + 1; ;) {
    const close = text.indexOf("'", i);
    if (close === -1) return null;
    out += text.slice(i, close);
    if (text.startsWith("'\\''", close)) { out += "'"; i = close + 4; } else return { text: out, end: close + 1 };
  }
}

/** What `-H` and `--data-binary` of a curl command say. @param {string} command @returns {{headers: [string, string][], body: string|null}} */
export function readCurl(command) {
  /** @type {[string, string][]} */
  const headers = [];
  let body = null;
  for (let at = 0; ;) {
    const option = /(?:^|\s)(-H|--header|-d|--data|--data-raw|--data-binary)\s+'/g;
    option.lastIndex = at;
    const found = option.exec(command);
    const string = found && quoted(command, option.lastIndex - 1);
    if (!found || !string) return { headers, body };
    if (found[1].startsWith('-H') || found[1] === '--header') headers.push(header(string.text));
    else if (body === null) body = string.text;
    at = string.end;
  }
}

/** @param {string} line @returns {[string, string]} */
const header = (line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()];

/** WSGI, Rack and PHP show `webhook-id` as `HTTP_WEBHOOK_ID`. @param {string} name */
const plainName = (name) => (/^HTTP_[A-Z0-9_]+$/.test(name) ? name.slice(5).replaceAll('_', '-').toLowerCase() : name);

/**
 * @param {string} text
 * @returns {{headers: Record<string, string>, wrong: string|null}} `wrong`: the first line that is no header
 */
export function readHeaders(text) {
  const typed = text.trim();
  if (/^curl\s/.test(typed)) return { headers: Object.fromEntries(readCurl(typed).headers), wrong: null };
  if (typed.startsWith('{')) {
    try { return { headers: Object.fromEntries(Object.entries(JSON.parse(typed)).map(([name, value]) => [plainName(name), Array.isArray(value) ? value.join(', ') : String(value)])), wrong: null }; } catch { /* perhaps lines */ }
  }
  /** @type {Record<string, string>} */
  const headers = {};
  for (const line of typed.split(/\r?\n/)) {
    if (line.trim() === '' || /^(GET|POST|PUT|PATCH) \S+( HTTP\/[\d.]+)?$/.test(line.trim())) continue;
    const found = /^\s*["']?([!#$%&'*+.^_`|~0-9A-Za-z-]+?)["']?\s*:\s*(.*?)\s*$/.exec(line);
    if (!found) return { headers, wrong: line.trim().slice(0, 80) };
    headers[plainName(found[1])] = found[2].replace(/^(["'])(.*)\1,?$/, '$2');
  }
  return { headers, wrong: null };
}

/** Headers of an attempt as lines; what was not kept is left out. @param {[string, string][]} headers */
export const headerLines = (headers) => headers.filter(([, value]) => value !== '[redacted]').map(([name, value]) => `${name}: ${value}`).join('\n');
