// How do the pages of deliveries, events and replays get their own styles?
// A style sheet that is loaded with them, so that the first page of the console stays small.
import { sheet } from '../../ui/sheet.js';

/** Fulfilled when the styles are there. */
export const styles = sheet(new URL('delivery.css', import.meta.url));
