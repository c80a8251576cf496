import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** What a plain file says, or why it was not read. */
export type PlainFileReading = { readonly text: string } | { readonly why: string; readonly cause?: unknown };

/**
 * A file read at once; `undefined`: there is none. A pipe or a device, whose reading might not end, is neither waited for nor read, whatever is put in
 * the place of the file meanwhile.
 */
export function readPlainFile(file: string, mostBytes: number = Infinity): PlainFileReading | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (!stat.isFile()) return { why: 'it is no plain file' };
    if (stat.size > mostBytes) return { why: `it has more than ${mostBytes} bytes` };
    return { text: readFileSync(handle, 'utf8') };
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    return isAbsent ? undefined : { why: 'it is not to be opened', cause };
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
