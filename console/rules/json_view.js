// How is a rule written as JSON?
// The second view of the same draft: each edit that is a rule is one at once; the server says what is wrong with another.
import { Notice, Problem, call, html, useEffect, useRef, useState } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { CodeEditor } from '../ui/code_editor.js';
import { fromText, mistakeIn, toText } from './draft.js';
import { tidy } from './json.js';

/** @typedef {import('./builder.js').Builder} Builder */

/** @param {{b: Builder}} props */
export function JsonView({ b }) {
  const written = toText(b.draft);
  const { pending } = b;
  const [text, setText] = useState(() => (pending.current ? pending.current.text : tidy(written, 100)));
  const [refused, setRefused] = useState(/** @type {{pointer: string, detail: string}[]} */ ([]));
  // What this text was when it last was the draft: another draft, as after an undo, is written anew.
  const last = useRef(written);
  useEffect(() => {
    if (written !== last.current) { last.current = written; setText(tidy(written, 100)); }
  }, [written]);
  const draft = mistakeIn(text) ? null : fromText(text);
  const isStrange = !mistakeIn(text) && draft === null;
  // Text that is no rule yet is neither saved nor lost, also while another view is looked at.
  pending.current = draft === null ? { text } : null;
  useEffect(() => { b.block(draft === null ? texts.strange : null); }, [draft === null]);
  useEffect(() => () => b.block(null), []);

  // The builder cannot show it: the server says where, and what to write instead.
  useEffect(() => {
    if (!isStrange) return setRefused([]);
    const timer = setTimeout(async () => {
      try {
        await call('POST', '/v1/rules/test', { body: `{"workspace_id":${JSON.stringify(b.ws)},"recent":1,"rule":${text}}`, key: '' });
        setRefused([]);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        setRefused(error.errors.length > 0 ? error.errors.map((each) => ({ ...each, pointer: each.pointer.replace(/^\/rule/, '') })) : [{ pointer: '', detail: error.message }]);
      }
    }, 400);
    return () => clearTimeout(timer);
  }, [text, isStrange]);

  const change = (/** @type {string} */ next) => {
    setText(next);
    const read = mistakeIn(next) ? null : fromText(next);
    if (!read) return;
    last.current = toText(read);
    b.set(read, 'json');
  };
  const errors = isStrange ? refused : b.errors;
  return html`<div class="json-view" onKeyDown=${(/** @type {KeyboardEvent} */ e) => { if ((e.metaKey || e.ctrlKey) && e.key.toLowerCase() === 'z') e.stopPropagation(); }}>
    <${CodeEditor} label=${texts.jsonLabel} value=${text} change=${change} errors=${errors} rows=${Math.min(40, Math.max(16, text.split('\n').length + 1))} readOnly=${b.readOnly} />
    ${isStrange && html`<${Notice} tone="warn">${texts.strange}<//>`}
    <p class="hint">${texts.jsonHint}</p>
  </div>`;
}
