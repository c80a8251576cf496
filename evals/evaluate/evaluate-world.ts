import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPointsman } from '../../src/app/create-pointsman.ts';
import { command } from '../../src/cli/evaluate/evaluate-command.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { RowAbilities } from '../../src/domain/model.ts';
import { STEP_KINDS, type StepKind } from '../../src/domain/step.ts';
import { SUITE_NAMES } from '../../src/evaluate/task.ts';
import { createScriptedServer } from '../../src/providers/scripted/scripted-server.ts';
import { plantedModel } from '../../src/testing/internal/evaluated/planted-model.ts';
import { dataOf } from '../../src/testing/internal/json-data.ts';
import type { World } from './planted-worlds.ts';

interface Options {
  readonly taskCount: number;
  readonly withCode: boolean;
  readonly signal: AbortSignal;
}

/** What the command said of a planted model at a kind, and where steps of that kind went before and after. */
export interface EvaluatedWorld {
  readonly estimates: readonly {
    readonly kind: StepKind;
    readonly mean: number;
    readonly low: number;
    readonly high: number;
    readonly planted: number;
  }[];
  readonly routes: readonly {
    readonly kind: StepKind;
    readonly before: string;
    readonly after: string;
    readonly known: string;
  }[];
}

const ROW = { endpoint: 'lab', contextTokens: 64_000, toolCalling: true };
/** A model of which much is known, and which costs four times as much. */
const RIVAL = { ...ROW, id: 'lab/known', usdPerMTok: { input: 4, output: 20 }, abilityIndex: 46 };
const TUNE = { ...ROW, id: 'lab/tune', usdPerMTok: { input: 1, output: 5 } };

/** One planted model behind a server that speaks real HTTP, through the command as a person types it. */
export async function evaluateWorld(world: World, { taskCount, withCode, signal }: Options): Promise<EvaluatedWorld> {
  const home = mkdtempSync(path.join(tmpdir(), 'pm-evaluate-world-'));
  const { thetas, harder, seed } = world;
  const server = await createScriptedServer({
    script: plantedModel({
      thetaOf: (kind) => thetas[kind],
      harderBy: ({ kind }) => harder[kind],
      seed,
      tasksSeed: 1,
      taskCount,
    }),
    vendorChecks: false,
  });
  try {
    const suites = SUITE_NAMES.filter((suite) => withCode || suite !== 'code').join(',');
    const file = path.join(home, '.config', 'pointsman', 'config.yaml');
    const write = (abilities: RowAbilities | undefined): void => {
      const endpoints = { lab: { baseUrl: `${server.url}/v1` } };
      const tune = abilities === undefined ? TUNE : { ...TUNE, abilities };
      mkdirSync(path.dirname(file), { recursive: true });
      const lines = [
        `endpoints: ${JSON.stringify(endpoints)}`,
        'models:',
        ...[tune, RIVAL].map((row) => `  - ${JSON.stringify(row)}`),
      ];
      writeFileSync(file, `${lines.join('\n')}\npool: [lab/tune, lab/known]\n`);
    };
    write(undefined);
    const before = await routes(home);
    const args = ['lab/tune', '--suite', suites, '--tasks', String(taskCount), '--context', '2048', '--yes', '--json'];
    const data = await typed(args, home, signal);
    const after = await routes(home);
    const kinds = STEP_KINDS.filter((kind) => data.abilities[kind] !== undefined);
    write(Object.fromEntries(kinds.map((kind) => [kind, { mean: thetas[kind], width: 0.05 }])));
    const known = await routes(home);
    return {
      estimates: kinds.flatMap((kind) => {
        const found = data.abilities[kind];
        return found === undefined ? [] : [{ kind, ...found, planted: thetas[kind] }];
      }),
      routes: kinds.map((kind) => ({ kind, before: before[kind], after: after[kind], known: known[kind] })),
    };
  } finally {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

interface Said {
  readonly abilities: Readonly<
    Partial<Record<StepKind, { readonly mean: number; readonly low: number; readonly high: number }>>
  >;
}

async function typed(args: readonly string[], home: string, signal: AbortSignal): Promise<Said> {
  let [out, err] = ['', ''];
  const code = await command.run(args, {
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    env: { HOME: home, PATH: process.env['PATH'] ?? '' },
    cwd: home,
    isTerminal: false,
    signal,
  });
  if (code !== 0) throw new Error(`The evaluation ended with ${code}: ${err}`);
  return dataOf(out) as Said;
}

/** Where a step of each kind goes, by the configuration as it lies there. */
async function routes(home: string): Promise<Readonly<Record<StepKind, string>>> {
  const env = { HOME: home };
  const pointsman = await createPointsman({ cwd: home, env, config: loadConfig({ cwd: home, env }), store: 'memory' });
  try {
    const chosen = [];
    for (const kind of STEP_KINDS) {
      const { decision } = await pointsman.routeStep({ kind, text: 'Do what the plan says about the parser.' });
      chosen.push([kind, decision.kind === 'refuse' ? 'refused' : decision.to] as const);
    }
    return Object.fromEntries(chosen) as Record<StepKind, string>;
  } finally {
    await pointsman.close();
  }
}
