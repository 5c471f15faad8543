// How do the fields of a new replay become a request, and a link the fields?
// Pure: times in the reader's zone for the inputs, in UTC for the API.

/** @typedef {{endpoint_id: string, since: string, until: string, status: string, event_types: string, include_delivered: boolean}} Fields */

/** The value of a datetime-local input. @param {string|null|undefined} iso */
export const toLocal = (iso) => (iso ? new Date(Date.parse(iso) - new Date(iso).getTimezoneOffset() * 60_000).toISOString().slice(0, 19) : '');
/** @param {string} local @returns {string|undefined} */
export const fromLocal = (local) => (local && !Number.isNaN(Date.parse(local)) ? new Date(local).toISOString() : undefined);

/** The fields at first: what a link says, else the last day. @param {URLSearchParams} query @param {number} now @returns {Fields} */
export function fromQuery(query, now) {
  const status = query.get('status') ?? '';
  return {
    endpoint_id: query.get('endpoint_id') ?? '', since: toLocal(query.get('since')) || toLocal(new Date(Math.floor(now / 60_000) * 60_000 - 86_400_000).toISOString()), until: toLocal(query.get('until')),
    status: ['failed', 'skipped', 'all', 'retrying'].includes(status) ? status : 'failed', event_types: (query.get('event_types') ?? '').split(',').filter(Boolean).join(', '), include_delivered: query.get('include_delivered') === 'true',
  };
}

/** The request, without `dry_run`. @param {Fields} fields @returns {Record<string, any>} */
export function bodyOf(fields) {
  return {
    since: fromLocal(fields.since), until: fromLocal(fields.until), status: fields.status, event_types: fields.event_types.split(/[\s,]+/).filter(Boolean),
    ...(['failed', 'all'].includes(fields.status) && fields.include_delivered ? { include_delivered: true } : {}),
  };
}
