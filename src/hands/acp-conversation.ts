import { setTimeout as pause } from 'node:timers/promises';
import { client, methods, PROTOCOL_VERSION, type ClientContext, type StopReason } from '@agentclientprotocol/sdk';
import type { Ms } from '../domain/time.ts';
import type { AcpAgent } from './acp-agents.ts';
import { readText, writeText } from './acp-files.ts';
import type { AcpLimits } from './acp-limits.ts';
import { answerWith, askOf } from './acp-permission.ts';
import { acpStream } from './acp-stream.ts';
import { createTurn, type AcpTurn } from './acp-turn.ts';
import type { HandsEnd, HandsStep } from './hands.ts';
import { wasKilled, type HarnessProcess } from './harness-process.ts';

interface Talk {
  readonly process: HarnessProcess;
  readonly limits: AcpLimits;
  readonly agent: Pick<AcpAgent, 'readsItself' | 'sessionMeta' | 'askingModes'>;
}

/** How long one that has answered may take to leave. */
const LEAVE_MS: Ms = 3000;
const GONE_MS: Ms = 500;

/**
 * One turn of a harness by the Agent Client Protocol: its session is begun or gone on with, it is told what to do, and what it
 * asks meanwhile is answered by the job. One that does what it may not is ended.
 * @throws whatever `judge` throws
 */
export async function converse(step: HandsStep, { process, limits, agent }: Talk): Promise<HandsEnd | undefined> {
  const stopped = Promise.withResolvers<HandsEnd>();
  stopped.promise.catch(() => undefined);
  const watch = watchOver(limits, (why) => stopped.resolve({ kind: 'refused', why }));
  const turn = createTurn(step.workspace, step.onEvent);
  const judged: HandsStep = {
    ...step,
    judge: async (ask) => {
      try {
        return await step.judge(ask);
      } catch (thrown) {
        stopped.reject(thrown);
        throw thrown;
      }
    },
  };
  const stream = acpStream(process.child, limits, {
    onMessage: watch.onMessage,
    onUpdate: async (update) => {
      const why = await turn.see(update);
      if (why !== undefined) stopped.resolve({ kind: 'refused', why });
    },
  });
  const connection = clientFor(judged, turn).connect(stream);
  const talking = oneTurn(connection.agent, step, { turn, quirks: agent });
  try {
    return await Promise.race([stopped.promise, talking]);
  } catch (thrown) {
    return await whyBroken(thrown, { process, step, stopped: stopped.promise });
  } finally {
    watch.end();
    connection.close();
    process.stop();
    await Promise.race([process.ending, pause(LEAVE_MS, undefined, { ref: false })]);
    await talking.catch(() => undefined);
  }
}

/** A harness that went, and one that answered with an error, did not do its work; what stops the job is none of its doing. */
async function whyBroken(
  thrown: unknown,
  {
    process,
    step,
    stopped,
  }: { readonly process: HarnessProcess; readonly step: HandsStep; readonly stopped: Promise<HandsEnd> },
): Promise<HandsEnd> {
  step.signal.throwIfAborted();
  const judged = await Promise.race([stopped, Promise.resolve(undefined)]);
  if (judged !== undefined) return judged;
  // One that was killed is seen to be gone a moment later than its words stop.
  const gone = await Promise.race([process.ending, pause(GONE_MS, undefined, { ref: false })]);
  process.stop();
  const ended = gone ?? (await Promise.race([process.ending, pause(LEAVE_MS, undefined, { ref: false })]));
  const said = ended === undefined || ended.complaint.trim() === '' ? '' : ` It said: ${ended.complaint.trim()}`;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const kind = gone !== undefined && wasKilled(gone) ? 'gone' : 'failed';
  return { kind, why: `The conversation with ${step.name} broke off: ${why}.${said}` };
}

/** Ends a turn that never does. */
function watchOver(
  { silenceMs, turnMs }: AcpLimits,
  refuse: (why: string) => void,
): { readonly onMessage: () => void; readonly end: () => void } {
  const silence = setTimeout(() => refuse(`It said nothing for ${silenceMs / 1000} s.`), silenceMs);
  const whole = setTimeout(() => refuse(`Its turn took more than ${turnMs / 1000} s.`), turnMs);
  return {
    onMessage: () => void silence.refresh(),
    end: () => {
      clearTimeout(silence);
      clearTimeout(whole);
    },
  };
}

function clientFor(step: HandsStep, turn: AcpTurn): ReturnType<typeof client> {
  return client({ name: 'pointsman' })
    .onRequest(methods.client.session.requestPermission, async ({ params }) => {
      const ask = askOf(turn.tool(params.toolCall));
      const answer = ask === undefined ? { kind: 'allowed' } : await step.judge(ask);
      return answerWith(params.options, answer.kind === 'allowed');
    })
    .onRequest(methods.client.fs.readTextFile, async ({ params }) => ({ content: await readText(step, params) }))
    .onRequest(methods.client.fs.writeTextFile, async ({ params }) => {
      await writeText(step, params);
      return {};
    });
}

async function oneTurn(
  agent: ClientContext,
  step: HandsStep,
  { turn, quirks }: { readonly turn: AcpTurn; readonly quirks: Talk['agent'] },
): Promise<HandsEnd> {
  const { protocolVersion, agentCapabilities } = await agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: 'pointsman', version: '1' },
    // Commands run where the harness runs them, when it was allowed to.
    clientCapabilities: { fs: { readTextFile: quirks.readsItself !== true, writeTextFile: true }, terminal: false },
  });
  if (protocolVersion !== PROTOCOL_VERSION)
    return { kind: 'failed', why: `It speaks version ${protocolVersion} of the protocol.` };
  const goesOn = agentCapabilities?.loadSession === true ? await loaded(agent, step, quirks) : undefined;
  const sessionId = goesOn ?? (await begun(agent, step, quirks));
  await step.onEvent({ type: 'session', sessionId });
  const text = goesOn === undefined ? step.prompt.whole : step.prompt.goingOn;
  const cancel = (): void => void agent.notify(methods.agent.session.cancel, { sessionId }).catch(() => undefined);
  step.signal.addEventListener('abort', cancel, { once: true });
  turn.begin();
  try {
    const { stopReason } = await agent.request(methods.agent.session.prompt, {
      sessionId,
      prompt: [{ type: 'text', text }],
    });
    const said = turn.text();
    return stopReason === 'end_turn'
      ? { kind: 'answered', text: said, sessionId }
      : { kind: 'failed', why: STOPPED[stopReason] ?? 'It stopped, and says no reason that is known.' };
  } finally {
    step.signal.removeEventListener('abort', cancel);
  }
}

const STOPPED: Readonly<Partial<Record<StopReason, string>>> = {
  max_tokens: 'It stopped at the limit of its answer.',
  max_turn_requests: 'It stopped at its own limit of calls.',
  refusal: 'It refused to go on.',
  cancelled: 'It was cancelled.',
};

async function begun(
  agent: ClientContext,
  step: HandsStep,
  { sessionMeta: meta, askingModes: asking }: Talk['agent'],
): Promise<string> {
  const { sessionId, modes } = await agent.request(methods.agent.session.new, {
    cwd: step.workspace,
    mcpServers: [],
    ...(meta === undefined ? {} : { _meta: meta }),
  });
  // Answers are not held to the schema by the library.
  if (typeof sessionId !== 'string' || sessionId === '') throw new Error('it names no session');
  await inAskingMode(agent, step, { sessionId, modes, asking });
  return sessionId;
}

/** `undefined`: there was none, or it is not there any more. */
async function loaded(
  agent: ClientContext,
  step: HandsStep,
  { askingModes: asking }: Talk['agent'],
): Promise<string | undefined> {
  const { sessionId } = step.left;
  if (sessionId === undefined) return undefined;
  try {
    const { modes } = await agent.request(methods.agent.session.load, {
      sessionId,
      cwd: step.workspace,
      mcpServers: [],
    });
    await inAskingMode(agent, step, { sessionId, modes, asking });
    return sessionId;
  } catch {
    return undefined;
  }
}

/** Modes in which a harness asks before it changes anything, by the names that most have for them. */
const ASKING_MODES: readonly string[] = ['default', 'ask', 'approve'];

/** Whatever the user's own settings say: nobody sits before it. */
async function inAskingMode(
  agent: ClientContext,
  { mayWrite }: Pick<HandsStep, 'mayWrite'>,
  {
    sessionId,
    modes,
    asking = ASKING_MODES,
  }: { readonly sessionId: string; readonly modes?: SessionModes; readonly asking: readonly string[] | undefined },
): Promise<void> {
  const wanted = mayWrite ? asking : ['read-only', ...asking];
  const modeId = wanted.find((id) => modes?.availableModes.some((mode) => mode.id === id) === true);
  if (modeId === undefined || modeId === modes?.currentModeId) return;
  await agent.request(methods.agent.session.setMode, { sessionId, modeId });
}

type SessionModes =
  | { readonly currentModeId: string; readonly availableModes: readonly { readonly id: string }[] }
  | null
  | undefined;
