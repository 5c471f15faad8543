// Which names of Preact, htm and signals do the console's modules use?
// Everything that `make` puts into the one vendored module; a second copy of Preact would break hooks and signals.
import { h } from 'preact';
import htm from 'htm';

export { h, Fragment, render, createContext, cloneElement, toChildArray } from 'preact';
export {
  useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useContext, useId, useErrorBoundary,
} from 'preact/hooks';
export { signal, computed, effect, batch, untracked, Signal, useSignal, useComputed, useSignalEffect } from '@preact/signals';
export const html = htm.bind(h);
