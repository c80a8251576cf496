import { nodeFault } from './node-version.ts';

// Imported before everything else: on an older Node some dependency would fail first, with words that help nobody.
const fault = nodeFault(process.versions.node);
if (fault !== undefined) {
  throw new Error(
    `${fault} Install it, or start your program through npx or an npm script, which find the one that is brought along.`,
  );
}
