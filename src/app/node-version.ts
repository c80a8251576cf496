/** node:sqlite without a flag, and types stripped from the source. */
export const MIN_NODE_MAJOR = 24;

/** What is wrong with the Node that runs this, as a sentence; `undefined`: it is new enough. */
export function nodeFault(version: string): string | undefined {
  return Number(version.split('.')[0]) >= MIN_NODE_MAJOR
    ? undefined
    : `pointsman needs Node ${MIN_NODE_MAJOR} or newer; this is ${version}.`;
}
