import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { Model, Wire } from '../domain/model.ts';
import { messageText, type Message } from '../domain/transcript.ts';
import { loadPolicies } from '../policy/load-policies.ts';
import { createAskingReader } from '../predict/asking/asking-reader.ts';
import { createLearnedPredictor } from '../predict/learned-predictor.ts';
import { createLocalNeedReader } from '../predict/need/local-reader.ts';
import { shippedNeed } from '../predict/need/shipped-need.ts';
import { shippedArtifact } from '../predict/shipped-artifact.ts';
import type { ScriptedAnswer, ScriptedRequest } from '../providers/scripted/script.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { installClient, runClient, temporaryFolder, type ClientRun } from '../testing/internal/clients.ts';
import { startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';

/**
 * Real clients in a whole job: healthy commands again and again, a sub-agent, a compaction in the middle, a title, a side
 * question, checks of commands. Each call is held by what it is, where it goes and why.
 */

const IDS = ['claude-opus-5-5', 'claude-haiku-4-5', 'gpt-5.6-sol', 'gpt-5.6-luna'];
const TASK = 'Fix the race in the lock service of the payments database and run the tests until they pass.';
const TIMEOUT_MS = 150_000;
const SHELL = 'Bash|exec_command';
const CALLS_BEFORE_CUT = 9;
const CALLS_AFTER_CUT = 6;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function models(): readonly Model[] {
  const catalog = loadCatalog();
  return IDS.map((id) => catalog.models.find((model) => model.id === id)).filter((model) => model !== undefined);
}

interface Script {
  /** The shell tool's arguments, in the client's form. */
  readonly shell: (command: string, escalated: boolean) => Readonly<Record<string, unknown>>;
  /** How the model starts a sub-agent, in the vendor's own form. */
  readonly subAgent: (wire: Wire) => ScriptedAnswer;
  /** How the client is made to compact: the vendor refuses the prompt, or the client's own limit is passed. */
  readonly overflows: boolean;
  /** One command must be allowed first. */
  readonly escalates: boolean;
}

/** What the vendors answer, by what the client asks for. */
function answerOf(script: Script): (request: ScriptedRequest) => ScriptedAnswer {
  let afterCut = 0;
  return ({ messages, system, tools, wire }) => {
    const texts = messages.map((message) => messageText(message));
    const all = texts.join('\n');
    if (/judging one planned coding-agent action/u.test(system + all))
      return {
        text: '{"outcome":"allow","risk_level":"low","user_authorization":"high","rationale":"It is asked for."}',
      };
    if (wantsSummary(texts.at(-1) ?? ''))
      return { text: '<summary>The lock is half fixed. Next: run the tests.</summary>' };
    if (tools.length === 0) return { text: '{"title":"Lock service"}' };
    if (/side question/u.test(texts.at(-1) ?? '')) return { text: 'A fencing token.' };
    const turns = messages.filter((message) => message.role === 'assistant').length;
    if (isSubAgent(messages)) return turns === 0 ? shell(script, 'ls') : { text: 'Looked around.' };
    const isCut = /continued from a previous conversation|Another language model started/u.test(all);
    if (isCut) {
      afterCut += 1;
      return afterCut <= CALLS_AFTER_CUT ? shell(script, HEALTHY[afterCut % 2] ?? '') : DONE;
    }
    if (turns === 3) return script.subAgent(wire);
    if (turns === 5 && script.escalates) return shell(script, 'touch allowed.log', true);
    if (turns === CALLS_BEFORE_CUT) return script.overflows ? OVERFLOW : shell(script, 'seq 1 6000');
    return shell(script, HEALTHY[turns % 2] ?? '');
  };
}

/** The same two again and again, both fine. */
const HEALTHY = ['git status --short', 'echo 12 passed'];
const DONE: ScriptedAnswer = { text: 'The job is finished.' };
const OVERFLOW: ScriptedAnswer = { failure: { kind: 'context-overflow', limitTokens: 20_000 } };

function shell(script: Script, command: string, escalated = false): ScriptedAnswer {
  return { toolCalls: [{ name: SHELL, input: script.shell(command, escalated) as never }] };
}

function wantsSummary(text: string): boolean {
  return /detailed summary of the conversation|CONTEXT CHECKPOINT COMPACTION/u.test(text);
}

function isSubAgent(messages: readonly Message[]): boolean {
  const asked = messages.filter((message) => message.role === 'user').map((message) => messageText(message));
  return asked.some((text) => text.includes('SUBTASK')) && !asked.some((text) => text.includes('lock service'));
}

async function start(
  script: Script,
): Promise<{ readonly kit: GatewayKit; readonly home: string; readonly cwd: string }> {
  const pool = models();
  const vendor = await createScriptedServer({ models: pool, script: answerOf(script), vendorChecks: false });
  cleanups.push(() => vendor.close());
  const policy = loadPolicies(loadCatalog()).get('balanced')?.policy;
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: pool,
    deps: {
      ...(policy === undefined ? {} : { policy }),
      needs: createAskingReader(createLocalNeedReader(shippedNeed())),
      predictor: createLearnedPredictor(shippedArtifact()),
    },
  });
  cleanups.push(() => kit.gateway.close());
  const home = temporaryFolder('pointsman-home');
  const work = temporaryFolder('pointsman-work');
  cleanups.push(home.remove, work.remove);
  await promisify(execFile)('git', ['init', '-q', work.dir]);
  return { kit, home: home.dir, cwd: work.dir };
}

interface Seen {
  /** `main`, or whose call it is beside it. */
  readonly what: string;
  readonly model: string;
  readonly vendor: string;
  readonly kind: string;
  readonly reason: string;
  readonly stepId: string;
  readonly session: string;
  readonly failed: string | undefined;
}

/** Each call with its step's need and the reason of its decision, in the order in which calls ended. */
function seen({ calls, steps }: GatewayKit): readonly Seen[] {
  return calls.map((call) => {
    const step = steps.find((one) => one.stepId === call.stepId);
    const need = step?.input.step.need;
    return {
      what: need === undefined || need.origin === 'person' || need.origin === 'agent' ? 'work' : need.origin,
      model: call.requestedModel,
      vendor: models().find((model) => model.id === call.requestedModel)?.vendor ?? '',
      kind: step?.kind ?? '',
      reason: step?.decision.reasons[0]?.code ?? '',
      stepId: call.stepId,
      session: call.sessionId,
      failed: call.errorCode,
    };
  });
}

/** The session with the most calls is the conversation; the rest are sub-agents and checks with names of their own. */
function mainSession(all: readonly Seen[]): string {
  const counts = Map.groupBy(all, (call) => call.session);
  return [...counts].toSorted((a, b) => b[1].length - a[1].length)[0]?.[0] ?? '';
}

/** Who takes a job that is hard and grave. */
const ABLE = ['claude-opus-5-5', 'gpt-5.6-sol'];

/** Why a call stays where its prefix is: that is worth more, or nobody else may have it. */
const STAYS = ['warm-prefix', 'switch-costs-more', 'only-eligible'];

/** What holds of every such job, whatever the client: each call is somebody's, and goes where it should for a reason. */
function holdsTogether(kit: GatewayKit): { readonly job: readonly Seen[]; readonly aside: readonly Seen[] } {
  expect(kit.warnings).toEqual([]);
  const all = seen(kit);
  const conversation = all.filter((call) => call.session === mainSession(all));
  const job =
    [...Map.groupBy(conversation, (call) => call.stepId).values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  expect(job.length, 'calls of the job, before and after its compaction').toBeGreaterThanOrEqual(12);
  expect(new Set(job.map((call) => call.model)).size, 'one model holds the whole job, healthy loops and all').toBe(1);
  expect(job[0]?.reason, JSON.stringify(job[0])).toMatch(
    /^(?:first-step|cheapest-overall|needs-ability|only-eligible)$/u,
  );
  const need = kit.steps.find((step) => step.stepId === job[0]?.stepId)?.input.step.need;
  expect([need?.origin, need?.difficulty.source], 'the person’s words were read').toEqual(['person', 'local-head']);
  expect(ABLE, 'a race in a payments database is no job for a small model').toContain(job[0]?.model);

  const [compaction, ...more] = conversation.filter((call) => call.what === 'compaction');
  expect(more).toEqual([]);
  expect(compaction).toMatchObject({ kind: 'summarize', model: job[0]?.model });
  expect(STAYS).toContain(compaction?.reason);
  const cutAt = conversation.findIndex((call) => call.what === 'compaction');
  const after = conversation.slice(cutAt + 1).filter((call) => call.stepId === job[0]?.stepId);
  expect(after.length, 'the job goes on after its compaction').toBeGreaterThanOrEqual(CALLS_AFTER_CUT);
  const aside = all.filter((call) => call.stepId !== job[0]?.stepId && call.what !== 'compaction');
  expect(all.filter((call) => call.failed !== undefined && call.failed !== 'context-overflow')).toEqual([]);
  return { job, aside };
}

/** A sub-agent works in a session of its own, on one model. */
function subAgentHolds(aside: readonly Seen[], main: string | undefined): void {
  const own = aside.filter((call) => call.session !== main && call.what !== 'safety-check');
  expect(own.length).toBe(2);
  expect(new Set(own.map((call) => `${call.stepId} ${call.model}`)).size).toBe(1);
}

function cheapest(): string {
  return models().toSorted((a, b) => a.prices.base.output - b.prices.base.output)[0]?.id ?? '';
}

describe('claude-code', () => {
  const script: Script = {
    shell: (command) => ({ command, description: 'says something' }),
    subAgent: () => ({
      toolCalls: [
        {
          name: 'Agent|Task',
          input: { description: 'look', prompt: 'SUBTASK: look around', subagent_type: 'general-purpose' },
        },
      ],
    }),
    overflows: true,
    escalates: false,
  };
  const env = (url: string, hints: boolean): Readonly<Record<string, string>> => ({
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: 'local',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    ...(hints ? { CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1' } : {}),
  });
  const base = ['-p', '--model', 'claude-auto', '--output-format', 'stream-json', '--verbose'];

  const runClaude = async (
    at: Awaited<ReturnType<typeof start>>,
    file: string,
    more: readonly string[],
    options: {
      readonly hints: boolean;
      readonly stdin?: string;
    },
  ): Promise<ClientRun> =>
    runClient(file, [...base, ...more], {
      home: at.home,
      cwd: at.cwd,
      timeoutMs: TIMEOUT_MS,
      env: env(at.kit.url, options.hints),
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    });

  test.for([true, false])(
    'a job with a title, a side question, a sub-agent and a compaction, told by headers: %s',
    async (hints, { skip }) => {
      const installed = await installClient('claude-code');
      if (installed.kind === 'missing') return void skip(`skipped: ${installed.why}`);
      const at = await start(script);
      const rows = [
        {
          type: 'control_request',
          request_id: 'r1',
          request: { subtype: 'generate_session_title', description: TASK },
        },
        { type: 'user', message: { role: 'user', content: TASK } },
        {
          type: 'control_request',
          request_id: 'r2',
          request: { subtype: 'side_question', question: 'What is a fencing token?' },
        },
      ];
      const more = ['--input-format', 'stream-json', '--allowedTools', 'Bash,Agent,Task'];
      const run = await runClaude(at, installed.file, more, {
        hints,
        stdin: `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`,
      });
      expect(run.stdout, run.stderr).toContain('The job is finished.');
      const { job, aside } = holdsTogether(at.kit);
      const [title] = aside.filter((call) => call.what === 'title');
      expect(title, JSON.stringify(aside)).toMatchObject({
        kind: 'summarize',
        model: cheapest(),
        session: job[0]?.session,
      });
      const [question, ...others] = aside.filter((call) => call.session === job[0]?.session && call.what !== 'title');
      expect(question?.what, 'a person’s words, beside the job').toBe('work');
      expect(others).toEqual([]);
      subAgentHolds(aside, job[0]?.session);
    },
  );

  test('in auto mode every call of the job goes to the vendor that checks its commands', async ({ skip }) => {
    const installed = await installClient('claude-code');
    if (installed.kind === 'missing') return void skip(`skipped: ${installed.why}`);
    const at = await start({
      ...script,
      subAgent: () => shell(script, 'pwd'),
    });
    const run = await runClaude(at, installed.file, ['--permission-mode', 'auto', TASK], { hints: true });
    expect(run.stdout, run.stderr).toContain('The job is finished.');
    const { job } = holdsTogether(at.kit);
    expect(new Set(seen(at.kit).map((call) => call.vendor))).toEqual(new Set(['anthropic']));
    expect(new Set(job.map((call) => call.what))).toEqual(new Set(['work']));
  });
});

describe('codex', () => {
  const script: Script = {
    shell: (cmd, escalated) =>
      escalated ? { cmd, sandbox_permissions: 'require_escalated', justification: 'The log is needed.' } : { cmd },
    subAgent: (wire) => ({
      toolCalls: [
        {
          ...(wire === 'openai-responses'
            ? { name: 'spawn_agent', namespace: 'multi_agent_v1' }
            : { name: '~spawn_agent' }),
          input: { message: 'SUBTASK: look around', task_name: 'look' },
        },
      ],
    }),
    overflows: false,
    escalates: true,
  };

  test('a job with a sub-agent, a check of a command and a compaction', async ({ skip }) => {
    const installed = await installClient('codex');
    if (installed.kind === 'missing') return void skip(`skipped: ${installed.why}`);
    const { kit, home, cwd } = await start(script);
    const config = path.join(home, '.codex/config.toml');
    mkdirSync(path.dirname(config), { recursive: true });
    writeFileSync(
      config,
      `model = "auto"\nmodel_provider = "gateway"\nmodel_auto_compact_token_limit = 14000\napproval_policy = "on-request"\nsandbox_mode = "workspace-write"\napprovals_reviewer = "auto_review"\n\n[model_providers.gateway]\nname = "gateway"\nbase_url = "${kit.url}/v1"\nwire_api = "responses"\nenv_key = "GATEWAY_KEY"\nrequest_max_retries = 0\nstream_max_retries = 0\n\n[features]\nmulti_agent = true\n`,
    );
    const run = await runClient(installed.file, ['exec', '--json', '--skip-git-repo-check', TASK], {
      home,
      cwd,
      timeoutMs: TIMEOUT_MS,
      env: { GATEWAY_KEY: 'local' },
    });
    expect(run.stdout, run.stderr).toContain('The job is finished.');
    const { job, aside } = holdsTogether(kit);
    const checks = aside.filter((call) => call.what === 'safety-check');
    expect(checks.length, JSON.stringify(aside)).toBe(1);
    expect(checks[0]).toMatchObject({ kind: 'review', vendor: 'openai' });
    subAgentHolds(aside, job[0]?.session);
  });
});
