import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbedder } from '../../src/app/open-predictor.ts';
import type { Figures } from '../../src/domain/figure.ts';
import { estimateTokens } from '../../src/domain/transcript.ts';
import { openMemory, type MemoryStore } from '../../src/memory/open-memory.ts';
import { OFFERED_TOKENS } from '../../src/memory/recall.ts';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { createDraw } from '../trust/draw.ts';
import { recallCases, type RecallCase } from './recall-cases.ts';

const SEED = 1;

/** Whether what was learned in one job is offered where it is needed in other words. Real files, the shipped encoder. */
export async function recallFigures(): Promise<Figures> {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-memory-'));
  const folder = path.join(home, '.pointsman/memory');
  mkdirSync(folder, { recursive: true });
  const cases = recallCases(createDraw(SEED));
  const embedder = await openEmbedder({ env: process.env, onWarning: undefined });
  const store = (with_: Embedder | undefined): MemoryStore =>
    openMemory({
      folders: [{ scope: 'project', folder, home }],
      openEmbedder: async () => with_,
      isSecret: () => false,
      now: Date.now,
    });
  try {
    const own = store(embedder);
    for (const { name, text } of [...cases.facts, ...cases.beside])
      own.add({ scope: 'project', kind: 'fact', name, text, from: 'job-1' });
    const [both, words] = [await askAll(own, cases.facts), await askAll(store(undefined), cases.facts)];
    const figure = (value: number, unit: string): Figures[string] => ({
      value,
      unit,
      n: cases.facts.length,
      seed: SEED,
      label: 'measured',
    });
    return {
      ...(embedder === undefined ? {} : { 'memory.recall.pct': figure(both.offeredPct, '%') }),
      'memory.recall.words_alone.pct': figure(words.offeredPct, '%'),
      'memory.recall.tokens': figure(both.tokens, 'tokens'),
    };
  } finally {
    await embedder?.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function askAll(
  store: MemoryStore,
  facts: readonly RecallCase[],
): Promise<{ readonly offeredPct: number; readonly tokens: number }> {
  let offered = 0;
  let tokens = 0;
  for (const { name, needed } of facts) {
    const found = await store.recall(needed, OFFERED_TOKENS);
    if (found.some((memory) => memory.name === name)) offered += 1;
    tokens += found.reduce((sum, { text }) => sum + estimateTokens(text), 0);
  }
  return { offeredPct: (100 * offered) / facts.length, tokens: tokens / facts.length };
}
