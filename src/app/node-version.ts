/** node:sqlite without a flag, and with what our stores ask of it. */
export const MIN_NODE = '22.16';

/** What is wrong with the Node that runs this, as a sentence; `undefined`: it is new enough. */
export function nodeFault(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = MIN_NODE.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
    ? undefined
    : `pointsman needs Node ${MIN_NODE} or newer; this is ${version}.`;
}
