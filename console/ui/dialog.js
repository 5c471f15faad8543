// How does the console ask, and how are dangerous things confirmed?
// The browser's own dialog: focus is kept inside and given back; destructive things are confirmed by typing a name.
import { html, useEffect, useId, useRef, useState } from '../vendor/preact-htm-signals.js';
import { Problem } from '../api.js';
import { messages } from '../messages/en.js';
import { Icon } from './icon.js';
import { Failed } from './states.js';
import { Copy } from './value.js';

/**
 * Shown as long as it is rendered. @param {{title: any, close: () => void, wide?: boolean, bare?: boolean, children?: any, footer?: any}} props `bare`: without head
 */
export function Dialog({ title, close, wide, bare, children, footer }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const id = useId();
  useEffect(() => {
    const before = /** @type {HTMLElement|null} */ (document.activeElement);
    dialog.current?.showModal();
    return () => { dialog.current?.close(); before?.focus?.(); };
  }, []);
  const cancel = (/** @type {Event} */ e) => { if (e.target === dialog.current) { e.preventDefault(); close(); } };
  const outside = (/** @type {MouseEvent} */ e) => { if (e.target === dialog.current) close(); };
  return html`<dialog ref=${dialog} class=${`${wide ? 'wide' : ''} ${bare ? 'bare' : ''}`} aria-labelledby=${bare ? undefined : id} aria-label=${bare ? title : undefined} onCancel=${cancel} onMouseDown=${outside}>
    <div class="dialog-body">
      ${!bare && html`<div class="dialog-head"><h2 class="break" id=${id}>${title}</h2><button type="button" class="icon-button" aria-label=${messages.form.close} onClick=${close}><${Icon} name="cross" /></button></div>`}
      <div class="dialog-content">${children}</div>
      ${footer && html`<div class="dialog-foot row">${footer}</div>`}
    </div>
  </dialog>`;
}

/**
 * Asks before something is done, and shows the server's words if it is refused.
 * @param {{title: string, close: () => void, confirm: string, run: () => Promise<any>, danger?: boolean, type?: string, ready?: boolean, children?: any}} props
 *   `ready`: false while the consequences are not known; `type`: a word to type first, for what cannot be undone; `children`: the consequences
 */
export function Confirm({ title, close, confirm, run, danger, type, ready = true, children }) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const id = useId();
  const go = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy || !ready || (type && typed !== type)) return;
    setBusy(true);
    setProblem(null);
    try {
      await run();
      close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} close=${close}>
    <form onSubmit=${go}>
      <div class="prose">${children}</div>
      ${type && html`<div class="field"><div class="label"><label class="break" for=${id}>${messages.form.confirmType(type)}</label><${Copy} text=${type} /></div><input id=${id} type="text" autofocus autocomplete="off" spellcheck=${false} value=${typed} onInput=${(/** @type {any} */ e) => setTyped(e.target.value)} /></div>`}
      ${problem && html`<${Failed} problem=${problem} compact title=${messages.form.refused} />`}
      <div class="row end"><button type="button" class="button" autofocus=${danger && !type} onClick=${close}>${messages.form.cancel}</button><button autofocus=${!danger && !type} class=${`button ${danger ? 'danger' : 'primary'}`} aria-disabled=${ready ? undefined : 'true'} disabled=${busy || Boolean(type && typed !== type)}>${confirm}</button></div>
    </form>
  <//>`;
}

/** A button that opens a dialog: `<${Opens} label="Delete">${(close) => html`<${Confirm} …/>`}<//>`. @param {{label: any, class?: string, disabled?: boolean, children?: any}} props */
export function Opens({ label, class: extra = 'button', disabled, children }) {
  const [open, setOpen] = useState(false);
  const make = Array.isArray(children) ? children[0] : children;
  return html`<button type="button" class=${extra} disabled=${disabled} aria-haspopup="dialog" onClick=${() => setOpen(true)}>${label}</button>${open && make(() => setOpen(false))}`;
}
