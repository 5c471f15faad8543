// Which member does a path name, and how is it written?
// Names of members joined by dots; a backslash makes a dot part of a name.

import { isObject } from './json.js';

/** The names of a path. @param {string} path @returns {string[]} */
export function split(path) {
  const names = [''];
  for (let at = 0; at < path.length; at += 1) {
    if (path[at] === '\\' && at + 1 < path.length) names[names.length - 1] += path[(at += 1)];
    else if (path[at] === '.') names.push('');
    else names[names.length - 1] += path[at];
  }
  return names;
}

/** The path of names. @param {string[]} names */
export function join(names) {
  return names.map((name) => name.replace(/[\\.[]/g, '\\$&').replace(/^\$/, '\\$')).join('.');
}

/** A path below another. @param {string} base @param {string} path */
export function below(base, path) {
  return base === '' ? path : path === '' ? base : `${base}.${path}`;
}

/**
 * A path as it is seen from a member of another path; `null` if it does not lead through it. Indexes of arrays count for
 * nothing: `data.items.0.sku` is `sku` of an item.
 * @param {string} base @param {string} path @returns {string | null}
 */
export function from(base, path) {
  if (base === '') return path;
  const names = split(path);
  for (const wanted of split(base)) {
    while (names.length > 0 && names[0] !== wanted && isIndex(names[0])) names.shift();
    if (names.shift() !== wanted) return null;
  }
  while (names.length > 0 && isIndex(names[0])) names.shift();
  return names.length > 0 ? join(names) : null;
}

/** Whether a name may be the index of an array. @param {string} name */
function isIndex(name) {
  return /^(?:0|[1-9]\d*)$/.test(name);
}

/** The path without `data.`, for people. @param {string} path */
export function short(path) {
  return path.startsWith('data.') ? path.slice(5) : path;
}

/**
 * The values under a path, as filters see them: through arrays to each element that is an object.
 * @param {any} document @param {string} path @returns {any[]}
 */
export function valuesAt(document, path) {
  /** @type {any[]} */
  const found = [];
  /** @param {any} value @param {string[]} names @returns {void} */
  const visit = (value, names) => {
    if (names.length === 0) return void found.push(value);
    const [name, ...rest] = names;
    if (Array.isArray(value)) {
      if (!isIndex(name)) value.filter(isObject).forEach((element) => visit(element, names));
      else if (Number(name) < value.length) visit(value[Number(name)], rest);
      return;
    }
    if (isObject(value) && Object.hasOwn(value, name)) visit(value[name], rest);
  };
  visit(document, split(path));
  return found;
}
