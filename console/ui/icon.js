// What do the icons look like?
// Inline SVG of 16 px, one stroke width, in the colour of the text; always beside a word or with a label.
import { html } from '../vendor/preact-htm-signals.js';

const PATHS = /** @type {Record<string, string>} */ ({
  check: 'm3.5 8.5 3 3 6-7', cross: 'm4.5 4.5 7 7m0-7-7 7', undo: 'M6 3 3 6l3 3M3 6h6.25a3.5 3.5 0 0 1 0 7H7', redo: 'm10 3 3 3-3 3m3-3H6.75a3.5 3.5 0 0 0 0 7H9', retry: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.6', pause: 'M5.75 4v8m4.5-8v8', ban: 'M8 2.75a5.25 5.25 0 1 0 0 10.5 5.25 5.25 0 0 0 0-10.5ZM4.3 4.3l7.4 7.4',
  dots: 'M3.5 8h.01M8 8h.01M12.5 8h.01', dash: 'M4 8h8', clock: 'M8 2.75a5.25 5.25 0 1 0 0 10.5 5.25 5.25 0 0 0 0-10.5ZM8 5v3.2l2 1.3', eye: 'M1.75 8S4 3.75 8 3.75 14.25 8 14.25 8 12 12.25 8 12.25 1.75 8 1.75 8ZM8 6.25a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5Z',
  warn: 'M8 2.5 14 13H2L8 2.5Zm0 4v3m0 1.7v.01', info: 'M8 2.75a5.25 5.25 0 1 0 0 10.5 5.25 5.25 0 0 0 0-10.5ZM8 7.5v3m0-5.2v.01', search: 'M7 2.75a4.25 4.25 0 1 0 0 8.5 4.25 4.25 0 0 0 0-8.5ZM10.2 10.2 13.25 13.25', copy: 'M5.75 5.75h7v7h-7zM3.25 10.25v-7h7',
  down: 'm4 6 4 4 4-4', right: 'm6 4 4 4-4 4', left: 'm10 4-4 4 4 4', up: 'm4 10 4-4 4 4', plus: 'M8 3.5v9M3.5 8h9', menu: 'M2.5 4.5h11M2.5 8h11m-11 3.5h11', out: 'M6.5 2.75h-3.75v10.5H6.5M9.5 5l3 3-3 3m3-3H6', external: 'M9 3h4v4m0-4L7.5 8.5M6.5 3.5h-3v9h9v-3', filter: 'M2.5 4h11M4.5 8h7m-4.5 4h2', calendar: 'M2.75 4h10.5v9.25H2.75zM2.75 7h10.5M5.5 2.5V5m5-2.5V5', link: 'M6.5 9.5 9.5 6.5M7 5l1.7-1.7a2.6 2.6 0 0 1 3.7 3.7L10.7 8.7M9 11l-1.7 1.7a2.6 2.6 0 0 1-3.7-3.7L5.3 7.3', trash: 'M3 4.5h10M6.25 4.5v-2h3.5v2M4.25 4.5l.6 9h6.3l.6-9', more: 'M3.5 8h.01M8 8h.01M12.5 8h.01', play: 'm5 3.5 7 4.5-7 4.5z', user: 'M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.25c.6-2.3 2.5-3.5 5-3.5s4.4 1.2 5 3.5', keyboard: 'M1.75 4.25h12.5v7.5H1.75zM4.25 6.5h.01m2.5 0h.01m2.5 0h.01m2.5 0h.01M5 9.25h6',
  setup: 'm2.5 4 1.2 1.2L6 3M2.5 8.2l1.2 1.2L6 7.2m-3.5 5 1.2 1.2L6 11.2M8.5 4.25h5m-5 4h5m-5 4h5', overview: 'M2.75 2.75h4.5v4.5h-4.5zm6 0h4.5v4.5h-4.5zm-6 6h4.5v4.5h-4.5zm6 0h4.5v4.5h-4.5z', endpoints: 'M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4ZM4.2 11.8a5.4 5.4 0 0 1 0-7.6m7.6 0a5.4 5.4 0 0 1 0 7.6', deliveries: 'M14 2.5 2.5 6.5l4.7 2.3L9.5 13.5zM7.2 8.8 14 2.5', events: 'M9 1.75 3.5 9H8l-1 5.25L12.5 7H8z', catalogue: 'M3 2.75h8.5A1.5 1.5 0 0 1 13 4.25v9H4.5A1.5 1.5 0 0 1 3 11.75zm0 9a1.5 1.5 0 0 1 1.5-1.5H13', rules: 'M4 2.5a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5Zm0 3.5v7.5M12 5.5A1.75 1.75 0 1 0 12 9a1.75 1.75 0 0 0 0-3.5Zm0 3.5c0 2.5-8 1-8 3.5', actions: 'M2.75 3.25h10.5v9.5H2.75zM5 6.25 7 8l-2 1.75M8 10.25h3', sources: 'M8 2v7m0 0L5 6.25M8 9l3-2.75M2.75 9.5v3.75h10.5V9.5', replays: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.5V5h2.6M8 5.25V8l2 1.5', keys_page: 'M5.5 7.25a3.25 3.25 0 1 0 0 6.5 3.25 3.25 0 0 0 0-6.5ZM8 8.25 13.5 2.75M11 5.25l2 2', portal: 'M2.25 3h11.5v10H2.25zM2.25 6h11.5M4.25 4.5h.01m1.75 0h.01', developers: 'm5.5 4.5-3.5 3.5 3.5 3.5m5-7 3.5 3.5-3.5 3.5', audit: 'M3.5 2.25h9v11.5h-9zM5.75 5.25h4.5m-4.5 2.75h4.5m-4.5 2.75H8', notifications: 'M4 11V7a4 4 0 0 1 8 0v4l1.25 1.25H2.75zM6.75 13.75h2.5', settings: 'M2.5 5h6m3 0h2M10 3.25v3.5M2.5 11h2m3 0h6M6 9.25v3.5',
});

/** @param {{name: string, label?: string, class?: string}} props `label` only where no word stands beside it */
export function Icon({ name, label, class: extra = '' }) {
  return html`<svg class=${`icon ${extra}`} viewBox="0 0 16 16" role=${label ? 'img' : undefined} aria-label=${label} aria-hidden=${label ? undefined : 'true'}>
    <path d=${PATHS[name] ?? PATHS.info} />
  </svg>`;
}
