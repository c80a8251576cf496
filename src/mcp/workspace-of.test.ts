import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServerContext } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedRoots, type Dialog } from './dialog.ts';
import { workspaceOf } from './workspace-of.ts';

let base = '';
beforeAll(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'workspace-of-')));
  mkdirSync(path.join(base, 'sub'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A client that speaks of roots, and what becomes of the question. */
async function ask(answer: () => Promise<unknown>): Promise<string> {
  const context = { mcpReq: { signal: new AbortController().signal } } as unknown as ServerContext;
  const dialog = { context, capabilities: { roots: {} }, roots: async () => openedRoots(await answer()) };
  return workspaceOf(dialog as unknown as Dialog, { named: 'sub', startedIn: base });
}

test.each<[string, () => Promise<unknown>]>([
  ['refuses to say', async () => Promise.reject(new Error('MCP error -32603: Internal error'))],
  ['does not know the question', async () => Promise.reject(new Error('MCP error -32601: Method not found'))],
  ['is silent', async () => Promise.reject(new Error('MCP error -32001: Request timed out'))],
  ['has only roots that are no folders', async () => Promise.resolve({ roots: [{ uri: 'https://elsewhere.test/x' }] })],
])('a client with roots that %s has opened no folder', async (_what, answer) => {
  await expect(ask(answer)).rejects.toMatchObject({ code: 'tool-denied', hint: expect.any(String) as string });
});

test('a client that has opened nothing, or this folder beside what is none, works where it was started', async () => {
  const inside = path.join(base, 'sub');
  expect(await ask(async () => Promise.resolve({ roots: [] }))).toBe(inside);
  const roots = [{ uri: 'https://elsewhere.test/x' }, { uri: pathToFileURL(base).href }];
  expect(await ask(async () => Promise.resolve({ roots }))).toBe(inside);
});
