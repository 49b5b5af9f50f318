// All that travels between server and console, in one place to import from.
export * from './agreement';
export * from './aid';
export * from './base';
export * from './claim';
export * from './judge';
export * from './link';
export * from './nouns';
export * from './wire';
