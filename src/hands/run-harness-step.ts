import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Environment } from '../domain/environment.ts';
import { toPointsmanError } from '../domain/errors.ts';
import type { Ms } from '../domain/time.ts';
import type { Harness, HarnessLaunch } from '../gateway/connect/harness.ts';
import type { CallRecord } from '../recorder/record.ts';
import { findProgram, foldersOutside } from '../tools/command-runner/find-program.ts';
import { confinePath } from '../tools/confine-path.ts';
import { serverEnv } from '../tools/server-env.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import type { HandName, Hands, HandsEnd, HandsEvent, HandsStep } from './hands.ts';
import { rowIn, type HarnessDialect } from './harness-dialect.ts';

/** A gateway for one step: it opens the decided model alone. */
export interface StepGateway {
  readonly url: string;
  readonly token: string;
  readonly close: () => Promise<void>;
}

interface HandsOptions {
  readonly env: Environment;
  readonly harnesses: Readonly<Record<HandName, Harness>>;
  readonly openGateway: (
    step: Pick<HandsStep, 'model' | 'leftNanoUsd'>,
    onCall: (call: CallRecord) => void,
  ) => Promise<StepGateway>;
}

const DIALECTS: Readonly<Record<HandName, HarnessDialect>> = { 'claude-code': claudeCode, codex };

const GRACE_MS: Ms = 3000;
const MAX_ERROR_CHARS = 2000;
/** Carries an attempt's mark, by which a process that outlived its parent is known again. */
const MARK = 'POINTSMAN_HANDS';

/** Harnesses that are installed on this machine. */
export function createHands(options: HandsOptions): Hands {
  return {
    run: async (step) => {
      step.signal.throwIfAborted();
      const harness = options.harnesses[step.name];
      const file = findProgram(step.workspace, harness.program, options.env['PATH'] ?? '');
      endLeftOver(step);
      const models = new Set<string>();
      const gateway = await options.openGateway(step, (call) => {
        if (call.errorCode === undefined) models.add(call.requestedModel);
        step.onCall(call);
      });
      try {
        step.signal.throwIfAborted();
        const launch = harness.launch({ url: gateway.url, token: gateway.token });
        const end = await runProcess(step, { file, launch, dialect: DIALECTS[step.name], env: options.env });
        return withCalls(end, step, models);
      } finally {
        await gateway.close();
      }
    },
  };
}

/** One that answers without a call of the decided model has asked somebody else. */
function withCalls(end: HandsEnd, { model, name }: HandsStep, models: ReadonlySet<string>): HandsEnd {
  if (end.kind !== 'answered') return end;
  const other = [...models].find((id) => id !== model.id);
  if (other !== undefined) return { kind: 'refused', why: `${name} used the model ${other}, not ${model.id}.` };
  if (models.size > 0) return end;
  return { kind: 'refused', why: `No call of ${name} came through the gateway: it did not ask the model ${model.id}.` };
}

interface StartedHarness {
  readonly file: string;
  readonly launch: HarnessLaunch;
  readonly dialect: HarnessDialect;
  readonly env: Environment;
}

async function runProcess(step: HandsStep, { file, launch, dialect, env }: StartedHarness): Promise<HandsEnd> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-hands-'));
  const settings = launch.file === undefined ? [] : [launch.file.option, settingsFile(folder, launch.file.text)];
  const args = [
    ...launch.args,
    ...(launch.unlessGiven?.args ?? []),
    ...settings,
    ...dialect.args(step, step.left.sessionId),
  ];
  const named = Object.fromEntries(
    dialect.variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
  // What the harness looks up itself, such as the interpreter that its first line names, is the user's as well.
  const searched = foldersOutside(step.workspace, env['PATH'] ?? '').join(path.delimiter);
  const child = spawn(file, args, {
    cwd: step.workspace,
    env: serverEnv(env, { ...named, ...dialect.env, ...launch.env, PATH: searched, [MARK]: step.mark }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  try {
    return await watch(step, child, dialect);
  } finally {
    killGroup(child.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Readable by its owner alone, as it holds a token, and gone with the process. */
function settingsFile(folder: string, text: string): string {
  const file = path.join(folder, 'settings.json');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Reads what it prints until it ends; what it may not do ends it. */
async function watch(step: HandsStep, child: ChildProcess, dialect: HarnessDialect): Promise<HandsEnd> {
  const stop = (): void => {
    killGroup(child.pid, 'SIGTERM');
    setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS).unref();
  };
  step.signal.addEventListener('abort', stop, { once: true });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(step.prompt);
  const ending = endOf(child);
  if (child.pid !== undefined) await step.onEvent({ type: 'process', processId: child.pid });
  const seen = createSeen(step);
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      for (const event of eventsOf(line, dialect)) {
        if (seen.add(event)) stop();
        await step.onEvent(event);
      }
    }
  }
  const { code, complaint } = await ending;
  step.signal.removeEventListener('abort', stop);
  step.signal.throwIfAborted();
  const why = `It ended with exit code ${code ?? 'none'} and without an answer: ${complaint.trim()}`;
  return seen.end() ?? { kind: 'failed', why };
}

interface Ending {
  readonly code: number | null;
  /** The end of its error output, or why it could not be started. */
  readonly complaint: string;
}

function endOf(child: ChildProcess): Promise<Ending> {
  let complaint = '';
  child.stderr?.on('data', (bytes: Buffer) => (complaint = (complaint + bytes.toString()).slice(-MAX_ERROR_CHARS)));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, complaint: error.message }));
    child.once('close', (code) => resolve({ code, complaint }));
  });
}

/** What came of a run so far. `add` says whether it has to be stopped; what it does afterwards changes nothing. */
function createSeen(step: HandsStep): {
  readonly add: (event: HandsEvent) => boolean;
  readonly end: () => HandsEnd | undefined;
} {
  let end: HandsEnd | undefined;
  let { sessionId } = step.left;
  let said = '';
  return {
    end: () => end,
    add: (event) => {
      if (end?.kind === 'refused') return false;
      if (event.type === 'session') ({ sessionId } = event);
      if (event.type === 'text') said = event.text;
      if (event.type === 'end') end = toEnd(event, said, sessionId);
      const outside = event.type === 'edit' ? leadsOut(step.workspace, event.file) : undefined;
      if (outside !== undefined) end = { kind: 'refused', why: outside };
      return outside !== undefined;
    },
  };
}

function toEnd(event: Extract<HandsEvent, { type: 'end' }>, said: string, sessionId: string | undefined): HandsEnd {
  if (event.kind === 'failed') return { kind: 'failed', why: event.text };
  return { kind: 'answered', text: event.text === '' ? said : event.text, sessionId };
}

function eventsOf(line: string, dialect: HarnessDialect): readonly HandsEvent[] {
  try {
    const row = rowIn(JSON.parse(line) as unknown);
    return row === undefined ? [] : dialect.read(row);
  } catch {
    return [];
  }
}

/** Why a file that it writes is not its to write. */
function leadsOut(workspace: string, file: string): string | undefined {
  try {
    confinePath(workspace, file);
    return undefined;
  } catch (thrown) {
    return `It wrote outside the workspace: ${toPointsmanError(thrown).message}`;
  }
}

/** A process of the same attempt whose parent died: two of them would write the same files. Known by its mark, where the system tells. */
function endLeftOver({ left, mark }: HandsStep): void {
  if (left.processId === undefined) return;
  try {
    const env = readFileSync(`/proc/${left.processId}/environ`, 'utf8');
    if (env.split('\0').includes(`${MARK}=${mark}`)) killGroup(left.processId, 'SIGKILL');
  } catch {
    // It is gone, or this system does not tell.
  }
}

function killGroup(processId: number | undefined, signal: NodeJS.Signals): void {
  if (processId === undefined) return;
  try {
    process.kill(-processId, signal);
  } catch {
    // Nobody of the group is left.
  }
}
