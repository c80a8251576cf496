import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createImportTally } from '../importer.ts';
import { sortFiles } from '../read-sessions.ts';
import { createSeenCalls } from '../seen-calls.ts';
import { readDigests } from './read-digests.ts';
import { openShelf } from './session-shelf.ts';

const samples = path.join(import.meta.dirname, '../../../fixtures/sessions/codex');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-digests-'));
  cpSync(samples, path.join(folder, 'logs'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(isEnough = true): Promise<{ digests: number; sessions: number; ids: string[]; size: number }> {
  const found = { digests: 0, sessions: 0, ids: [] as string[], size: 0 };
  const seen = createSeenCalls();
  const by = {
    sessions: openShelf(path.join(folder, 'sessions'), 'one'),
    digests: openShelf<{
      digest: readonly string[];
      counted: Float64Array;
      lookedFor: Float64Array;
      tally: { fileCount: number; byteCount: number; orphanRowCount: number };
    }>(path.join(folder, 'digests'), 'one'),
    make: (sessions: readonly { sessionId: string }[]) => sessions.map(({ sessionId }) => sessionId),
    isEnough: () => isEnough,
  };
  const options = { seen, tally: createImportTally() };
  for await (const one of readDigests(await sortFiles([path.join(folder, 'logs')]), options, by)) {
    if (one.kind === 'digest') {
      found.digests += 1;
      found.ids.push(...one.digest);
    } else {
      found.sessions += 1;
      found.ids.push(one.session.sessionId);
    }
  }
  return { ...found, size: seen.size };
}

test('logs that have not changed are told of by their digests, which count their calls as seen', async () => {
  const first = await read();
  expect(first.digests).toBe(0);
  expect(first.sessions).toBeGreaterThan(0);
  const second = await read();
  expect(second).toEqual({ ...first, digests: first.sessions, sessions: 0 });
});

test('where a digest is not enough, and where a log has changed, its sessions are read', async () => {
  const first = await read();
  expect(await read(false)).toEqual(first);
  const [file = ''] = [...(await sortFiles([path.join(folder, 'logs')])).byImporter.values()].flat();
  appendFileSync(file, '\n');
  const again = await read();
  expect(again.sessions).toBe(1);
  expect(again.ids.toSorted()).toEqual(first.ids.toSorted());
});
