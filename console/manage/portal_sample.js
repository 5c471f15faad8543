// How will the portal look?
// Its head, navigation and buttons with the colours that it computes, in light and dark; the true one opens by a link.
import { Icon, Segments, Status, accentTokens, html, isColour, messages, pageName, useState } from '../shell.js';
import { words } from '../messages/en/portal.js';

/** @param {{look: any, logo: string|null, pages: string[]}} props */
export function PortalSample({ look, logo, pages }) {
  const [chosen, setChosen] = useState('light');
  const scheme = look.theme === 'auto' ? chosen : look.theme;
  const tokens = isColour(look.accent) ? accentTokens(look.accent) : {};
  const name = look.name.trim() || messages.nav.portalName;
  return html`<aside class="look-side" aria-label=${words.shownAs}>
    <div class="section-head"><h2>${words.shownAs}</h2><div class="row">${look.theme === 'auto' && html`<${Segments} label=${words.scheme} value=${chosen} options=${[['light', words.light], ['dark', words.dark]]} change=${setChosen} />`}</div></div>
    <div class="portal-sample" style=${{ colorScheme: scheme, ...tokens }} aria-hidden="true">
      <div class="sample-nav"><div class="brand">${logo && html`<img src=${logo} alt="" />`}<bdi class="cut">${name}</bdi></div>
        ${pages.map((page, n) => html`<span key=${page} class=${`sample-link ${n === Math.min(1, pages.length - 1) ? 'here' : ''}`}><${Icon} name=${page} />${pageName(page)}</span>`)}
        ${!look.hide_branding && html`<span class="sample-made">${messages.nav.made}</span>`}${look.return_url.trim() && html`<span class="sample-link"><${Icon} name="left" />${messages.nav.back}</span>`}</div>
      <div class="sample-page"><div class="row"><strong>${pageName('endpoints')}</strong><span class="spacer"></span><span class="button primary small">${words.sampleButton}</span></div>
        <div class="sample-row"><${Status} of="healthy" /><span class="sample-anchor cut">${words.sampleLink}</span></div><div class="sample-row"><${Status} of="failing" /><span class="sample-anchor cut">${words.sampleLink}</span></div></div>
    </div>
    <p class="muted">${words.asSaved}</p>
  </aside>`;
}
