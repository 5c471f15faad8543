// What may the holder of these scopes do, in words?
// Pure: one level for each noun, sentences for people, and the scopes that the API takes for them.

/** What scopes are about, in the order of lists. */
export const NOUNS = ['events', 'webhooks', 'deliveries', 'rules', 'actions', 'sources', 'catalogue', 'workspaces', 'admin'];
/** What a customer needs in the portal; the catalogue is read by everybody. */
export const PORTAL_NOUNS = ['webhooks', 'deliveries', 'events'];

/** @typedef {'none'|'ro'|'rw'} Level */

/** Noun → level. @param {string[]} scopes @returns {Record<string, Level>} */
export function levels(scopes) {
  return Object.fromEntries(NOUNS.map((noun) => [noun, scopes.includes(noun) ? 'rw' : scopes.includes(`${noun}:ro`) ? 'ro' : 'none']));
}

/** The scopes of chosen levels, in the order of the nouns. @param {Record<string, Level>} chosen @returns {string[]} */
export const scopesOf = (chosen) => NOUNS.filter((noun) => (chosen[noun] ?? 'none') !== 'none').map((noun) => (chosen[noun] === 'rw' ? noun : `${noun}:ro`));

/**
 * Which levels of a noun the caller may give away: none that it lacks, but with `admin` also `actions`.
 * @param {string} noun @param {string[]} own @returns {Level[]}
 */
export function givable(noun, own) {
  if (own.includes('admin')) return ['none', 'ro', 'rw'];
  if (own.includes(noun)) return ['none', 'ro', 'rw'];
  return own.includes(`${noun}:ro`) || own.includes('admin:ro') ? ['none', 'ro'] : ['none'];
}

/**
 * The sentence parts of a list of scopes; `admin` makes all others but `actions` needless.
 * @param {string[]} scopes @param {Record<string, string>} words scope → what one may do
 */
export function sentences(scopes, words) {
  const rest = scopes.includes('admin') ? scopes.filter((s) => s === 'admin' || s === 'actions') : scopes;
  return NOUNS.flatMap((noun) => [noun, `${noun}:ro`]).filter((scope) => rest.includes(scope) && !(scope.endsWith(':ro') && rest.includes(scope.slice(0, -3)))).map((scope) => words[scope] ?? scope);
}
