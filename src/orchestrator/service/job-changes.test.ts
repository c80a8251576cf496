import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { JobId } from '../../domain/ids.ts';
import {
  everything,
  git,
  isNoGit,
  openChangesBed,
  put,
  type ChangesBed,
  type FilesNow,
} from '../../testing/internal/changes/changes-bed.ts';
import {
  act,
  acts,
  buildHostile,
  FORMS,
  hasActed,
  hostileFiles,
  KINDS,
  LINES,
  type Act,
} from '../../testing/internal/changes/hostile-states.ts';

// Git is started a hundred times.
vi.setConfig({ testTimeout: 120_000 });

const beds: ChangesBed[] = [];
afterEach(() => {
  for (const bed of beds.splice(0)) bed.remove();
});

function opened(): ChangesBed {
  const bed = openChangesBed();
  beds.push(bed);
  return bed;
}

/** What somebody wrote, wherever it stands. */
const wordsIn = (stands: string | undefined, who: string): ReadonlySet<string> =>
  new Set(stands?.match(new RegExp(`${who} \\d+`, 'gu')));

/** Either nothing was done, or each change was, and nobody else's work is lost by it. */
function expectWhole(
  { names, from, to }: Pick<PlayedWhole, 'names' | 'from' | 'to'>,
  { found, now, isRefused }: { readonly found: FilesNow; readonly now: FilesNow; readonly isRefused: boolean },
): void {
  if (isRefused) return expect(now).toEqual(found);
  const rest = (all: FilesNow): object =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
  expect(rest(now)).toEqual(rest(found));
  for (const name of names) {
    if (found[name] === from[name] || found[name] === to[name]) {
      expect([name, now[name]]).toEqual([name, to[name]]);
      continue;
    }
    for (const [who, theirs] of [
      ['user', found],
      ['job', to],
    ] as const) {
      const before = wordsIn(from[name], who);
      const added = [...wordsIn(theirs[name], who)].filter((word) => !before.has(word));
      expect([name, [...wordsIn(now[name], who)]]).toEqual([name, expect.arrayContaining(added)]);
    }
  }
}

interface PlayedWhole {
  readonly jobId: JobId;
  readonly names: readonly string[];
  readonly from: FilesNow;
  readonly to: FilesNow;
}

/** A job that does all of these, held against what it should come to in its user's folder. */
async function playWhole(bed: ChangesBed, ops: readonly Act[], meanwhile: readonly Act[]): Promise<PlayedWhole> {
  const from = everything(bed.workspace);
  let to: FilesNow = {};
  const { jobId, notes, found, isInPlace } = await bed.play(
    (folder) => {
      for (const one of ops) act(folder, one, 'job');
      to = everything(folder, isNoGit);
    },
    (folder) => meanwhile.forEach((one) => act(folder, one, 'user')),
  );
  const names = (await bed.changes(jobId)).map(({ name }) => name);
  const played = { jobId, names, from, to };
  if (!isInPlace) {
    const isRefused = notes.some((note) => note.includes('Nothing of this job is in your files'));
    expectWhole(played, { found, now: everything(bed.workspace), isRefused });
  }
  return played;
}

type Move = { readonly kind: 'undo' | 'apply'; readonly job: number } | { readonly kind: 'user'; readonly act: Act };

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constantFrom('undo' as const, 'apply' as const), job: fc.nat(1) }),
  fc.record({ kind: fc.constant('user' as const), act: acts }),
);

async function moveOnce(
  bed: ChangesBed,
  { kind, job }: Move & { kind: 'undo' | 'apply' },
  played: readonly PlayedWhole[],
) {
  const one = played[job];
  if (one === undefined) return;
  const found = everything(bed.workspace);
  const ended = await (kind === 'undo' ? bed.undoJob(one.jobId) : bed.applyJob(one.jobId)).then(
    () => undefined,
    (thrown: unknown) => thrown as { readonly code: string; readonly hint: string },
  );
  if (ended !== undefined)
    expect([ended.code, ended.hint]).toEqual(['request-invalid', expect.stringMatching(/pointsman diff/u)]);
  const way = kind === 'undo' ? { ...one, from: one.to, to: one.from } : one;
  const now = everything(bed.workspace);
  expectWhole(way, { found, now, isRefused: ended !== undefined });
  if (ended !== undefined) return;
  // Once more it is as it is.
  await (kind === 'undo' ? bed.undoJob(one.jobId) : bed.applyJob(one.jobId));
  expect(everything(bed.workspace)).toEqual(now);
}

/** The patch makes of what a job found what it left, by git itself. */
async function expectPatch(bed: ChangesBed, { jobId, names, to }: PlayedWhole, origin: string): Promise<void> {
  const patch = await bed.jobDiff(jobId);
  writeFileSync(path.join(bed.top, 'job.patch'), patch);
  if (names.length === 0) return expect(patch).toBe('');
  git(origin, 'apply', '--whitespace=nowarn', path.join(bed.top, 'job.patch'));
  const modes = (all: FilesNow): object =>
    Object.fromEntries(
      Object.entries(all).map(([name, stands]) => [name, stands.replace(/^6\d\d /u, '').replace(/^7\d\d /u, 'x ')]),
    );
  expect(modes(everything(origin, isNoGit))).toEqual(modes(to));
}

describe.each(Object.keys(KINDS))('%s', (kind) => {
  test('nobody’s work is lost, nothing is done by half, and nothing else changes', async () => {
    const several = fc.array(acts, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        hostileFiles,
        fc.tuple(several, several),
        fc.array(acts, { maxLength: 3 }),
        fc.array(move, { minLength: 1, maxLength: 6 }),
        async (files, [first, second], meanwhile, moves) => {
          const bed = opened();
          buildHostile(bed, kind, files);
          const origin = path.join(bed.top, 'origin');
          execFileSync('cp', ['-a', bed.workspace, origin]);
          rmSync(path.join(origin, '.git'), { recursive: true, force: true });
          const one = await playWhole(bed, first, meanwhile);
          await expectPatch(bed, one, origin);
          const played = [one, await playWhole(bed, second, [])];
          for (const next of moves) {
            if (next.kind === 'user') act(bed.workspace, next.act, 'user');
            else await moveOnce(bed, next, played);
          }
          expect(hasActed(bed)).toBe(false);
        },
      ),
      { numRuns: 3 },
    );
  });
});

/** A job that changes one line of a file and makes another, and what its user does before that comes back. */
async function oneLine(bed: ChangesBed, meanwhile?: (folder: string) => void) {
  const text = FORMS.lf(LINES).toString();
  put(bed.workspace, 'a.txt', text);
  git(bed.workspace, 'init', '-q');
  git(bed.workspace, 'add', '-A');
  git(bed.workspace, 'commit', '-qm', 'first');
  const played = await bed.play((folder) => {
    put(folder, 'a.txt', text.replace('line 5', 'line five'));
    put(folder, 'made/b.txt', 'b\n');
  }, meanwhile);
  return { ...played, text, changed: text.replace('line 5', 'line five') };
}

const read = (folder: string, name: string): string => readFileSync(path.join(folder, name), 'utf8');

/** A shell's way of what a hint says. */
const byHand = (bed: ChangesBed, patch: string, ...args: readonly string[]): void => {
  writeFileSync(path.join(bed.top, 'job.patch'), patch);
  try {
    git(bed.workspace, 'apply', ...args, path.join(bed.top, 'job.patch'));
  } catch {
    // What does not go together is left in a file beside it.
  }
};

test('of a conflict the line is said, and what to do puts in what goes together', async () => {
  const bed = opened();
  const { jobId, notes, text } = await oneLine(bed, (folder) =>
    put(folder, 'a.txt', `above\n${LINES.join('\n').replace('line 5', 'line V')}\n`),
  );
  expect(notes.join('\n')).toContain('a.txt (line 7)');
  expect(existsSync(path.join(bed.workspace, 'made'))).toBe(false);
  await expect(bed.applyJob(jobId)).rejects.toMatchObject({
    message: expect.stringContaining('a.txt (line 7) changed since this job') as string,
    hint: expect.stringContaining(`pointsman diff ${jobId} | git apply --reject`) as string,
  });
  byHand(bed, await bed.jobDiff(jobId), '--reject');
  expect(read(bed.workspace, 'a.txt')).toBe(`above\n${text.replace('line 5', 'line V')}`);
  expect(read(bed.workspace, 'made/b.txt')).toBe('b\n');
  expect(read(bed.workspace, 'a.txt.rej')).toContain('+line five');
});

test.each([
  ['deleted', (workspace: string) => rmSync(workspace, { recursive: true })],
  ['moved', (workspace: string) => renameSync(workspace, `${workspace}-new`)],
])('of a folder that was %s nothing is made anew, and its patch is there', async (_what, away) => {
  const bed = opened();
  const { jobId, changed, text } = await oneLine(bed);
  away(bed.workspace);
  for (const move of [bed.applyJob, bed.undoJob])
    await expect(move(jobId)).rejects.toMatchObject({
      code: 'request-invalid',
      message: expect.stringContaining('not there any more') as string,
      hint: expect.stringContaining(`pointsman diff ${jobId} | git apply`) as string,
    });
  expect(existsSync(bed.workspace)).toBe(false);
  const patch = await bed.jobDiff(jobId);
  expect(patch).toContain('+line five');
  const moved = `${bed.workspace}-new`;
  if (!existsSync(moved)) return;
  expect(read(moved, 'a.txt')).toBe(changed);
  writeFileSync(path.join(bed.top, 'job.patch'), patch);
  git(moved, 'apply', '-R', path.join(bed.top, 'job.patch'));
  expect(read(moved, 'a.txt')).toBe(text);
});

test('a folder that goes while a job is at work is not made anew of what the job did', async () => {
  const bed = opened();
  const { jobId, notes } = await oneLine(bed, (folder) => renameSync(folder, `${folder}-new`));
  expect(existsSync(bed.workspace)).toBe(false);
  expect(notes.join('\n')).toContain('It is kept');
  expect(await bed.jobDiff(jobId)).toContain('+line five');
});

test('what a repository holds may go, and a job is taken back all the same', async () => {
  const bed = opened();
  const other = (text: string): string => text.replace('line 11', 'line eleven');
  const { jobId, text } = await oneLine(bed, (folder) => put(folder, 'a.txt', other(read(folder, 'a.txt'))));
  rmSync(path.join(bed.workspace, '.git'), { recursive: true });
  expect(await bed.jobDiff(jobId)).toContain('-line 5');
  await bed.undoJob(jobId);
  expect(read(bed.workspace, 'a.txt')).toBe(other(text));
  expect(existsSync(path.join(bed.workspace, 'made'))).toBe(false);
});

test('two jobs on one file are taken back in either order', async () => {
  const bed = opened();
  const { jobId, text, changed } = await oneLine(bed);
  const second = await bed.play((folder) => put(folder, 'a.txt', changed.replace('line 11', 'line eleven')));
  await bed.undoJob(jobId);
  expect(read(bed.workspace, 'a.txt')).toBe(text.replace('line 11', 'line eleven'));
  await bed.undoJob(second.jobId);
  expect(read(bed.workspace, 'a.txt')).toBe(text);
  await bed.applyJob(second.jobId);
  await bed.applyJob(jobId);
  expect(read(bed.workspace, 'a.txt')).toBe(changed.replace('line 11', 'line eleven'));
});

test('a file that its user renamed meanwhile is no longer there to be changed: nothing is, and that is said', async () => {
  const bed = opened();
  const { jobId, notes, text } = await oneLine(bed, (folder) =>
    renameSync(path.join(folder, 'a.txt'), path.join(folder, 'renamed.txt')),
  );
  expect(notes.join('\n')).toContain('Nothing of this job is in your files: a.txt');
  expect(everything(bed.workspace, isNoGit)).toEqual({ 'renamed.txt': `644 ${text}` });
  renameSync(path.join(bed.workspace, 'renamed.txt'), path.join(bed.workspace, 'a.txt'));
  await bed.applyJob(jobId);
  expect(read(bed.workspace, 'made/b.txt')).toBe('b\n');
});

test('who may start a binary file and what is in it are two things', async () => {
  const bed = opened();
  const bytes = (last: number): Buffer => Buffer.from([0, 1, last]);
  put(bed.workspace, 'one.bin', bytes(1));
  put(bed.workspace, 'two.bin', bytes(1));
  const { jobId } = await bed.play(
    (folder) => {
      put(folder, 'one.bin', bytes(2));
      chmodSync(path.join(folder, 'two.bin'), 0o755);
    },
    (folder) => {
      chmodSync(path.join(folder, 'one.bin'), 0o755);
      put(folder, 'two.bin', bytes(3));
    },
  );
  const both = { 'one.bin': '755 \0\x01\x02', 'two.bin': '755 \0\x01\x03' };
  expect(everything(bed.workspace)).toEqual(both);
  await bed.undoJob(jobId);
  expect(everything(bed.workspace)).toEqual({ 'one.bin': '755 \0\x01\x01', 'two.bin': '644 \0\x01\x03' });
  await bed.applyJob(jobId);
  expect(everything(bed.workspace)).toEqual(both);
});

test('of several files those that can be read are shown as text beside those that cannot', async () => {
  const bed = opened();
  put(bed.workspace, 'latin.txt', FORMS.latin(LINES));
  const { jobId } = await bed.play((folder) => {
    put(folder, 'latin.txt', FORMS.latin([...LINES, 'more']));
    put(folder, 'plain.txt', 'plain\n');
  });
  const patch = await bed.jobDiff(jobId);
  expect(patch).toContain('+plain\n');
  expect(patch).toMatch(/a\/latin\.txt[^+]*GIT binary patch/u);
});

test('what a file holds that reads like the head of a patch stays as it is', async () => {
  const bed = opened();
  const held = 'once\rdiff --git a/its own /x b/its own /x\rand more\n';
  const { jobId } = await bed.play((folder) => put(folder, 'log.txt', held));
  const patch = await bed.jobDiff(jobId);
  expect(patch).toContain(`+${held}`);
  await bed.undoJob(jobId);
  byHand(bed, patch);
  expect(everything(bed.workspace, isNoGit)).toEqual({ 'log.txt': `644 ${held}` });
});

test.each(['autocrlf', 'filtered'] as const)('a patch goes into its own repository, %s', async (kind) => {
  const bed = opened();
  buildHostile(bed, kind, [
    ['a.txt', 'crlf'],
    ['src/deep/b.txt', 'lf'],
  ]);
  const before = everything(bed.workspace, isNoGit);
  const { jobId } = await bed.play((folder) => {
    for (const name of ['a.txt', 'src/deep/b.txt'])
      put(folder, name, read(folder, name).replace('line 5', 'line five'));
  });
  const after = everything(bed.workspace, isNoGit);
  const patch = await bed.jobDiff(jobId);
  await bed.undoJob(jobId);
  expect(everything(bed.workspace, isNoGit)).toEqual(before);
  byHand(bed, patch, '--whitespace=nowarn');
  // Git ends lines as the repository says; we leave them as they are.
  const words = (all: FilesNow): string => JSON.stringify(all).replaceAll(String.raw`\r\n`, String.raw`\n`);
  expect(words(everything(bed.workspace, isNoGit))).toBe(words(after));
  put(bed.workspace, 'a.txt', FORMS.crlf(LINES));
  put(bed.workspace, 'src/deep/b.txt', FORMS.lf(LINES));
  await bed.applyJob(jobId);
  expect(everything(bed.workspace, isNoGit)).toEqual(after);
});
