import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import type { ConnectTarget, LaunchedHarness, LaunchedName } from '../gateway/connect/harness.ts';
import type { CallRecord } from '../recorder/record.ts';
import { foldersOutside } from '../tools/command-runner/find-program.ts';
import { serverEnv } from '../tools/server-env.ts';
import { commonDirOf } from '../tools/work-tree/repository-of.ts';
import { acpAgent, type AcpAgent } from './acp-agents.ts';
import { ACP_LIMITS, type AcpLimits } from './acp-limits.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import { findHarness, requireHarnesses } from './find-harness.ts';
import type { Hands, HandsEnd, HandsStep } from './hands.ts';
import type { HarnessDialect } from './harness-dialect.ts';
import { endLeftOver, withHarness, type HarnessProcess, type HarnessStart } from './harness-process.ts';
import { readLines } from './read-lines.ts';

/** A gateway for one step: it opens the decided model alone. */
export interface StepGateway extends ConnectTarget {
  readonly close: () => Promise<void>;
}

interface HandsOptions {
  readonly env: Environment;
  readonly harnesses: Readonly<Record<LaunchedName, LaunchedHarness>>;
  readonly openGateway: (
    step: Pick<HandsStep, 'model' | 'leftNanoUsd' | 'onBegin'>,
    onCall: (call: CallRecord) => void,
  ) => Promise<StepGateway>;
  /** Of a conversation by the Agent Client Protocol. */
  readonly limits?: AcpLimits;
}

/** What a harness is started as, and how it is talked with. */
interface Manner {
  readonly start: (target: ConnectTarget, folder: string) => Omit<HarnessStart, 'file'>;
  readonly converse: (harness: HarnessProcess) => Promise<HandsEnd | undefined>;
}

/** Harnesses that are installed on this machine. */
export function createHands(options: HandsOptions): Hands {
  const source = { harnesses: options.harnesses, searchPath: options.env['PATH'] ?? '' };
  return {
    require: (names, workspace) => requireHarnesses(names, { ...source, workspace }),
    run: async (step) => {
      step.signal.throwIfAborted();
      const manner = mannerOf(step, options);
      const file = findHarness(step.name, { ...source, workspace: step.workspace });
      endLeftOver(step);
      const models = new Set<string>();
      const gateway = await options.openGateway(step, (call) => {
        if (call.errorCode === undefined) models.add(call.requestedModel);
        step.onCall(call);
      });
      const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-hands-'));
      try {
        step.signal.throwIfAborted();
        const start = { file, ...manner.start(gateway, folder) };
        const end = await withHarness(step, start, manner.converse);
        return withCalls(end, step, models);
      } finally {
        rmSync(folder, { recursive: true, force: true });
        await gateway.close();
      }
    },
  };
}

function mannerOf(step: HandsStep, options: HandsOptions): Manner {
  switch (step.name) {
    case 'claude-code':
      return directManner(step, claudeCode, options);
    case 'codex':
      return directManner(step, codex, options);
    default:
      return acpManner(step, acpAgent(step.name.slice('acp:'.length)), options);
  }
}

function directManner(step: HandsStep, dialect: HarnessDialect, { env, harnesses }: HandsOptions): Manner {
  const harness = harnesses[dialect.name];
  return {
    start: (target, folder) => {
      const launch = harness.launch(target);
      const settings = launch.file === undefined ? [] : [launch.file.option, settingsFile(folder, launch.file.text)];
      const args = [...launch.args, ...(launch.unlessGiven?.args ?? []), ...settings];
      return {
        args: [...args, ...dialect.args(step, step.left.sessionId)],
        env: harnessEnv(step, env, { named: dialect.variables, given: { ...dialect.env, ...launch.env } }),
      };
    },
    converse: async (process) => readLines(step, dialect, process),
  };
}

function acpManner(step: HandsStep, agent: AcpAgent, { env, harnesses, limits = ACP_LIMITS }: HandsOptions): Manner {
  return {
    start: (target, folder) => {
      const launch = agent.launch(harnesses, target);
      const { settings } = agent;
      const file =
        settings === undefined ? {} : { [settings.variable]: settingsFile(folder, JSON.stringify(settings.values)) };
      return {
        args: [...launch.args, ...agent.args],
        env: harnessEnv(step, env, { named: agent.variables, given: { ...launch.env, ...file } }),
      };
    },
    converse: async (process) => {
      // What speaks the protocol is large, and loaded by who needs it.
      const { converse } = await import('./acp-conversation.ts');
      const clear = clearingGit(step, agent);
      try {
        return await converse(step, { process, limits, agent });
      } finally {
        clear();
      }
    },
  };
}

/** Takes away what it leaves in the repository, where that was not there before. */
function clearingGit({ workspace }: HandsStep, { leavesInGit }: AcpAgent): () => void {
  const dir = leavesInGit === undefined ? undefined : commonDirOf(workspace);
  const file = path.join(dir ?? '', leavesInGit ?? '');
  const isTheirs = dir === undefined || existsSync(file);
  return () => {
    if (!isTheirs) rmSync(file, { force: true });
  };
}

/** What the harness looks up itself, such as the interpreter that its first line names, is the user's as well. */
function harnessEnv(
  { workspace }: Pick<HandsStep, 'workspace'>,
  env: Environment,
  { named, given }: { readonly named: readonly string[]; readonly given: Readonly<Record<string, string>> },
): Readonly<Record<string, string>> {
  const kept = Object.fromEntries(named.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  const searched = foldersOutside(workspace, env['PATH'] ?? '').join(path.delimiter);
  return serverEnv(env, { ...kept, ...given, PATH: searched });
}

/** Readable by its owner alone, as it may hold a token, and gone with the process. */
function settingsFile(folder: string, text: string): string {
  const file = path.join(folder, 'settings.json');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** One that answers without a call of the decided model has asked somebody else. */
function withCalls(end: HandsEnd, { model, name }: HandsStep, models: ReadonlySet<string>): HandsEnd {
  if (end.kind !== 'answered') return end;
  const other = [...models].find((id) => id !== model.id);
  if (other !== undefined) return { kind: 'refused', why: `${name} used the model ${other}, not ${model.id}.` };
  if (models.size > 0) return end;
  return { kind: 'refused', why: `No call of ${name} came through the gateway: it did not ask the model ${model.id}.` };
}
