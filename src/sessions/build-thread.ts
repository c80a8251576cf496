import { asId } from '../domain/ids.ts';
import type { StepKind } from '../domain/step.ts';
import type { At, Tokens } from '../domain/time.ts';
import { promptTokens } from '../domain/usage.ts';
import { shown } from '../trust/shown.ts';
import { segmentSteps, type TurnText } from './segment-steps.ts';
import type {
  CallTrace,
  PrefixRelation,
  PrefixTrace,
  ThreadTrace,
  ToolCallTrace,
  UserMessageTrace,
} from './session-trace.ts';
import type {
  CallEvent,
  PrefixChangeEvent,
  ThreadEvent,
  ToolCallEvent,
  ToolResultEvent,
  UserEvent,
} from './thread-event.ts';
import { readTestsState } from './tool-action.ts';
import { readCorrection } from './user-text.ts';

export interface ThreadIdentity {
  readonly threadId: string;
  readonly parentThreadId?: string | undefined;
  readonly spawnedByToolCallId?: string | undefined;
  readonly agentType?: string | undefined;
}

/** A prompt this much shorter than the one before, with no reason logged, was cut. */
const SHRUNK_RATIO = 0.9;

/** Makes a thread's trace of its events. Total: any order of events gives a trace. Pure. */
export function buildThread(identity: ThreadIdentity, events: readonly ThreadEvent[]): ThreadTrace {
  const results = new Map<string, ToolResultEvent>();
  for (const event of events) if (event.type === 'tool-result') results.set(event.toolCallId, event);
  const state = new ThreadState(results);
  for (const event of events) state.take(event);
  const recorded = state.recordedKinds.some((kind) => kind !== undefined)
    ? state.recordedKinds.map((kind, index) => ({
        kind: kind ?? 'other',
        stepId: state.recordedStepIds[index],
      }))
    : undefined;
  return {
    threadId: identity.threadId,
    parentThreadId: identity.parentThreadId,
    spawnedByToolCallId: identity.spawnedByToolCallId,
    agentType: identity.agentType,
    calls: state.calls,
    steps: segmentSteps({
      threadId: identity.threadId,
      calls: state.calls,
      userMessages: state.userMessages,
      turnTexts: state.turnTexts,
      recorded,
    }),
    userMessages: state.userMessages,
  };
}

/** What a walk over the events has gathered so far. */
class ThreadState {
  readonly calls: CallTrace[] = [];
  readonly userMessages: UserMessageTrace[] = [];
  readonly turnTexts: TurnText[] = [];
  readonly recordedKinds: (StepKind | undefined)[] = [];
  readonly recordedStepIds: (string | undefined)[] = [];
  private readonly results: ReadonlyMap<string, ToolResultEvent>;
  private change: Omit<PrefixChangeEvent, 'type'> | undefined;
  private blockCount = 0;
  private charCount = 0;
  private lastPromptTokens: Tokens | undefined;
  private lastAt: At | undefined;
  private userWrote = true;
  private pendingSign: 'interrupted' | 'rejected-tool' | undefined;

  constructor(results: ReadonlyMap<string, ToolResultEvent>) {
    this.results = results;
  }

  take(event: ThreadEvent): void {
    switch (event.type) {
      case 'user':
        this.takeUser(event);
        break;
      case 'tool-result':
        this.blockCount += 1;
        this.charCount += event.charCount;
        if (event.isRejected === true) this.pendingSign = 'rejected-tool';
        break;
      case 'prefix-change':
        this.change = strongerChange(this.change, event);
        break;
      case 'interrupted':
        this.pendingSign ??= 'interrupted';
        break;
      case 'call':
        this.takeCall(event);
        break;
    }
  }

  private takeUser({ at, text, charCount, blockCount }: UserEvent): void {
    this.lastAt = at ?? this.lastAt;
    this.userWrote = true;
    this.blockCount += blockCount;
    this.charCount += charCount;
    const beforeCallIndex = this.calls.length;
    const correction = beforeCallIndex === 0 ? undefined : (this.pendingSign ?? readCorrection(text));
    this.userMessages.push({ at: this.lastAt, charCount, beforeCallIndex, correction });
    const open = this.turnTexts.at(-1);
    if (open?.beforeCallIndex === beforeCallIndex) {
      this.turnTexts[this.turnTexts.length - 1] = { beforeCallIndex, text: `${open.text}\n${text}` };
    } else this.turnTexts.push({ beforeCallIndex, text });
    this.pendingSign = undefined;
  }

  private takeCall(event: CallEvent): void {
    const prefix = this.prefixOf(event);
    this.lastAt = event.at ?? this.lastAt;
    this.calls.push({
      callId: asId(event.callId),
      requestId: event.requestId,
      at: this.lastAt,
      endedAt: event.endedAt,
      ttftMs: event.ttftMs,
      requestedModel: modelName(event.requestedModel),
      servedModel: event.servedModel === undefined ? undefined : modelName(event.servedModel),
      provider: event.provider,
      effort: event.effort,
      usage: event.usage,
      terms: event.terms,
      loggedCostNanoUsd: event.loggedCostNanoUsd,
      trigger: this.userWrote ? 'user' : 'tool-result',
      prefix,
      toolCalls: event.toolCalls.map((tool) => this.toolTrace(tool)),
      textCharCount: event.textCharCount,
      finish: event.finish,
    });
    this.recordedKinds.push(event.stepKind);
    this.recordedStepIds.push(event.stepId);
    this.userWrote = false;
    this.change = undefined;
    this.blockCount = event.blockCount;
    this.charCount = 0;
    if (event.finish === 'aborted') this.pendingSign ??= 'interrupted';
  }

  private prefixOf(event: CallEvent): PrefixTrace {
    const size = event.usage === undefined ? undefined : promptTokens(event.usage);
    const known = size === 0 ? undefined : size;
    const shrunk =
      known !== undefined && this.lastPromptTokens !== undefined && known < this.lastPromptTokens * SHRUNK_RATIO;
    const relation = this.calls.length === 0 ? 'first' : (this.change?.relation ?? (shrunk ? 'shrunk' : 'appended'));
    if (known !== undefined) this.lastPromptTokens = known;
    return {
      relation,
      ...basisOf(this.change),
      appendedBlockCount: this.blockCount,
      appendedCharCount: this.charCount,
    };
  }

  private toolTrace({ toolCallId, toolName, use }: ToolCallEvent): ToolCallTrace {
    const result = this.results.get(toolCallId);
    return {
      toolCallId,
      toolName,
      action: use.action,
      inputHash: use.inputHash,
      fileHash: use.fileHash,
      isError: result?.isError,
      resultCharCount: result?.charCount,
      tests: use.action === 'test' && result !== undefined ? readTestsState(result.output, result.isError) : undefined,
    };
  }
}

function basisOf(change: Omit<PrefixChangeEvent, 'type'> | undefined): Pick<PrefixTrace, 'basis' | 'keptTokens'> {
  if (change === undefined) return { basis: 'sizes' };
  const { basis = 'logged', keptTokens } = change;
  return keptTokens === undefined ? { basis } : { basis, keptTokens };
}

/** Of several changes before one call, the one that breaks more of the prefix. */
const CHANGE_STRENGTH: readonly PrefixRelation[] = [
  'effort-changed',
  'rewound',
  'compacted',
  'system-changed',
  'tools-changed',
];

function strongerChange<Change extends Pick<PrefixChangeEvent, 'relation'>>(
  known: Change | undefined,
  next: Change,
): Change {
  if (known === undefined) return next;
  return CHANGE_STRENGTH.indexOf(next.relation) > CHANGE_STRENGTH.indexOf(known.relation) ? next : known;
}

const MOST_NAME_CHARS = 200;

/** A log may say anything where a name stands. */
function modelName(text: string): string {
  return shown(text, MOST_NAME_CHARS);
}
