// How do the settings of a source become a form, and the form settings again?
// Pure: only options that the provider has with its scheme are sent, empty ones are left out.
import { optionsOf } from './providers.js';

/** @typedef {{name: string, provider: string, scheme: string, secret: string, active: boolean, prefix: string, channels: string, base: string, tolerance: string, options: Record<string, any>}} SourceValue */

/** @param {string} provider @param {string} scheme @param {string} name @returns {SourceValue} */
export const blank = (provider, scheme, name) => ({ name, provider, scheme, secret: '', active: true, prefix: '', channels: '', base: '', tolerance: '', options: {} });

/** @param {any} s a source of the API @returns {SourceValue} */
export const fromSource = (s) => ({
  name: s.name, provider: s.provider, scheme: s.scheme, secret: '', active: s.active, prefix: s.event_type_prefix ?? '', channels: (s.channels ?? []).join(', '), base: s.public_base_url ?? '', tolerance: s.tolerance_seconds ? String(s.tolerance_seconds) : '',
  options: Object.fromEntries(Object.entries(s.options ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value.join('\n') : value])),
});

/** @param {string} text */
const list = (text) => text.split(/[\s,;]+/).filter(Boolean);

/** The options as the API takes them. @param {SourceValue} v */
export function optionsBody(v) {
  const out = /** @type {Record<string, any>} */ ({});
  for (const name of optionsOf(v.provider, v.scheme)) {
    const value = v.options[name];
    if (name === 'topic_arns') { if (list(value ?? '').length) out[name] = list(value); } else if (typeof value === 'boolean') { if (value) out[name] = true; } else if (typeof value === 'string' && value.trim()) out[name] = value.trim();
  }
  return out;
}

/** @param {SourceValue} v */
const whole = (v) => (v.tolerance.trim() === '' ? null : /^\d+$/.test(v.tolerance.trim()) ? Number(v.tolerance) : v.tolerance.trim());

/** What makes a source; what is left empty is its default. @param {SourceValue} v */
export const creation = (v) => ({
  name: v.name.trim(), provider: v.provider, scheme: v.scheme || undefined, secrets: v.secret.trim() ? [v.secret.trim()] : undefined,
  event_type_prefix: v.prefix.trim() || undefined, channels: list(v.channels).length ? list(v.channels) : undefined, public_base_url: v.base.trim() || undefined, tolerance_seconds: whole(v) ?? undefined,
  options: Object.keys(optionsBody(v)).length ? optionsBody(v) : undefined,
});

/** Every setting that can be changed. @param {SourceValue} v */
export const settings = (v) => ({
  name: v.name.trim(), scheme: v.scheme, active: v.active, event_type_prefix: v.prefix.trim(), channels: list(v.channels), public_base_url: v.base.trim() || null, tolerance_seconds: whole(v), options: optionsBody(v),
});

/** A merge of options: one that is gone is sent as null. @param {Record<string, any>} before @param {Record<string, any>} after */
export const mergeOf = (before, after) => ({ ...Object.fromEntries(Object.keys(before ?? {}).filter((n) => !(n in after)).map((n) => [n, null])), ...after });
