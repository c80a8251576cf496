import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPointsman } from '../../app/create-pointsman.ts';
import type { PointsmanOptions } from '../../app/pointsman-options.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { asId, type ModelId } from '../../domain/ids.ts';
import { messageText } from '../../domain/transcript.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptFunction } from '../../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { createFolderGate } from '../../trust/folder-gate.ts';

/** What a scripted model is asked: which step, which attempt of it, and how often it has answered in it. */
export interface AskedStep {
  readonly kind: string;
  readonly title: string;
  readonly turn: number;
  /** The instruction says why an earlier attempt was rejected. */
  readonly rejected: boolean;
  /** The whole instruction. */
  readonly text: string;
  readonly request: ScriptedRequest;
}

/** The words of every model; a list is played turn by turn. */
export type Words = (asked: AskedStep) => ScriptedAnswer | readonly ScriptedAnswer[];

export interface TestBed {
  readonly pointsman: Pointsman;
  readonly server: ScriptedServer;
  readonly workspace: string;
  readonly store: string;
  readonly warnings: readonly string[];
  /** Other words from now on. */
  readonly say: (words: Words) => void;
  /** The same store in a new house, as after a restart. */
  readonly reopen: (options?: Partial<PointsmanOptions>) => Promise<Pointsman>;
  readonly close: () => Promise<void>;
}

export interface TestBedOptions {
  readonly words: Words;
  /** What a model says that is asked what a step needs. */
  readonly read?: ScriptFunction;
  /** Default: one Claude and one GPT model. */
  readonly pool?: readonly string[];
  /** Files of the workspace, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Start the default tool servers; without, jobs have no tools and start at once. */
  readonly tools?: boolean;
  /** Let jobs work in copies, as they do unless told otherwise; without, tests see each change in the workspace at once. */
  readonly copies?: boolean;
  /** Of tools, in place of what the configuration says. */
  readonly settings?: Partial<Config['tools']>;
  readonly options?: Partial<PointsmanOptions>;
}

/** A pointsman on its real parts, with models that say what a test wants. */
export async function openTestBed(setup: TestBedOptions): Promise<TestBed> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-test-bed-')));
  const workspace = path.join(folder, 'workspace');
  const store = path.join(folder, 'store');
  mkdirSync(workspace);
  for (const [name, text] of Object.entries(setup.files ?? {})) {
    mkdirSync(path.dirname(path.join(workspace, name)), { recursive: true });
    writeFileSync(path.join(workspace, name), text);
  }
  const pool = setup.pool ?? ['claude-opus-5-5', 'gpt-6-luna'];
  let { words } = setup;
  const server = await createScriptedServer({
    script: (request) => answer(words, request) ?? setup.read?.(request),
    models: pool.flatMap((id) => loadCatalog().get(id) ?? []),
    strict: true,
  });
  const warnings: string[] = [];
  const build = (options: Partial<PointsmanOptions> = {}): Promise<Pointsman> => {
    // Whoever writes a test has written its workspace too.
    const gate = setup.options?.gate ?? createFolderGate({ env: {}, accept: 'all' });
    const config = loadConfig({ cwd: workspace, env: environment(server.url), gate });
    const said = { ...config.tools, ...setup.settings };
    const given = setup.copies === true ? said : { ...said, inPlace: true };
    const tools = setup.tools === true ? given : { ...given, defaults: 'never' as const };
    return createPointsman({
      config: { ...config, tools, pool: pool.map((id) => asId<ModelId>(id)), policyId: 'balanced' },
      env: { PATH: process.env['PATH'] },
      gate,
      cwd: workspace,
      store: { dir: store },
      scripted: true,
      retryRules: { maxRetries: 1, baseDelayMs: 1, maxDelayMs: 5 },
      random: () => 0.5,
      onWarning: (error) => warnings.push(`${error.code}: ${error.message}`),
      ...setup.options,
      ...options,
    });
  };
  const opened: Pointsman[] = [await build()];
  return {
    pointsman: opened[0] as Pointsman,
    server,
    workspace,
    store,
    warnings,
    say: (other) => {
      words = other;
    },
    reopen: async (options) => {
      const again = await build(options);
      opened.push(again);
      return again;
    },
    close: async () => {
      for (const pointsman of opened) await pointsman.close().catch(() => undefined);
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function environment(url: string): Readonly<Record<string, string>> {
  return {
    POINTSMAN_ANTHROPIC_API_KEY: 'scripted-key-1',
    POINTSMAN_ANTHROPIC_BASE_URL: url,
    POINTSMAN_OPENAI_API_KEY: 'scripted-key-2',
    POINTSMAN_OPENAI_BASE_URL: `${url}/v1`,
    POINTSMAN_STORE: 'store',
  };
}

const HEADING = /^# Step \d+ of \d+: (\w+), (.*)$/mu;

function answer(words: Words, request: ScriptedRequest): ScriptedAnswer | undefined {
  const at = request.messages.findLastIndex((message) => message.role === 'user' && HEADING.test(messageText(message)));
  const instruction = request.messages[at];
  if (instruction === undefined) return undefined;
  const text = messageText(instruction);
  const turn = request.messages.slice(at + 1).filter((message) => message.role === 'assistant').length;
  const [, kind = '', title = ''] = HEADING.exec(text) ?? [];
  const said = words({ kind, title, turn, rejected: /^## Attempt \d+ was rejected/mu.test(text), text, request });
  return Array.isArray(said) ? (said as readonly ScriptedAnswer[])[turn] : (said as ScriptedAnswer);
}

export const json = (value: object): ScriptedAnswer => ({ text: `\`\`\`json\n${JSON.stringify(value)}\n\`\`\`` });

/** A planned step in the form of a planner's answer. */
export function planned(id: string, kind: string, dependsOn: readonly string[] = []): object {
  return { id, kind, title: id, goal: `do ${id}`, size: 'small', dependsOn, check: 'none' };
}

/** The answer that every kind of step may give when nothing is the matter. */
export function fine(
  { kind }: Pick<AskedStep, 'kind'>,
  steps: readonly object[] = [planned('one', 'code')],
): ScriptedAnswer {
  switch (kind) {
    case 'plan':
      return json({ steps, decisions: ['Do it in this order.'] });
    case 'review':
      return json({ summary: 'It is right.', verdict: 'approve', findings: [] });
    case 'test':
      return json({ summary: 'They pass.', passed: true });
    default:
      return json({ summary: `The ${kind} step is done.` });
  }
}
