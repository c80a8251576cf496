import type { Figures } from '../../src/domain/figure.ts';
import type { SaidNeed } from '../../src/domain/need.ts';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import { shippedNeed } from '../../src/predict/need/shipped-need.ts';
import { billFigures, type NeedJudge } from './bill-figures.ts';
import { ceilingFigures, type TwiceLabelled } from './ceiling-figures.ts';
import { defaultFigures, mixFigures } from './mix-figures.ts';
import { needPools, type ReadStep } from './route-stream.ts';
import type { NeedRow } from './training/need-row.ts';

interface RouteInput {
  readonly judge: NeedJudge;
  readonly quick: boolean;
  /** Rows that a second person labelled too. */
  readonly second: readonly { readonly row: NeedRow; readonly said: SaidNeed }[];
}

/**
 * What the product decides on labelled steps, each read by its own reader and routed in a session of its own: who takes the stream
 * at each notch of the dial, what the default does with easy and hard steps, and the bill beside the best fixed model.
 */
export async function routeFigures(
  rows: readonly NeedRow[],
  embedder: Embedder | undefined,
  { judge, quick, second }: RouteInput,
): Promise<Figures> {
  const steps = await readSteps(rows, embedder);
  const twice = (
    await readSteps(
      second.map(({ row }) => row),
      embedder,
    )
  ).flatMap((step, index): TwiceLabelled[] => {
    const said = second[index]?.said;
    return said === undefined ? [] : [{ step, second: said }];
  });
  let figures: Figures = {};
  for (const [pool, models] of Object.entries(needPools(new Set(Object.keys(judge.models))))) {
    if (quick && pool !== 'anthropic') continue;
    figures = {
      ...figures,
      ...(await defaultFigures(pool, models, steps)),
      ...(await billFigures(pool, models, { steps, judge })),
      ...(await ceilingFigures(pool, models, { steps, twice, judge })),
      ...(quick ? {} : await mixFigures(pool, models, steps)),
    };
  }
  return figures;
}

/** Labelled steps with what the shipped reader says of them, its encoder waited for. */
export async function readSteps(
  rows: readonly NeedRow[],
  embedder: Embedder | undefined,
): Promise<readonly ReadStep[]> {
  const reader = createLocalNeedReader(shippedNeed(), {
    ...(embedder === undefined ? {} : { openEmbedder: () => Promise.resolve(embedder) }),
    waitMs: Number.POSITIVE_INFINITY,
  });
  const steps: ReadStep[] = [];
  for (const { text, before, kind, size, difficulty, stakes } of rows) {
    const need = await reader.read({ text, before, origin: text === '' ? 'agent' : 'person' });
    steps.push({ text, labels: { kind, size, difficulty, stakes }, need });
  }
  return steps;
}
