// How are the few marks in the steps of a provider drawn?
// **bold**, *quoted* and `code`, as elements and never as HTML.
import { html } from '../shell.js';

/** @param {{text: string}} props */
export const Rich = ({ text }) => html`${text.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/).map((piece, n) => (piece.startsWith('**') ? html`<strong key=${n}>${piece.slice(2, -2)}</strong>` : piece.startsWith('*') ? html`<em key=${n}>${piece.slice(1, -1)}</em>` : piece.startsWith('`') ? html`<code key=${n}>${piece.slice(1, -1)}</code>` : piece))}`;

/** @param {{of: any[], start?: number}} props texts, or elements */
export const Steps = ({ of, start = 1 }) => html`<ol class="guide-steps" start=${start}>${of.map((step, n) => html`<li key=${n}><div>${typeof step === 'string' ? html`<${Rich} text=${step} />` : step}</div></li>`)}</ol>`;
