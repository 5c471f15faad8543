// How does a page show a part whose file is loaded when it is first needed?
// Loads the module once, shows the skeleton meanwhile, and hands its own properties on.
import { Loading, html, useEffect, useState } from '../shell.js';

/** @type {Map<Function, any>} */
const loaded = new Map();

/** @param {{load: () => Promise<any>, rows?: number, [property: string]: any}} props `load`: `() => import('…')`, always the same function; the module's default export is the part */
export function Later({ load, rows = 6, ...rest }) {
  const [, draw] = useState(0);
  const [broken, setBroken] = useState(/** @type {Error|null} */ (null));
  useEffect(() => { if (!loaded.has(load)) load().then((module) => { loaded.set(load, module.default); draw((n) => n + 1); }, setBroken); }, [load]);
  if (broken) throw broken;
  const Part = loaded.get(load);
  return Part ? html`<${Part} ...${rest} />` : html`<${Loading} rows=${rows} />`;
}
