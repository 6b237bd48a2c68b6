/** The version of this package. A test compares it with package.json and the native half. */
export const version = '0.1.0';
