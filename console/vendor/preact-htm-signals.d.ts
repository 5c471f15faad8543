// What do the vendored functions take? By hand and small, so that an editor and tsc need nothing installed.
export interface VNode { type: unknown; props: any; key: any }
export type Child = VNode | string | number | bigint | boolean | null | undefined | Signal<any> | Child[];
export type Component<P = any> = (props: P) => Child;
export interface Ref<T> { current: T }
export interface Signal<T> { value: T; peek(): T; subscribe(fn: (value: T) => void): () => void }
export interface ReadonlySignal<T> extends Signal<T> { readonly value: T }
export interface Context<T> { Provider: Component; Consumer: Component; displayName?: string; _default?: T }
type Cleanup = void | (() => void);
type Update<S> = S | ((previous: S) => S);

export const Fragment: Component;
export function h(type: any, props?: any, ...children: Child[]): VNode;
export function html(strings: TemplateStringsArray, ...values: any[]): VNode;
export function render(child: Child, parent: Element): void;
export function cloneElement(node: VNode, props?: any, ...children: Child[]): VNode;
export function toChildArray(children: Child): VNode[];
export function createContext<T>(value: T): Context<T>;
export function useState<S>(initial: S | (() => S)): [S, (next: Update<S>) => void];
export function useState<S = undefined>(): [S | undefined, (next: Update<S | undefined>) => void];
export function useEffect(effect: () => Cleanup, inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => Cleanup, inputs?: readonly unknown[]): void;
export function useRef<T>(initial: T): Ref<T>;
export function useRef<T = any>(initial?: null): Ref<T>;
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useCallback<F extends Function>(callback: F, inputs: readonly unknown[]): F;
export function useContext<T>(context: Context<T>): T;
export function useId(): string;
export function useErrorBoundary(callback?: (error: any) => void): [any, () => void];
export function signal<T>(value: T): Signal<T>;
export function computed<T>(compute: () => T): ReadonlySignal<T>;
export function effect(run: () => Cleanup): () => void;
export function batch<T>(run: () => T): T;
export function untracked<T>(run: () => T): T;
export function useSignal<T>(value: T): Signal<T>;
export function useComputed<T>(compute: () => T): ReadonlySignal<T>;
export function useSignalEffect(run: () => Cleanup): void;
