// How is something picked up and dropped, by mouse, finger or keyboard?
// Own dragging by pointer events: a handle lifts, `[data-slot]` elements are the places, edges scroll, Escape cancels.

/**
 * @typedef {{key: string, label: string}} Place A place where the subject may be dropped; `key` is its `data-slot`.
 * @typedef {{id: string, label: string}} Subject What is dragged; `id` is its handle's `data-drag`.
 * @typedef {{subject: Subject, places: Place[], at: number, by: 'pointer' | 'keyboard'}} Drag Under way; `at` is -1 over none.
 * @typedef {{left: number, right: number, y: number}} Line Where a place is on the screen.
 * @typedef {object} Actions
 * @property {(id: string) => {subject: Subject, places: Place[], at: number} | null} lift What the handle lifts, where it may go,
 *   and where it is now.
 * @property {(subject: Subject, place: string) => void} drop
 * @property {(drag: Drag | null) => void} show Called when the drag begins, moves or ends.
 * @property {(event: 'lifted' | 'moved' | 'dropped' | 'cancelled', drag: Drag) => void} announce For the live region.
 */

/** A press is a click until the pointer has moved this far. */
const THRESHOLD = 5;
/** Beyond this distance to every place nothing is dropped. */
const REACH = 96;
/** At this distance to an edge of the window the page begins to scroll, in pixels, and at most so far a frame. */
const EDGE = 56;
const SPEED = 16;

/** The place nearest to a point, -1 if none is in reach. @param {(Line | null)[]} lines @param {number} x @param {number} y */
export function nearest(lines, x, y) {
  let [best, least] = [-1, REACH];
  lines.forEach((line, place) => {
    if (!line) return;
    const aside = Math.max(line.left - x, x - line.right, 0);
    // The inner of two places side by side is the narrower one, which is further to the right.
    const distance = Math.abs(line.y - y) + aside - Math.min(line.left, 1000) / 1000;
    if (distance < least) [best, least] = [place, distance];
  });
  return best;
}

/** How far to scroll in a frame. @param {number} y @param {number} height of the window */
export function speed(y, height) {
  const into = y < EDGE ? y - EDGE : Math.max(0, y - (height - EDGE));
  return Math.round(Math.max(-1, Math.min(1, into / EDGE)) * SPEED);
}

/**
 * Makes the handles in `within` draggable. Gives a function that ends it.
 * @param {HTMLElement} within @param {Actions} actions
 */
export function draggable(within, actions) {
  /** @type {Drag | null} */
  let drag = null;
  /** @type {{id: string, x: number, y: number, pointer: number} | null} */
  let pressed = null;
  /** @type {HTMLElement | null} */
  let ghost = null;
  let frame = 0;
  const point = { x: 0, y: 0 };

  // A line of the event's tree is lifted anywhere but at its buttons.
  const handleOf = (/** @type {EventTarget | null} */ target) => {
    if (!(target instanceof Element)) return null;
    const handle = target.closest('[data-drag]') ?? (target.closest('button, a, input') ? null : target.closest('.line')?.querySelector('[data-drag]'));
    return /** @type {HTMLElement | null} */ (handle ?? null);
  };

  /** @param {string} id @param {Drag['by']} by */
  const begin = (id, by) => {
    const lifted = actions.lift(id);
    if (!lifted || lifted.places.length === 0) return;
    drag = { ...lifted, by };
    if (by === 'pointer') {
      ghost = Object.assign(document.createElement('div'), { className: 'drag-ghost', textContent: lifted.subject.label });
      ghost.setAttribute('aria-hidden', 'true');
      document.body.append(ghost);
      document.documentElement.classList.add('is-dragging');
      frame = requestAnimationFrame(follow);
    }
    actions.show(drag);
    actions.announce('lifted', drag);
  };

  /** @param {number} at */
  const move = (at) => {
    if (!drag || at === drag.at) return;
    drag = { ...drag, at };
    actions.show(drag);
    if (drag.by === 'keyboard') within.querySelector(`[data-slot="${CSS.escape(drag.places[at].key)}"]`)?.scrollIntoView({ block: 'nearest' });
    actions.announce('moved', drag);
  };

  /** @param {boolean} isDropped */
  const end = (isDropped) => {
    const ended = drag;
    [drag, pressed] = [null, null];
    cancelAnimationFrame(frame);
    ghost?.remove();
    document.documentElement.classList.remove('is-dragging');
    if (!ended) return;
    actions.show(null);
    const place = ended.places[ended.at];
    if (isDropped && place) actions.drop(ended.subject, place.key);
    actions.announce(isDropped && place ? 'dropped' : 'cancelled', ended);
    if (ended.by === 'keyboard') requestAnimationFrame(() => focusOn(ended.subject.id));
  };

  const focusOn = (/** @type {string} */ id) => {
    const handle = within.querySelector(`[data-drag="${CSS.escape(id)}"]`);
    if (handle instanceof HTMLElement) handle.focus();
  };

  /** Once a frame: the ghost follows, the page scrolls at its edges, the nearest place is chosen. */
  const follow = () => {
    if (!drag) return;
    if (ghost) ghost.style.transform = `translate(${point.x + 12}px, ${point.y + 12}px)`;
    const by = speed(point.y, innerHeight);
    if (by !== 0) scrollBy(0, by);
    move(nearest(drag.places.map(({ key }) => lineOf(within, key)), point.x, point.y));
    frame = requestAnimationFrame(follow);
  };

  const onDown = (/** @type {PointerEvent} */ event) => {
    const handle = handleOf(event.target);
    if (!handle || event.button !== 0 || drag) return;
    pressed = { id: String(handle.dataset.drag), x: event.clientX, y: event.clientY, pointer: event.pointerId };
  };
  const onMove = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== pressed?.pointer) return;
    Object.assign(point, { x: event.clientX, y: event.clientY });
    const isFar = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) >= THRESHOLD;
    if (!drag && isFar) begin(pressed.id, 'pointer');
    if (drag) event.preventDefault();
  };
  const onUp = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== pressed?.pointer) return;
    Object.assign(point, { x: event.clientX, y: event.clientY });
    if (drag) {
      // The last move may be newer than the last frame.
      move(nearest(drag.places.map(({ key }) => lineOf(within, key)), point.x, point.y));
      addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener('click', swallow, { capture: true }));
    }
    end(true);
  };
  const onCancel = () => end(false);
  /** @type {Record<string, (places: number, at: number) => number>} */
  const STEPS = { ArrowDown: (n, at) => Math.min(n - 1, at + 1), ArrowUp: (n, at) => Math.max(0, at - 1), Home: () => 0, End: (n) => n - 1 };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const stop = () => (event.preventDefault(), event.stopPropagation());
    if (drag && event.key === 'Escape') return stop(), end(false);
    if (drag?.by === 'keyboard') {
      const step = STEPS[event.key];
      if (step) stop(), move(step(drag.places.length, drag.at));
      else if (event.key === ' ' || event.key === 'Enter') stop(), end(true);
      else if (event.key === 'Tab') end(false);
      return;
    }
    const handle = event.target === handleOf(event.target) ? handleOf(event.target) : null;
    if (handle && !drag && event.key === ' ' && within.contains(handle)) stop(), begin(String(handle.dataset.drag), 'keyboard');
  };

  within.addEventListener('pointerdown', onDown);
  addEventListener('pointermove', onMove, { passive: false });
  addEventListener('pointerup', onUp);
  addEventListener('pointercancel', onCancel);
  addEventListener('keydown', onKey, true);
  return () => {
    end(false);
    within.removeEventListener('pointerdown', onDown);
    removeEventListener('pointermove', onMove);
    removeEventListener('pointerup', onUp);
    removeEventListener('pointercancel', onCancel);
    removeEventListener('keydown', onKey, true);
  };
}

/** What was dragged is not clicked. @param {Event} event */
const swallow = (event) => (event.stopPropagation(), event.preventDefault());

/** @param {HTMLElement} within @param {string} key @returns {Line | null} */
function lineOf(within, key) {
  const place = within.querySelector(`[data-slot="${CSS.escape(key)}"]`);
  if (!place) return null;
  const { left, right, top, bottom } = place.getBoundingClientRect();
  return { left, right, y: (top + bottom) / 2 };
}
