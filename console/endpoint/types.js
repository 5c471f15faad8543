// Which event types are there, as a tree, and what does a choice of them cover?
// Pure: families by dots, counts of what was seen lately, and the patterns that an endpoint lists.

/** @typedef {{name: string, title?: string, deprecated?: boolean, described?: boolean, count?: number}} KnownType */
/** @typedef {{pattern: string, label: string, type: KnownType|null, count: number, children: TypeNode[]}} TypeNode */

/**
 * Families with what is in them, those seen lately first.
 * @param {KnownType[]} types @returns {TypeNode[]}
 */
export function typeTree(types) {
  const root = /** @type {TypeNode[]} */ ([]);
  for (const type of [...types].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const steps = type.name.split('.');
    let level = root;
    for (let depth = 1; depth < steps.length; depth++) {
      const family = steps.slice(0, depth).join('.');
      let node = level.find((n) => n.pattern === `${family}.*`);
      if (!node) level.push(node = { pattern: `${family}.*`, label: `${family}.*`, type: null, count: 0, children: [] });
      node.count += type.count ?? 0;
      level = node.children;
    }
    level.push({ pattern: type.name, label: type.name, type, count: type.count ?? 0, children: [] });
  }
  return root.map(narrow).sort((a, b) => Number(b.count > 0) - Number(a.count > 0));
}

/** A family in which there is only one family is shown as that. @param {TypeNode} node @returns {TypeNode} */
function narrow(node) {
  if (node.children.length === 1 && node.children[0].children.length > 0) return narrow(node.children[0]);
  return { ...node, children: node.children.map(narrow) };
}

/** Does a pattern let the type, or the whole family, pass? @param {string} pattern @param {string} name */
export const covers = (pattern, name) => pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1)) && name !== pattern.slice(0, -2));

/** How a pattern is chosen: by itself, by a family above it, partly by something below, or not. @param {string[]} events @param {string} pattern @returns {'own'|'family'|'part'|''} */
export function chosen(events, pattern) {
  if (events.includes(pattern)) return 'own';
  if (events.some((e) => e !== pattern && covers(e, pattern.replace(/\.\*$/, '.x')))) return 'family';
  return pattern.endsWith('.*') && events.some((e) => covers(pattern, e.replace(/\.\*$/, '.x'))) ? 'part' : '';
}

/** Chooses a pattern, which takes what is below it in, or gives it up. @param {string[]} events @param {string} pattern */
export function toggle(events, pattern) {
  if (events.includes(pattern)) return events.filter((e) => e !== pattern);
  return [...events.filter((e) => !covers(pattern, e.replace(/\.\*$/, '.x'))), pattern];
}

/** The types that match a text, for a tree that is narrowed down. @param {KnownType[]} types @param {string} text */
export function find(types, text) {
  const wanted = text.trim().toLowerCase();
  return wanted ? types.filter((t) => t.name.toLowerCase().includes(wanted) || t.title?.toLowerCase().includes(wanted)) : types;
}

/**
 * What is catalogued and what was seen, by name. @param {any[]} catalogue @param {{name: string, count: number}[]} seen
 * @returns {KnownType[]}
 */
export function knownTypes(catalogue, seen) {
  const byName = new Map(/** @type {[string, KnownType][]} */ ([]));
  for (const t of catalogue) if (!t.archived) byName.set(t.name, { name: t.name, title: t.title, deprecated: t.deprecated, described: true, count: 0 });
  for (const { name, count } of seen) {
    if (name.startsWith('posthorn.') || name === 'signature.check') continue;
    byName.set(name, { ...(byName.get(name) ?? { name, described: false }), count });
  }
  return [...byName.values()];
}
