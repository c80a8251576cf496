import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { likeliestOf, type StepNeed } from '../../domain/need.ts';
import { createLocalNeedReader } from '../../predict/need/local-reader.ts';
import { loadNeedArtifact, type NeedArtifact } from '../../predict/need/need-artifact.ts';
import { shippedNeed } from '../../predict/need/shipped-need.ts';
import { fine, json, openTestBed, type TestBed } from '../../testing/internal/test-bed.ts';
import type { CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { command } from './train-command.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const POLICY = [
  'id: asking',
  'version: 1',
  'summary: A small model is asked what steps need.',
  'failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }',
  'reader: model',
].join('\n');

const stepAt = (index: number): string => `groom the board of team ${index}`;

test('what a model said under `reader: model` is learned from the store, and the reader of the user’s own reads the same stream better', async () => {
  const said: string[] = [];
  testBed = await openTestBed({
    words: fine,
    read: () => json({ kind: 'plan', size: 'many', difficulty: 4, stakes: 3 }),
    files: { 'asking.policy.yaml': POLICY },
  });
  const { pointsman, workspace, store } = testBed;
  for (let index = 0; index < 50; index += 1)
    await pointsman.routeStep({ text: stepAt(index), policy: path.join(workspace, 'asking.policy.yaml') });
  await pointsman.close();
  const io: CommandIo = {
    stdout: (text) => said.push(text),
    stderr: (text) => said.push(text),
    env: { POINTSMAN_STORE: store },
    cwd: workspace,
    isTerminal: false,
    signal: new AbortController().signal,
  };
  mkdirSync(path.join(workspace, 'made'));
  const args = ['--data', 'records', '--no-encoder', '--name', 'mine', '--as-of', '2026-11-29', '--out', 'made'];
  expect(await command.run(args, io)).toBe(EXIT.ok);
  const file = path.join(workspace, 'made', 'need.json');
  expect(said.join('')).toContain(`export POINTSMAN_NEED=${file}`);

  const read = async (artifact: NeedArtifact): Promise<StepNeed> =>
    createLocalNeedReader(artifact).read({ text: stepAt(7), before: [], origin: 'person' });
  const [before, after] = [await read(shippedNeed()), await read(loadNeedArtifact(file))];
  expect(likeliestOf(after, 'kind').value).toBe('plan');
  expect(after.stakes.ratios[2]).toBeGreaterThan(before.stakes.ratios[2] ?? 1);
  expect(after.difficulty.ratios[3]).toBeGreaterThan(before.difficulty.ratios[3] ?? 1);
});
