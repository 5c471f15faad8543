// What was it before?
// Undo and redo over immutable states. Edits of one field in a row, such as typing, are one step.

/**
 * @template T
 * @typedef {{past: T[], present: T, future: T[], field: string | null}} History
 */

/** The most steps that can be undone. */
const MOST = 200;

/** @template T @param {T} present @returns {History<T>} */
export const start = (present) => ({ past: [], present, future: [], field: null });

/**
 * @template T
 * @param {History<T>} history @param {T} next
 * @param {string | null} [field] What is being typed in, if it is: the next edit of it belongs to the same step.
 * @returns {History<T>}
 */
export function push(history, next, field = null) {
  if (next === history.present) return history;
  const isSame = field !== null && field === history.field;
  const past = isSame ? history.past : [...history.past, history.present].slice(-MOST);
  return { past, present: next, future: [], field };
}

/** @template T @param {History<T>} history @returns {History<T>} */
export function undo({ past, present, future }) {
  if (past.length === 0) return { past, present, future, field: null };
  return { past: past.slice(0, -1), present: past[past.length - 1], future: [present, ...future], field: null };
}

/** @template T @param {History<T>} history @returns {History<T>} */
export function redo({ past, present, future }) {
  if (future.length === 0) return { past, present, future, field: null };
  return { past: [...past, present], present: future[0], future: future.slice(1), field: null };
}
