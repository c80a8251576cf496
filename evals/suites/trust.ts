import type { Figures } from '../../src/domain/figure.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { createDraw } from '../trust/draw.ts';
import { judgeFolders } from '../trust/folders.ts';
import { gatewayFigures } from '../trust/gateway.ts';
import { judgeSecrets } from '../trust/secrets.ts';
import { judgeLooks, judgeSwaps, judgeToolCalls } from '../trust/tool-calls.ts';

const SEED = 20_261_129;
/** How many cases of each kind, whole and in the test suite. */
const COUNTS = { folders: [1200, 120], calls: [3600, 900], swaps: [600, 120], looks: [800, 300] } as const;

/** What a folder, a model or a vendor can do that nobody said yes to: generated cases through the product's own gates. */
export const suite: Suite = {
  name: 'trust',
  summary: 'generated folders, tool calls, swaps after a yes, and planted secrets, held against the gates',
  async run(context) {
    // Processes that are killed have an end-to-end test; they are no part of the small samples.
    const served = context.quick ? {} : await gatewayFigures(context);
    return { kind: 'ran', figures: { ...effectFigures(context), ...(await secretFigures(context)), ...served } };
  },
};

function effectFigures(context: SuiteContext): Figures {
  const count = (kind: keyof typeof COUNTS): number => COUNTS[kind][context.quick ? 1 : 0];
  const calls = judgeToolCalls(createDraw(SEED), count('calls'));
  const kinds = {
    folders: judgeFolders(createDraw(SEED + 1), count('folders')),
    calls,
    swaps: judgeSwaps(createDraw(SEED + 2), count('swaps')),
    looks: judgeLooks(createDraw(SEED + 3), count('looks')),
  };
  const all = Object.values(kinds);
  for (const [kind, { caseCount, escaped }] of Object.entries(kinds)) {
    context.print(
      `  ${kind.padEnd(8)} ${String(caseCount).padStart(5)} cases, ${escaped.length} effects without consent`,
    );
    for (const words of escaped.slice(0, 5)) context.print(`    ${words}`);
  }
  for (const words of calls.askedForNothing.slice(0, 5)) context.print(`  asked for nothing: ${words}`);
  return {
    'trust.effects_without_consent.count': {
      value: all.reduce((sum, { escaped }) => sum + escaped.length, 0),
      unit: 'effects',
      n: all.reduce((sum, { caseCount }) => sum + caseCount, 0),
      seed: SEED,
      label: 'measured',
    },
    'trust.asked_for_nothing.count': {
      value: calls.askedForNothing.length,
      unit: 'questions',
      n: calls.innocentCount,
      seed: SEED,
      label: 'measured',
    },
  };
}

async function secretFigures(context: SuiteContext): Promise<Figures> {
  const { shapeCount, placeCount, found } = await judgeSecrets(createDraw(SEED + 4));
  context.print(`  secrets  ${shapeCount} shapes in ${placeCount} kinds of place, ${found.length} found`);
  for (const words of found.slice(0, 20)) context.print(`    ${words}`);
  return {
    'trust.planted_secrets.found.count': {
      value: found.length,
      unit: 'secrets',
      n: shapeCount * placeCount,
      seed: SEED,
      label: 'measured',
    },
  };
}
