// Is this file a logo that the portal can show?
// Pure but for the reading: a PNG by its first bytes, at most 32 KiB, as base64 for the API.

export const MOST_BYTES = 32 * 1024;
const MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** @param {Uint8Array} bytes @returns {'ok'|'kind'|'big'} */
export function logoVerdict(bytes) {
  if (!MAGIC.every((byte, n) => bytes[n] === byte)) return 'kind';
  return bytes.length > MOST_BYTES ? 'big' : 'ok';
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** @param {string} text one origin a line @returns {string[]} */
export const originsOf = (text) => text.split(/[\s,]+/).map((line) => line.replace(/\/+$/, '')).filter(Boolean);
