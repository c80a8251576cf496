/** Name of a store inside a folder: of one that began there, and for users without a data folder. */
export const STORE_NAME = '.pointsman';

/** Begins the name of a folder in it that holds what was merged into another store; nobody reads it. */
export const SET_ASIDE = 'merged-';
