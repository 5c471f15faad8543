// How are numbers over time drawn?
// Own SVG: bars of delivered and failed by hour or day, with a table for readers; colours from the style sheet.
import { html } from '../vendor/preact-htm-signals.js';
import { bucket, number } from '../format.js';
import { messages } from '../messages/en.js';

/** @typedef {{at: string, delivered: number, failed: number}} Bucket */

const STEP = { hour: 3_600_000, day: 86_400_000 };

/**
 * Every hour or day of the window, also those that the API leaves out.
 * @param {Bucket[]} data @param {{by?: 'hour'|'day', count?: number, now?: number}} [options]
 * @returns {Bucket[]}
 */
export function fill(data, { by = 'hour', count = 24, now = Date.now() } = {}) {
  const step = STEP[by];
  const known = new Map(data.map((b) => [Date.parse(b.at), b]));
  const last = Math.floor(now / step) * step;
  return Array.from({ length: count }, (_, n) => {
    const at = last - (count - 1 - n) * step;
    return known.get(at) ?? { at: new Date(at).toISOString(), delivered: 0, failed: 0 };
  });
}

/** Bars in a row of a table: no axis, said in one sentence. @param {{data: Bucket[], label?: string, width?: number, height?: number}} props */
export function Sparkline({ data, label, width = 96, height = 20 }) {
  const top = Math.max(1, ...data.map((b) => b.delivered + b.failed));
  const sums = data.reduce((sum, b) => [sum[0] + b.delivered, sum[1] + b.failed], [0, 0]);
  const bar = width / data.length;
  return html`<svg class="spark" width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`${label ? `${label}: ` : ''}${number(sums[0])} ${messages.chart.delivered.toLowerCase()}, ${number(sums[1])} ${messages.chart.failed.toLowerCase()}`}>
    <path class="base" d=${`M0 ${height - 0.5}H${width}`} />
    ${data.map((b, n) => stack(b, n * bar, Math.max(1, bar - 1), height - 1, top, n))}
  </svg>`;
}

/** @param {Bucket} b @param {number} x @param {number} w @param {number} height @param {number} top @param {number} n */
function stack(b, x, w, height, top, n) {
  const failed = b.failed ? Math.max(2, (b.failed / top) * height) : 0;
  const delivered = b.delivered ? Math.max(1.5, (b.delivered / top) * (height - (failed && 2))) : 0;
  if (!failed && !delivered) return null;
  return html`<g key=${n}>${delivered > 0 && html`<rect class="good" x=${x} y=${height - delivered} width=${w} height=${delivered} />`}${failed > 0 && html`<rect class="bad" x=${x} y=${Math.max(0, height - delivered - failed)} width=${w} height=${failed} />`}</g>`;
}

/**
 * Bars with two lines of height, the times below, a tooltip each, and a table for readers.
 * @param {{data: Bucket[], by?: 'hour'|'day', label: string, height?: number, none?: string}} props `none`: what is said where there is no bar
 */
export function Bars({ data, by = 'hour', label, height = 120, none: said = messages.chart.none }) {
  const top = nice(Math.max(...data.map((b) => b.delivered + b.failed)));
  const width = 960;
  const none = data.every((b) => b.delivered + b.failed === 0);
  const bar = width / data.length;
  const every = Math.ceil(data.length / 6);
  const words = (/** @type {Bucket} */ b) => `${bucket(b.at, by)}: ${number(b.delivered)} ${messages.chart.delivered.toLowerCase()}, ${number(b.failed)} ${messages.chart.failed.toLowerCase()}`;
  return html`<figure class="bars">
    <div class="plot" aria-hidden="true">
      ${none ? html`<span class="none">${said}</span>` : html`<span class="top">${number(top)}</span><span class="half">${top > 1 ? number(top / 2) : ''}</span>`}
      <svg viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" style=${{ height: `${height}px` }}>
        ${!none && html`<path class="grid" d=${`M0 .5H${width}M0 ${height / 2}H${width}`} />`}<path class="base" d=${`M0 ${height - 0.5}H${width}`} />
        ${data.map((b, n) => html`<g key=${b.at} class="hit"><title>${words(b)}</title><rect class="area" x=${n * bar} y="0" width=${bar} height=${height} />${stack(b, n * bar + bar * 0.15, bar * 0.7, height - 1, top, n)}</g>`)}
      </svg>
      <div class="axis">${data.map((b, n) => (n % every === 0 ? html`<span key=${n} style=${{ left: `${(n / data.length) * 100}%` }}>${tick(b.at, by)}</span>` : null))}</div>
    </div>
    <table class="hidden"><caption>${label}</caption><thead><tr><th>${messages.chart.time}</th><th>${messages.chart.delivered}</th><th>${messages.chart.failed}</th></tr></thead>
      <tbody>${data.filter((b) => b.delivered + b.failed > 0).map((b) => html`<tr key=${b.at}><td>${bucket(b.at, by)}</td><td>${b.delivered}</td><td>${b.failed}</td></tr>`)}</tbody></table>
  </figure>`;
}

/** @param {string} at @param {'hour'|'day'} by */
const tick = (at, by) => new Intl.DateTimeFormat('en-GB', by === 'day' ? { day: 'numeric', month: 'short', timeZone: 'UTC' } : { hour: '2-digit', minute: '2-digit' }).format(new Date(at));

/** The next round number that is even, so that its half is one too. @param {number} most */
export function nice(most) {
  if (!(most > 1)) return most === 1 ? 1 : 2;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const step of [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10]) {
    const top = Math.round(step * power * 10) / 10;
    if (most <= top && top % 2 === 0) return top;
  }
  return 10 * power;
}
