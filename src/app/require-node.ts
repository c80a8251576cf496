import { nodeFault } from './node-version.ts';

// Imported before everything else: on an older Node some dependency would fail first, with words that help nobody.
const fault = nodeFault(process.versions.node);
if (fault !== undefined) {
  throw new Error(`${fault} Install a newer one: https://nodejs.org/en/download.`);
}
