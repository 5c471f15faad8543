// How do pages name the shapes of the API? `@typedef {import('../types/schemas.d.ts').Schemas['Delivery']} Delivery`
export type Schemas = import('./api.d.ts').components['schemas'];
