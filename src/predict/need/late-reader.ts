import type { NeedReader } from './need-reader.ts';

/** The version of a reader that nobody has asked yet. */
const UNOPENED = 'unopened';

/**
 * A reader that is opened when it is first asked: its weights take as long to load and as much memory as all else of a start.
 * @param open of what is known to be whole: it rejects for nothing that a user could have done
 */
export function createLateReader(open: () => Promise<NeedReader>): NeedReader {
  let opening: Promise<NeedReader> | undefined;
  let opened: NeedReader | undefined;
  const ask = async (): Promise<NeedReader> => (opened ??= await (opening ??= open()));
  return {
    get version() {
      return opened?.version ?? UNOPENED;
    },
    read: async (step, asker) => (await ask()).read(step, asker),
    close: async () => (await opening)?.close(),
  };
}
