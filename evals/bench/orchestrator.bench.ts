import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { createPointsman } from '../../src/app/create-pointsman.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { CallRequest, StreamPart } from '../../src/domain/call.ts';
import type { Figures } from '../../src/domain/figure.ts';
import { asId, type EndpointId, type ModelId } from '../../src/domain/ids.ts';
import { messageText } from '../../src/domain/transcript.ts';
import { openSqliteCheckpoints } from '../../src/orchestrator/journal/sqlite/sqlite-checkpoints.ts';
import type { Pointsman } from '../../src/orchestrator/model/pointsman.ts';
import { createPriorPredictor } from '../../src/predict/prior-predictor.ts';
import type { ModelProvider } from '../../src/providers/provider.ts';

/** Steps of the measured job, one after another, plan and summary included. */
export const STEPS = 12;
const RUNS = 15;
/** Jobs before the first that counts: the compiler has then seen every path. */
const WARM_UP = 10;

/**
 * What a step costs beside its model: a job on the real graph, journal, recorder and checkpoints (SQLite on disk), with
 * models that answer at once and no tool servers. CPU time of the whole process: on a busy machine a clock would measure
 * the neighbours. In it are a twelfth of what a job costs once, the threads of the compiler and the collector, and the
 * models' own part, less than a hundredth. Not in it: networks, tools, and what writing waits for the disk. CPU time, too, is
 * longer where neighbours take the caches: beside it, in turns, stands a graph of as many nodes that do nothing, with the same
 * checkpoints.
 */
export async function run(): Promise<Figures> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  const pointsman = await openMeasuredJobs(folder);
  const bare = openBareGraph(path.join(folder, 'bare.db'));
  try {
    const samples: number[] = [];
    const floors: number[] = [];
    for (let index = 0; index < WARM_UP + RUNS; index += 1) {
      const [sample, floor] = [await overheadMs(pointsman, folder), await cpuMsAStep(bare.run)];
      if (index < WARM_UP) continue;
      samples.push(sample);
      floors.push(floor);
    }
    const sorted = samples.sort((a, b) => a - b);
    return {
      'orchestrator.step.overhead.ms': {
        value: sorted[Math.floor(RUNS / 2)] ?? Number.NaN,
        unit: 'ms',
        low: sorted[0] ?? Number.NaN,
        high: sorted.at(-1) ?? Number.NaN,
        n: RUNS * STEPS,
        against: floors.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN,
        label: 'measured',
      },
    };
  } finally {
    bare.close();
    await pointsman.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overheadMs(pointsman: Pointsman, workspace: string): Promise<number> {
  return cpuMsAStep(() => runMeasuredJob(pointsman, workspace));
}

/** One job of `STEPS` steps, whose models answer at once. */
export async function runMeasuredJob(pointsman: Pointsman, workspace: string): Promise<void> {
  const report = await pointsman.runJob({ task: 'Measure.', workspace });
  if (report.status !== 'done' || report.steps.length !== STEPS)
    throw new Error(`The job ended ${report.status} ${report.failure?.message ?? ''}`);
}

async function cpuMsAStep(act: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / STEPS;
}

/** Two nodes a step, as a job has: one that carries it out, one that looks at it and sends the next. */
function openBareGraph(file: string): { readonly run: () => Promise<void>; readonly close: () => void } {
  const checkpoints = openSqliteCheckpoints(file, { nodesStartOver: true });
  const graph = new StateGraph(Annotation.Root({ count: Annotation<number> }))
    .addNode('execute', () => ({}))
    .addNode('verify', ({ count }) => ({ count: count + 1 }))
    .addEdge(START, 'execute')
    .addEdge('execute', 'verify')
    .addConditionalEdges('verify', ({ count }) => (count < STEPS ? 'execute' : END), ['execute', END])
    .compile({ checkpointer: checkpoints.saver });
  let runs = 0;
  return {
    run: async () => {
      const configurable = { thread_id: `bare-${(runs += 1)}` };
      await graph.invoke({ count: 0 }, { configurable, durability: 'sync', recursionLimit: 500 });
    },
    close: checkpoints.close,
  };
}

/** @param address of a PostgreSQL store. Absent: a folder's own */
export function openMeasuredJobs(folder: string, address?: string): Promise<Pointsman> {
  const env = {
    POINTSMAN_ANTHROPIC_API_KEY: 'none',
    POINTSMAN_OPENAI_API_KEY: 'none',
    POINTSMAN_STORE: address ?? folder,
  };
  const config = loadConfig({ cwd: folder, env });
  const pool = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-5.4-mini', 'gpt-6-luna', 'gpt-6-sol'];
  const endpoints = ['anthropic', 'openai'].map((id) => asId<EndpointId>(id));
  return createPointsman({
    config: {
      ...config,
      pool: pool.map((id) => asId<ModelId>(id)),
      tools: { ...config.tools, defaults: 'never' },
    },
    env: {},
    ...(address === undefined ? { store: { dir: path.join(folder, 'store') } } : {}),
    providers: new Map(endpoints.map((endpoint) => [endpoint, instantProvider(endpoint)])),
    predictor: createPriorPredictor(),
  });
}

/** Answers every call at once with what its step must hand back. */
function instantProvider(endpoint: EndpointId): ModelProvider {
  return {
    endpoint,
    stream: async function* (_model, request): AsyncGenerator<StreamPart> {
      yield { type: 'start', servedModel: undefined, requestId: undefined };
      yield { type: 'text-start', index: 0 };
      yield { type: 'text-delta', index: 0, text: answerTo(request) };
      yield { type: 'text-end', index: 0 };
      const prompt = Math.ceil(request.messages.map(messageText).join('').length / 4);
      yield {
        type: 'finish',
        reason: 'stop',
        usage: {
          uncachedTokens: 0,
          cacheReadTokens: 0,
          cacheWriteTokens: prompt,
          cacheWrite1hTokens: undefined,
          outputTokens: 50,
          reasoningTokens: undefined,
        },
        ttftMs: 0,
        durationMs: 0,
      };
    },
  };
}

function answerTo(request: CallRequest): string {
  const words = messageText(request.messages.at(-1) ?? { role: 'user', content: [] });
  if (!words.includes('(PlanResult)')) return JSON.stringify({ summary: 'Done.' });
  const steps = Array.from({ length: STEPS - 2 }, (_, index) => ({
    id: `s${index}`,
    kind: 'code',
    title: `step ${index}`,
    goal: 'Measure.',
    size: 'small',
    dependsOn: index === 0 ? [] : [`s${index - 1}`],
  }));
  return JSON.stringify({ steps });
}
