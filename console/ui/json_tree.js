// How is a payload shown?
// A tree that folds, copies paths and values, and draws only what is open: 10,000 items come 100 at a time.
import { html, Copy, Segments, copyText, messages, useMemo, useState } from '../shell.js';
import { JsonMistake, parseJson, pieces, pretty } from './json_text.js';

/** @typedef {import('./json_text.js').Node} Node */
const PAGE = 100;
/** So many values may be open at first: the top levels of a small payload, one level of a large one. */
const OPEN_AT_FIRST = 60;
/** So many are opened at once: more would let the browser stand still for a moment. */
const OPEN_AT_MOST = 250;
/** So many lines of text are laid out together, when they come into view. */
const BLOCK = 200;

/**
 * @param {object} props
 * @param {string} props.text the JSON as it was sent
 * @param {string} [props.label]
 * @param {string} [props.root] what paths begin with: `data`
 * @param {(path: string, node: Node, pointer: string) => any} [props.tools] more buttons beside a value
 */
export function JsonTree({ text, label = 'JSON', root = '', tools }) {
  const [view, setView] = useState('tree');
  const [depth, setDepth] = useState(/** @type {number|null} */ (null));
  const [turn, setTurn] = useState(0);
  const parsed = useMemo(() => { try { return parseJson(text); } catch (error) { if (error instanceof JsonMistake) return error; throw error; } }, [text]);
  if (parsed instanceof JsonMistake) return html`<div class="json"><p class="muted pad">${messages.json.invalid}</p><pre class="raw">${text}</pre></div>`;
  const nested = Boolean(parsed.members || parsed.items);
  const openTo = depth ?? depthFor(parsed, OPEN_AT_FIRST, 6);
  const set = (/** @type {number} */ to) => { setDepth(to); setTurn(turn + 1); };
  return html`<div class="json" role="group" aria-label=${label}>
    <div class="json-head row"><${Segments} value=${view} change=${setView} label=${label} options=${[['tree', messages.json.tree], ['text', messages.json.raw]]} />
      <span class="spacer"></span>
      ${nested && view === 'tree' && html`<button class="plain" onClick=${() => set(Math.max(2, depthFor(parsed, OPEN_AT_MOST)))}>${messages.json.expand}</button><button class="plain" onClick=${() => set(1)}>${messages.json.collapse}</button>`}
      <${Copy} text=${text} label=${messages.copy.all} /></div>
    ${view === 'text' ? html`<${Text} text=${text} parsed=${parsed} />` : html`<div class="tree" key=${turn}><${Value} node=${parsed} name=${null} path=${root} pointer="" level=${0} openTo=${openTo} tools=${tools} source=${text} /></div>`}
  </div>`;
}

/** @param {{text: string, parsed: Node}} props */
function Text({ text, parsed }) {
  const shown = useMemo(() => (text.length < 400_000 ? pretty(parsed) : text), [text]);
  const blocks = useMemo(() => {
    const lines = shown.split('\n');
    return Array.from({ length: Math.ceil(lines.length / BLOCK) }, (_, n) => lines.slice(n * BLOCK, (n + 1) * BLOCK));
  }, [shown]);
  if (blocks.length === 1) return html`<pre class="raw">${shown}</pre>`;
  return html`<pre class="raw">${blocks.map((lines, n) => html`<span key=${n} class="raw-block" style=${{ containIntrinsicHeight: `${lines.length * 20}px` }}>${lines.join('\n')}\n</span>`)}</pre>`;
}

/** The deepest level whose lines, as far as they are drawn, are still few. @param {Node} node @param {number} few @param {number} [deepest] */
function depthFor(node, few, deepest = 200) {
  let level = [node];
  let seen = 0;
  for (let depth = 0; depth < deepest; depth++) {
    level = level.flatMap((n) => children(n).slice(0, PAGE).map(([, child]) => child));
    seen += level.length;
    if (seen > few) return Math.max(1, depth);
    if (level.length === 0) return depth + 1;
  }
  return deepest;
}

/** A light button: a tree has hundreds of them. @param {string} label @param {string|(() => string)} text */
const copyButton = (label, text) => html`<button type="button" class="icon-button copy light" aria-label=${label} title=${label} onClick=${(/** @type {Event} */ event) => copyLightly(/** @type {HTMLElement} */ (event.currentTarget), text)}></button>`;

/** @param {HTMLElement} button @param {string|(() => string)} text */
async function copyLightly(button, text) {
  if (!await copyText(typeof text === 'function' ? text() : text)) return;
  button.classList.add('done');
  setTimeout(() => button.classList.remove('done'), 1500);
}

/** @param {Node} node @returns {[string|number, Node][]} */
const children = (node) => node.members ?? (node.items ?? []).map((item, n) => /** @type {[number, Node]} */ ([n, item]));

/** @param {string} path @param {string|number} name */
function below(path, name) {
  if (typeof name === 'number') return `${path}[${name}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? (path ? `${path}.${name}` : name) : `${path}[${JSON.stringify(name)}]`;
}

/** A text whose characters that would turn it round stand as escapes. @param {string} text */
const shown = (text) => {
  const [first, ...rest] = pieces(text);
  return rest.length === 0 ? first : [first, ...rest.map((piece, n) => (n % 2 ? piece : html`<span class="escape">${piece}</span>`))];
};

/** @param {{node: Node, name: string|number|null, path: string, pointer: string, level: number, openTo: number, tools: any, source: string}} props @returns {any} */
function Value({ node, name, path, pointer, level, openTo, tools, source }) {
  const nested = node.members ?? node.items;
  const [open, setOpen] = useState(level < openTo);
  const [limit, setLimit] = useState(PAGE);
  const value = () => (node.kind === 'string' ? node.text : source.slice(node.start, node.end));
  const label = name === null ? null : html`<span class="name">${typeof name === 'string' ? shown(name) : name}</span>`;
  const buttons = html`<span class="tools">${path && copyButton(`${messages.copy.path}: ${path}`, path)}${!nested && copyButton(messages.copy.value, value)}${tools?.(path, node, pointer)}</span>`;
  // Deep payloads move to the right a little only, so that 100 levels stay readable.
  const style = { paddingInlineStart: `${Math.min(level, 12) * 16 + Math.max(0, level - 12) * 2}px` };
  if (!nested) return html`<div class="line" style=${style}>${label}<bdi class=${`value ${node.kind}`}>${node.kind === 'string' ? html`<span class="quote">"</span>${shown(node.text)}<span class="quote">"</span>` : node.text}</bdi>${buttons}</div>`;
  const all = open ? children(node) : [];
  const size = nested.length;
  return html`
    <div class="line" style=${style}>${size > 0 ? html`<button class="fold-button" aria-expanded=${open ? 'true' : 'false'} onClick=${() => setOpen(!open)}>${label}<span class="size">${node.members ? `{ ${messages.json.members(size)} }` : `[ ${messages.json.items(size)} ]`}</span></button>`
    : html`${label}<span class="value">${node.members ? '{}' : '[]'}</span>`}${buttons}</div>
    ${all.slice(0, limit).map(([key, child], n) => html`<${Value} key=${n} node=${child} name=${key} path=${below(path, key)} pointer=${`${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`} level=${level + 1} openTo=${openTo} tools=${tools} source=${source} />`)}
    ${all.length > limit && html`<div class="line" style=${style}><button class="plain" onClick=${() => setLimit(limit + PAGE * 5)}>${messages.json.more(Math.min(PAGE * 5, all.length - limit))}</button></div>`}`;
}
