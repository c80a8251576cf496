import { setTimeout } from 'node:timers/promises';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { asId, type EndpointId } from '../../src/domain/ids.ts';
import { nanoFromUsd, sumNanoUsd, usdFromNano } from '../../src/domain/money.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import { distilNeed } from '../../src/learn/distil/distil-need.ts';
import { ownLabels } from '../../src/learn/distil/own-labels.ts';
import { routeStep } from '../../src/orchestrator/service/route-step.ts';
import { createAskingReader } from '../../src/predict/asking/asking-reader.ts';
import { questionAbout } from '../../src/predict/asking/step-question.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import { checkNeedArtifact, writeNeedArtifact } from '../../src/predict/need/need-artifact.ts';
import { shippedNeed } from '../../src/predict/need/shipped-need.ts';
import type { ModelCaller } from '../../src/providers/model-caller.ts';
import type { CallRecord } from '../../src/recorder/record.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';
import { readAll } from './reader-figures.ts';
import { adviceServices, balancedPolicy } from './route-stream.ts';
import { judgeNeed } from './training/judge-need.ts';
import type { NeedRow } from './training/need-row.ts';

const MODEL = 'gpt-6-luna';
/**
 * `reader: model` with a scripted small model that answers as the labels say: calls per step, what they bill, how long a decision waits
 * for one that never answers, and what the local reader reads after it was taught, of the steps that were labelled and of the others.
 */
export async function askedFigures(all: readonly NeedRow[]): Promise<Figures> {
  // Advice is asked by words alone.
  const rows = all.flatMap((row) => (row.text.trim() === '' ? [] : [{ ...row, before: [] }]));
  const inStream = rows.filter((row) => foldOf(row.pair ?? row.id, 2) === 0);
  const others = rows.filter((row) => foldOf(row.pair ?? row.id, 2) === 1);
  const { calls, asked } = await adviseAll(inStream);
  const figure = (value: number, unit: string, n: number): Figure => ({ value, unit, n, label: 'measured' });
  const billed = sumNanoUsd(calls.flatMap((call) => call.billNanoUsd ?? []));
  const figures: Record<string, Figure> = {
    'need.asked.calls_per_step.ratio': figure(asked / inStream.length, 'ratio', inStream.length),
    'need.asked.bill_per_step.usd': figure(usdFromNano(billed) / inStream.length, 'USD', inStream.length),
    'need.asked.fallback.ms': figure(await waitForNobody(), 'ms', 1),
  };
  const labels = await ownLabels(calls.map((call) => ({ call, workspace: undefined })));
  const { artifact } = distilNeed(labels, shippedNeed(), { name: 'taught', asOf: shippedNeed().asOf });
  const taught =
    artifact === undefined ? shippedNeed() : checkNeedArtifact(JSON.parse(writeNeedArtifact(artifact)), 'taught');
  for (const [stream, steps] of [
    ['labelled', inStream],
    ['other', others],
  ] as const) {
    const [before, after] = await Promise.all(
      [shippedNeed(), taught].map(async (one) => judgeNeed(await readAll(createLocalNeedReader(one), steps))),
    );
    for (const name of ['kind.accuracy.pct', 'difficulty.spearman.ratio']) {
      const gain = (after?.[`need.${name}`] ?? 0) - (before?.[`need.${name}`] ?? 0);
      const unit = name.endsWith('.pct') ? 'points' : 'ratio';
      figures[`need.taught.${stream}.${name.replace(/\.(pct|ratio)$/u, '')}.gain.${unit}`] = figure(
        Number(gain.toFixed(4)),
        unit,
        steps.length,
      );
    }
  }
  return figures;
}

/** Advice on every step, twice, under a policy that asks. */
async function adviseAll(
  rows: readonly NeedRow[],
): Promise<{ readonly calls: readonly CallRecord[]; readonly asked: number }> {
  const answers = new Map(rows.map((row) => [questionAbout(row).text, labelOf(row)]));
  const calls: CallRecord[] = [];
  let asked = 0;
  const callModel: ModelCaller = async (model, request) => {
    asked += 1;
    const [part] = request.messages[0]?.content ?? [];
    const text = answers.get(part?.type === 'text' ? part.text : '') ?? 'I cannot say.';
    return {
      kind: 'finished',
      result: {
        message: { role: 'assistant', content: [{ type: 'text', text }], model: model.id },
        finishReason: 'stop',
        usage: {
          ...USAGE,
          uncachedTokens: Math.ceil((request.system.length + (part?.type === 'text' ? part.text.length : 0)) / 4),
        },
        servedModel: model.wireModel,
        endpoint: asId<EndpointId>(model.endpoint),
        requestId: undefined,
        ttftMs: 1,
        durationMs: 1,
      },
    };
  };
  const services = asking(callModel, (call) => calls.push(call));
  for (const _ of [1, 2])
    for (const [index, { text }] of rows.entries())
      await routeStep(services, { text }, { policy: askingPolicy(), id: `asked-${index}` });
  return { calls, asked };
}

const USAGE = {
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
  cacheWrite1hTokens: undefined,
  outputTokens: 40,
  reasoningTokens: undefined,
};

const labelOf = ({ kind, size, difficulty, stakes }: NeedRow): string =>
  JSON.stringify({ kind, size, difficulty, stakes });

function askingPolicy(): RouterPolicy {
  return { ...balancedPolicy(), reader: { maxStepNanoUsd: nanoFromUsd(0.003), maxWaitMs: 1500 } };
}

function asking(callModel: ModelCaller, onCall: (call: CallRecord) => void): ReturnType<typeof adviceServices> {
  const pool = loadCatalog().models.filter((model) => model.id === MODEL);
  return adviceServices({
    pool,
    needs: createAskingReader(createLocalNeedReader(shippedNeed())),
    callModel,
    recorder: { writeStep: () => undefined, writeCall: onCall },
    redactor: { record: (value: unknown) => value },
  });
}

/** How long advice takes whose reader never answers. */
async function waitForNobody(): Promise<number> {
  const services = asking(
    async (_, __, { signal }) => {
      await setTimeout(60_000, undefined, { signal, ref: false }).catch(() => undefined);
      throw new Error('nobody');
    },
    () => undefined,
  );
  const startedMs = performance.now();
  await routeStep(services, { text: 'rename tmp to total' }, { policy: askingPolicy(), id: 'late' });
  return Math.round(performance.now() - startedMs);
}
