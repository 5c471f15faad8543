// How do dragging and the builder's draft come together?
// What a handle lifts, where it may be dropped, what is said aloud, and where the focus goes afterwards.
import { announce, useEffect, useRef } from '../shell.js';
import { texts } from '../messages/en/rules.js';
import { draggable } from './drag.js';
import { pathTo } from './events.js';
import { fromValue } from './operators.js';
import * as moves from './moves.js';
import { ofNode, toText } from './sentence.js';

/** @typedef {import('./builder.js').Builder} Builder */

/** Puts the focus on a node that has just been drawn: on its path if that is still to be typed. @param {string} id */
export function focusOn(id) {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const path = document.querySelector(`[data-node="${CSS.escape(id)}"] .r-path`);
    const isOpen = path instanceof HTMLInputElement && (path.value === '' || path.value.endsWith('.'));
    const found = isOpen ? path : document.querySelector(`[data-drag="${CSS.escape(id)}"]`);
    if (found instanceof HTMLElement) found.focus();
    if (isOpen) path.setSelectionRange(path.value.length, path.value.length);
  }));
}

/** What a handle lifts: a node, or a value of the event as a new condition. @param {Builder} b @param {string} id */
function nodeOf(b, id) {
  if (!id.startsWith('value:')) return moves.find(b.filter, id)?.node ?? null;
  const { event } = b.looked;
  const path = event && pathTo(event.document, id.slice(6));
  if (!path) return null;
  const value = id.slice(6).split('/').slice(1).reduce((/** @type {any} */ at, name) => at?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], event.document);
  return fromValue(path, value);
}

/** @param {Builder} b @param {import('./filter.js').Node} node @param {string} key */
function placed(b, node, key) {
  const [parent, index] = key.split('/');
  return moves.drop(b.filter, node, { parent, index: Number(index) });
}

/** @param {Builder} b @param {string} [key] a place, in words */
function placeName(b, key) {
  if (!key) return texts.noPlace;
  const [parent, index] = key.split('/');
  const found = moves.findGroup(b.filter, parent);
  return found ? texts.place(Number(index) + 1, found.group.items.length + 1, parent === 'root' ? '' : toText(ofNode(found.group)) || texts.matches[found.group.match]) : '';
}

/** Makes the rows and values in an element draggable. @param {Builder} b */
export function useDragging(b) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const latest = useRef(b);
  latest.current = b;
  useEffect(() => {
    if (!root.current || b.readOnly) return;
    /** @type {import('./filter.js').Node | null} */
    let lifted = null;
    return draggable(root.current, {
      lift(id) {
        lifted = nodeOf(latest.current, id);
        if (!lifted) return null;
        const places = moves.slots(latest.current.filter, lifted).map(({ parent, index }) => ({ key: `${parent}/${index}`, label: '' }));
        const found = moves.find(latest.current.filter, lifted.id);
        const here = found ? `${found.parent.id}/${found.index}` : `root/${latest.current.filter.items.length}`;
        return { subject: { id, label: toText(ofNode(lifted)) || texts.emptyGroup }, places, at: places.findIndex(({ key }) => key === here) };
      },
      drop(subject, key) {
        const { filter } = latest.current;
        const found = lifted && moves.find(filter, lifted.id);
        const next = lifted && `${found?.parent.id}/${found?.index}` !== key ? placed(latest.current, lifted, key) : null;
        if (next && lifted) { latest.current.edit(next); if (subject.id !== lifted.id) latest.current.focusOn(lifted.id); }
      },
      show(drag) { latest.current.drag.value = drag; },
      announce(what, drag) { announce(texts.announce[what](drag.subject.label, placeName(latest.current, drag.places[drag.at]?.key))); },
    });
  }, [b.readOnly]);
  return root;
}
