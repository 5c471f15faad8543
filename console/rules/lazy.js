// How is a part loaded only when it is first shown?
// What most visits of a page do not need stays out of its first load.
import { Loading, html, useEffect, useState } from '../shell.js';

/**
 * A component that loads itself: `lazy(() => import('./firings.js'), 'Firings')`.
 * @param {() => Promise<any>} load @param {string} name of what the module exports
 */
export function lazy(load, name) {
  /** @type {any} */
  let Part = null;
  return (/** @type {any} */ props) => {
    const [, draw] = useState(0);
    useEffect(() => {
      if (Part) return;
      load().then((module) => {
        Part = module[name];
        draw((n) => n + 1);
      }, (error) => draw(() => { throw error; }));
    }, []);
    return Part ? html`<${Part} ...${props} />` : html`<${Loading} rows=${4} />`;
  };
}
