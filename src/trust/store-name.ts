/** Name of the store that a folder gets where the user names no other. */
export const STORE_NAME = '.pointsman';
