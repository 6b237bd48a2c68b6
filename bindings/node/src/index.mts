// The one implementation is CommonJS; this gives it ES module names, so that classes are the same in both.
export * from './index.js';
