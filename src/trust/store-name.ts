/** Name of a store inside a folder: of one that began there, and for users without a data folder. */
export const STORE_NAME = '.pointsman';
