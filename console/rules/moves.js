// What can be done with a node of a filter?
// Edits of the tree, each giving a new one: moves, copies, wraps; the places where something may be dropped.

import { MAX_DEPTH, copy, depth, group } from './filter.js';
import { below, from } from './paths.js';

/**
 * @typedef {import('./filter.js').Node} Node
 * @typedef {import('./filter.js').Group} Group
 * @typedef {import('./filter.js').Match} Match
 * @typedef {{node: Node, parent: Group, index: number, base: string}} Found
 *   A node, the group that it is in, its place there, and the path of the array whose item the group looks at.
 * @typedef {{parent: string, index: number}} Slot A place in a group, before the item at `index`.
 */

/** @param {Group} of @param {string} base */
const baseOf = (of, base) => (of.of === 'element' ? below(base, of.path) : base);

/** @param {Group} whole @param {string} id @returns {Found | null} */
export function find(whole, id) {
  /** @param {Group} parent @param {string} base @returns {Found | null} */
  const inside = (parent, base) => {
    for (const [index, node] of parent.items.entries()) {
      if (node.id === id) return { node, parent, index, base };
      const deeper = node.kind === 'group' ? inside(node, baseOf(node, base)) : null;
      if (deeper) return deeper;
    }
    return null;
  };
  return inside(whole, '');
}

/** The group of this id, and the path at which its conditions begin. @param {Group} whole @param {string} id @returns {{group: Group, base: string} | null} */
export function findGroup(whole, id) {
  if (id === whole.id) return { group: whole, base: '' };
  const found = find(whole, id);
  return found?.node.kind === 'group' ? { group: found.node, base: baseOf(found.node, found.base) } : null;
}

/** @param {Group} whole @param {string} id @param {(items: Node[]) => Node[]} edit @returns {Group} */
function inGroup(whole, id, edit) {
  if (whole.id === id) return { ...whole, items: edit(whole.items) };
  let isChanged = false;
  const items = whole.items.map((node) => {
    const changed = node.kind === 'group' ? inGroup(node, id, edit) : node;
    isChanged ||= changed !== node;
    return changed;
  });
  return isChanged ? { ...whole, items } : whole;
}

/** Changes members of a node. @param {Group} whole @param {string} id @param {Partial<Group> | Partial<import('./filter.js').Condition>} members @returns {Group} */
export function change(whole, id, members) {
  if (id === whole.id) return /** @type {Group} */ ({ ...whole, ...members });
  const found = find(whole, id);
  if (!found) return whole;
  const changed = /** @type {Node} */ ({ ...found.node, ...members });
  return inGroup(whole, found.parent.id, (items) => items.map((node) => (node.id === id ? changed : node)));
}

/** Puts one node, or several, in the place of another. @param {Group} whole @param {string} id @param {Node[]} by @returns {Group} */
export function replace(whole, id, by) {
  const found = find(whole, id);
  if (!found) return whole;
  return inGroup(whole, found.parent.id, (items) => items.flatMap((node) => (node.id === id ? by : [node])));
}

/** @param {Group} whole @param {string} id @returns {Group} */
export const remove = (whole, id) => replace(whole, id, []);

/** @param {Group} whole @param {Slot} slot @param {Node} node @returns {Group} */
export function insert(whole, { parent, index }, node) {
  return inGroup(whole, parent, (items) => items.toSpliced(index, 0, node));
}

/** The node where paths begin elsewhere; `null` if it looks at something that is not there. @param {Node} node @param {string} was @param {string} is @returns {Node | null} */
function rebased(node, was, is) {
  if (was === is) return node;
  if (node.kind === 'group' && node.of === 'plain') {
    const items = node.items.map((item) => rebased(item, was, is));
    return items.includes(null) ? null : { ...node, items: /** @type {Node[]} */ (items) };
  }
  const path = from(is, below(was, node.path));
  return path === null ? null : { ...node, path };
}

/**
 * Drops a node at a place: one of the tree, which leaves its own, or a new one, whose paths begin at the event.
 * `null` if it may not be there: in itself, too deep, or among conditions on an item that it does not look at.
 * @param {Group} whole @param {Node} node @param {Slot} slot @returns {Group | null}
 */
export function drop(whole, node, slot) {
  const found = find(whole, node.id);
  const target = findGroup(whole, slot.parent);
  if (!target || node.id === slot.parent || (node.kind === 'group' && find(/** @type {Group} */ (node), slot.parent))) return null;
  const moved = rebased(node, found?.base ?? '', target.base);
  if (!moved) return null;
  const isBefore = found?.parent.id === slot.parent && found.index < slot.index;
  const without = found ? remove(whole, node.id) : whole;
  const dropped = insert(without, isBefore ? { ...slot, index: slot.index - 1 } : slot, moved);
  return depth(dropped) <= MAX_DEPTH || depth(dropped) <= depth(whole) ? dropped : null;
}

/**
 * Every place where the node may be dropped, from the top down; where it is now is one of them.
 * @param {Group} whole @param {Node} node @returns {Slot[]}
 */
export function slots(whole, node) {
  const found = find(whole, node.id);
  /** @type {Slot[]} */
  const all = [];
  /** @param {Group} parent */
  const inside = (parent) => {
    for (let index = 0; index <= parent.items.length; index += 1) {
      // Before and after itself is one place.
      const isAfterItself = found?.parent.id === parent.id && index === found.index + 1;
      if (!isAfterItself) all.push({ parent: parent.id, index });
      const item = parent.items[index];
      if (item?.kind === 'group' && item.id !== node.id) inside(item);
    }
  };
  inside(whole);
  return all.filter((slot) => drop(whole, node, slot) !== null);
}

/** @param {Group} whole @param {string} id @param {number} by @returns {Group | null} */
function step(whole, id, by) {
  const found = find(whole, id);
  const index = found ? found.index + by : -1;
  if (!found || index < 0 || index >= found.parent.items.length) return null;
  return drop(whole, found.node, { parent: found.parent.id, index: by > 0 ? index + 1 : index });
}

/** Before the one above it; `null` if it is the first. @param {Group} whole @param {string} id */
export const up = (whole, id) => step(whole, id, -1);
/** After the one below it; `null` if it is the last. @param {Group} whole @param {string} id */
export const down = (whole, id) => step(whole, id, 1);

/** To the end of a group; `null` if it may not be there. @param {Group} whole @param {string} id @param {string} to */
export function into(whole, id, to) {
  const [found, target] = [find(whole, id), findGroup(whole, to)];
  return found && target && drop(whole, found.node, { parent: to, index: target.group.items.length });
}

/** Out of its group, to stand after it; `null` if it is in none. @param {Group} whole @param {string} id */
export function out(whole, id) {
  const found = find(whole, id);
  const outer = found && find(whole, found.parent.id);
  return found && outer && drop(whole, found.node, { parent: outer.parent.id, index: outer.index + 1 });
}

/** @param {Group} whole @param {string} id @returns {Group} */
export function duplicate(whole, id) {
  const found = find(whole, id);
  return found ? replace(whole, id, [found.node, copy(found.node)]) : whole;
}

/** In a group by itself; `null` if that is too deep. @param {Group} whole @param {string} id @param {Match} match @returns {Group | null} */
export function wrap(whole, id, match) {
  const found = find(whole, id);
  if (!found) return null;
  const wrapped = replace(whole, id, [group(match, [found.node])]);
  return depth(wrapped) <= MAX_DEPTH ? wrapped : null;
}

/** Takes a group away and leaves its conditions in its place. @param {Group} whole @param {string} id @returns {Group | null} */
export function unwrap(whole, id) {
  const found = find(whole, id);
  if (found?.node.kind !== 'group' || found.node.of !== 'plain') return null;
  return replace(whole, id, found.node.items);
}

/** The groups into which a node may be moved, but its own. @param {Group} whole @param {string} id @returns {Group[]} */
export function targets(whole, id) {
  const found = find(whole, id);
  if (!found) return [];
  /** @param {Group} of @returns {Group[]} */
  const all = (of) => [of, ...of.items.flatMap((node) => (node.kind === 'group' ? all(node) : []))];
  return all(whole).filter((to) => to.id !== found.parent.id && into(whole, id, to.id) !== null);
}
