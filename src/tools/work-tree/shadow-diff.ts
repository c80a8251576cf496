import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { Ms } from '../../domain/time.ts';
import type { FileChange, FileState } from './file-change.ts';

export interface ShadowRunOptions {
  readonly input?: Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly mayFail?: boolean;
  readonly limitMs?: Ms;
}

/** Git in a folder of our own; `undefined`: it failed. */
export type RunShadow = (args: readonly string[], more?: ShadowRunOptions) => Promise<Buffer | undefined>;

/** Changes as one patch that `git apply` takes, binary files too. @param dir what git keeps, outside of the workspace */
export async function diffOf(run: RunShadow, dir: string, changes: readonly FileChange[]): Promise<Buffer | undefined> {
  const [from, to] = [
    await treeOf(run, dir, (change) => change.before, changes),
    await treeOf(run, dir, (change) => change.after, changes),
  ];
  if (from === undefined || to === undefined) return undefined;
  const args = ['diff', '--binary', '--full-index', '--no-ext-diff', '--no-textconv', '--no-color', '-M', from, to];
  const text = await run(args);
  if (text === undefined) return undefined;
  if (isUtf8(text)) return readableNames(text);
  // Text that is no UTF-8 does not outlive every terminal and pipe: as a binary patch it does.
  const asBytes = await run(['-c', `core.attributesFile=${path.join(dir, 'as-bytes')}`, ...args]);
  return asBytes === undefined ? undefined : readableNames(utf8Parts(text, asBytes));
}

/** Of each file the text where that can be read, else the bytes. */
function utf8Parts(text: Buffer, asBytes: Buffer): Buffer {
  const [texts, bytes] = [text, asBytes].map((patch) => patch.toString('latin1').split(/(?<=^|\n)(?=diff --git )/u));
  if (texts === undefined || bytes === undefined || texts.length !== bytes.length) return asBytes;
  const parts = texts.map((part, index) => (isUtf8(Buffer.from(part, 'latin1')) ? part : (bytes[index] ?? '')));
  return Buffer.from(parts.join(''), 'latin1');
}

/**
 * Where a part of a name ends in a blank, git does not find the two names again that it put side by side: quoted it does. Lines of a
 * patch end with `\n` alone; what stands behind another end of a line is of a file.
 */
function readableNames(patch: Buffer): Buffer {
  const text = patch.toString('latin1');
  const quoted = text.replaceAll(/(?<=^|\n)diff --git a\/(.+) b\/\1(?=\n)/gu, (line, name: string) =>
    / (?:\/|$)/u.test(name) ? `diff --git "a/${name}" "b/${name}"` : line,
  );
  return quoted === text ? patch : Buffer.from(quoted, 'latin1');
}

/** Of the changed files alone. */
async function treeOf(
  run: RunShadow,
  dir: string,
  side: (change: FileChange) => FileState | null,
  changes: readonly FileChange[],
): Promise<string | undefined> {
  const index = path.join(dir, `index-${randomBytes(6).toString('hex')}`);
  const lines = changes.flatMap((change) => {
    const state = side(change);
    return state === null ? [] : [`${state.mode} ${state.id}\t${change.name}\0`];
  });
  const env = { GIT_INDEX_FILE: index };
  await run(['update-index', '-z', '--index-info'], { env, input: Buffer.from(lines.join('')) });
  const tree = await run(['write-tree', '--missing-ok'], { env });
  await fs.rm(index, { force: true });
  return tree?.toString().trim();
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
