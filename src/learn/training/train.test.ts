import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseArtifact, writeArtifact } from '../../predict/artifact.ts';
import { HASHED_VERSION, hashedVector } from '../../predict/embedding/hashed-embedder.ts';
import { openHead } from '../../predict/linear-head.ts';
import { modelCard } from './model-card.ts';
import { train, type TrainResult } from './train.ts';
import { readTrainingFile, mergeTrainingSets, type TrainingSet } from './training-set.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-train-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, rows: readonly unknown[]): string => {
  const file = path.join(folder, name);
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return file;
};
const outcomes = Array.from({ length: 120 }, (_, index) => ({
  id: `t/${index}`,
  source: 'bench',
  task_type: 'code',
  prompt: `task ${index % 7} of a kind`,
  outcomes: {
    'Strong-2.0': { score: index % 10 === 0 ? 0 : 1, cost_usd: 1 },
    weak: { score: index % 2, cost_usd: 0.1 },
    'never-paid': { score: 1, cost_usd: 0 },
  },
}));
const verbs = {
  testing: 'Write unit tests for module',
  'code-review': 'Review the change in module',
  'simple-code': 'Write a function for module',
};
const prompts = Object.entries(verbs).flatMap(([category, verb]) =>
  Array.from({ length: 30 }, (_, index) => ({ prompt: `${verb} ${index}`, category })),
);
const set: TrainingSet = mergeTrainingSets([
  readTrainingFile(write('outcomes.jsonl', outcomes), 'MIT'),
  readTrainingFile(write('prompts.jsonl', prompts), 'MIT'),
]);
const run = (): Promise<TrainResult> =>
  train(set, {
    name: 'test',
    asOf: '2026-11-21',
    seed: 1,
    embedder: undefined,
    sessions: [],
    progress: () => undefined,
  });

const made = run();

describe('train', () => {
  test('the same data gives the same bytes, and they read back', async () => {
    const [first, second] = [writeArtifact((await made).artifact), writeArtifact((await run()).artifact)];
    expect(second).toBe(first);
    expect(parseArtifact(first).name).toBe('test');
  });

  test('no text of the data is in the artifact or its card', async () => {
    const result = await made;
    const written = writeArtifact(result.artifact) + modelCard(result, undefined);
    expect(written).not.toMatch(/unit tests for module|of a kind/u);
  });

  test('abilities follow outcomes, under the name that the catalogue uses', async () => {
    const { code } = (await made).artifact.abilities;
    expect(code?.['strong-2-0']?.mean).toBeGreaterThan(code?.['weak']?.mean ?? 99);
    expect(code?.['strong-2-0']?.taskCount).toBe(120);
  });

  test('the kind head learns what the words say', async () => {
    const head = (await made).artifact.heads[HASHED_VERSION]?.kind;
    if (head === undefined) throw new Error('no kind head');
    const said = openHead(head)(hashedVector('Review the change in module 99'));
    expect(head.classes[said.indexOf(Math.max(...said))]).toBe('review');
  });

  test('the text does not help here, and the gate stays shut', async () => {
    expect((await made).artifact.gates['bench']?.open).toBe(false);
  });
});

describe('training files', () => {
  test('a file with nothing to learn from is refused with what would help', () => {
    expect(() => readTrainingFile(write('nothing.jsonl', [{ hello: 'world' }]))).toThrow(
      /no row that can be learned from/u,
    );
  });

  test('a broken line is named', () => {
    const file = path.join(folder, 'broken.jsonl');
    writeFileSync(file, '{"prompt":"a","category":"testing"}\n{"prompt":');
    expect(() => readTrainingFile(file)).toThrow(/broken\.jsonl:2: not JSON/u);
  });

  test('a score beyond 1 is refused with its place; a cost of 0 is unknown, not free', () => {
    const bad = write('bad.jsonl', [{ id: 'a', outcomes: { m: { score: 7 } } }]);
    expect(() => readTrainingFile(bad)).toThrow(/bad\.jsonl:1/u);
    expect(set.outcomes[0]?.outcomes['never-paid']?.costUsd).toBeUndefined();
  });

  test('a file that is not there is named', () => {
    expect(() => readTrainingFile(path.join(folder, 'missing.jsonl'))).toThrow(/Cannot read/u);
  });
});
