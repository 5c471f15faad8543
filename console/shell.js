// What may a page import?
// Everything of the shell by one name; pages and parts that are loaded on demand import from here only.
export * from './vendor/preact-htm-signals.js';
export * from './format.js';
export * from './colour.js';
export * from './messages/en.js';
export * from './router.js';
export * from './api.js';
export * from './keys.js';
export * from './live.js';
export * from './ui/icon.js';
export * from './ui/toast.js';
export * from './ui/value.js';
export * from './ui/status.js';
export * from './ui/states.js';
export * from './ui/endpoint.js';
export * from './ui/dialog.js';
export * from './ui/tabs.js';
export * from './ui/table.js';
export * from './ui/filters.js';
export * from './ui/form.js';
export * from './ui/chart.js';
export * from './ui/layout.js';
export * from './portal.js';
