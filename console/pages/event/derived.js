// Which events did rules make of this one?
// The answer to a step that emits names the event that it made; that one keeps a payload of its own.
import { Problem, get, useEffect, useState } from '../../shell.js';

const EMIT = 'posthorn:emit:';

/** The event that a delivery made; null if it made none. @param {any} delivery with its attempts @returns {{id: string, type: string}|null} */
export function madeBy(delivery) {
  const good = delivery.attempt_log.findLast((/** @type {any} */ attempt) => !attempt.error && attempt.request.url?.startsWith(EMIT));
  if (!good) return null;
  try { return { id: JSON.parse(good.response.body).id, type: good.request.url.slice(EMIT.length) }; } catch { return null; }
}

/** @param {string} ws @param {any[]} rows the ledger's @param {Map<string, any>} endpoints @returns {{id: string, type: string}[]} */
export function useDerived(ws, rows, endpoints) {
  const [made, setMade] = useState(/** @type {{id: string, type: string}[]} */ ([]));
  const ids = rows.filter((row) => row.status === 'delivered' && endpoints.get(row.endpoint_id)?.url.startsWith(EMIT)).map((row) => row.id);
  useEffect(() => {
    let over = false;
    const ask = async (/** @type {string} */ id) => {
      try { return madeBy(await get(`/v1/deliveries/${id}`, { workspace_id: ws })); } catch (problem) { if (problem instanceof Problem) return null; throw problem; }
    };
    Promise.all(ids.map(ask)).then((found) => { if (!over) setMade(found.flatMap((event) => event ?? [])); });
    return () => { over = true; };
  }, [ids.join()]);
  return made;
}
