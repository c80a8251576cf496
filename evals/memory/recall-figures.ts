import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbedder } from '../../src/app/open-predictor.ts';
import type { Figures } from '../../src/domain/figure.ts';
import { estimateTokens } from '../../src/domain/transcript.ts';
import { openMemory, type MemoryStore } from '../../src/memory/open-memory.ts';
import { OFFERED_TOKENS } from '../../src/memory/recall.ts';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { createDraw } from '../trust/draw.ts';
import type { RecallCase, RecallCases } from './cases-of.ts';
import { recallCases } from './recall-cases.ts';
import { strangeCases } from './strange-cases.ts';
import { tuningCases } from './tuning-cases.ts';

const SEED = 1;

/**
 * Whether what was learned in one job is offered where it is needed in other words. Real files, the shipped encoder. `strange`: of trades that
 * our table of related words does not speak of. `tuning`: what retrieval was made by, shown beside them and proof of nothing.
 */
export async function recallFigures(): Promise<Figures> {
  const embedder = await openEmbedder({ env: process.env, onWarning: undefined });
  try {
    const own = await asked(recallCases(createDraw(SEED)), embedder);
    const strange = await asked(strangeCases(createDraw(SEED)), embedder);
    const tuning = await asked(tuningCases(createDraw(SEED)), embedder);
    const figure = (value: number, unit = '%'): Figures[string] => ({
      value,
      unit,
      n: own.count,
      seed: SEED,
      label: 'measured',
    });
    return {
      ...(embedder === undefined
        ? {}
        : {
            'memory.recall.pct': figure(own.both.offeredPct),
            'memory.recall.strange.pct': figure(strange.both.offeredPct),
            'memory.recall.tuning.pct': figure(tuning.both.offeredPct),
          }),
      'memory.recall.words_alone.pct': figure(own.words.offeredPct),
      'memory.recall.strange.words_alone.pct': figure(strange.words.offeredPct),
      'memory.recall.tokens': figure(own.both.tokens, 'tokens'),
    };
  } finally {
    await embedder?.close();
  }
}

interface Offered {
  readonly offeredPct: number;
  readonly tokens: number;
}

async function asked(
  cases: RecallCases,
  embedder: Embedder | undefined,
): Promise<{ readonly both: Offered; readonly words: Offered; readonly count: number }> {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-memory-'));
  const folder = path.join(home, '.pointsman/memory');
  const store = (with_: Embedder | undefined): MemoryStore =>
    openMemory({
      folders: [{ scope: 'project', folder, home }],
      openEmbedder: async () => with_,
      isSecret: () => false,
      now: Date.now,
    });
  try {
    const own = store(embedder);
    for (const { name, text, from } of [...cases.facts, ...cases.beside])
      own.add({ scope: 'project', kind: 'fact', name, text, from });
    const { facts } = cases;
    return { both: await askAll(own, facts), words: await askAll(store(undefined), facts), count: facts.length };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function askAll(store: MemoryStore, facts: readonly RecallCase[]): Promise<Offered> {
  let offered = 0;
  let tokens = 0;
  for (const { name, needed } of facts) {
    const found = await store.recall(needed, OFFERED_TOKENS);
    if (found.some((memory) => memory.name === name)) offered += 1;
    tokens += found.reduce((sum, { text }) => sum + estimateTokens(text), 0);
  }
  return { offeredPct: (100 * offered) / facts.length, tokens: tokens / facts.length };
}
