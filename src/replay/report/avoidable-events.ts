import type { Model } from '../../domain/model.ts';
import { roundNanoUsd } from '../../domain/money.ts';
import type { StepKind } from '../../domain/step.ts';
import { callNano, type Workload, type WorkloadStep } from '../simulation/workload.ts';
import type { CacheMiss } from './cache-report.ts';
import { createDearest } from './dearest.ts';
import type { AvoidableEvent, MissCause } from './replay-report.ts';

/** Keeps the dearest events of all that pass by. */
export interface EventKeeper {
  add(work: Workload, misses: readonly CacheMiss[]): void;
  /** One that another keeper has kept. */
  offer(event: AvoidableEvent): void;
  /** Dearest first. */
  list(): readonly AvoidableEvent[];
}

/**
 * @param withText each event then carries the person's words that led to it
 * @param onKept what is kept for now, in the order in which it came
 */
export function createEventKeeper(
  limit: number,
  withText = false,
  onKept: (event: AvoidableEvent) => void = () => undefined,
): EventKeeper {
  const dearest = createDearest<AvoidableEvent>(limit, onKept);
  const offer = (work: Workload, event: AvoidableEvent | undefined): void => {
    if (event === undefined || event.costNanoUsd <= 0) return;
    dearest.offer(event.costNanoUsd, () => (withText ? { ...event, ...wordsBefore(work, event) } : event));
  };
  return {
    add(work, misses) {
      const missed = new Set(misses.map((miss) => work.stepOf[miss.index] ?? 0));
      for (const miss of misses) offer(work, missEvent(work, miss));
      // A step that also met a miss would be told twice.
      for (const [index, step] of work.steps.entries()) if (!missed.has(index)) offer(work, trivialEvent(work, step));
    },
    offer: (event) => dearest.offer(event.costNanoUsd, () => event),
    list: dearest.list,
  };
}

const TEXT_CHARS = 200;

/** What the person had asked for in the turn of the event; the importer has masked its keys. */
function wordsBefore(work: Workload, { callIndex }: AvoidableEvent): Pick<AvoidableEvent, 'text'> {
  const text = work.thread.steps
    .findLast((step) => step.firstCallIndex <= callIndex)
    ?.text.replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  if (text === undefined || text === '') return {};
  return { text: text.length > TEXT_CHARS ? `${text.slice(0, TEXT_CHARS)}…` : text };
}

/** Causes that nobody can be told to avoid. */
const UNAVOIDABLE: ReadonlySet<MissCause> = new Set(['compaction', 'tool-result', 'prompt-shrunk']);

const HINTS: Readonly<Record<MissCause, string>> = {
  pause: 'Ask for the one-hour write class, or keep the cache alive until the pings cost what a rewrite does.',
  'model-switch': 'Switch at a step that starts from a fresh context, or stay on the warm model.',
  'user-message':
    'The log does not show why. A prompt head that changes from message to message (the time, settings, a file list) is the usual reason.',
  'tool-result': 'Nothing the client could have done.',
  compaction: 'Nothing: the history was replaced.',
  'tools-changed': 'Offer the tool list of the whole session from its start, or let tools be searched for.',
  'system-changed': 'Keep the system prompt the same within a session.',
  'effort-changed': 'Set the effort at the start of a session.',
  'history-rewound': 'Rewinding keeps only what came before; start a fresh session for another attempt.',
  'prompt-shrunk': 'Nothing: the history was cut.',
};

const PHRASES: Readonly<Record<MissCause, string>> = {
  pause: 'the cache had expired after a pause',
  'model-switch': 'another model had to read the whole transcript',
  'user-message': 'the prefix was not found after a message, although its time to live had not passed',
  'tool-result': 'the prefix was not found after a tool result',
  compaction: 'the history was compacted',
  'tools-changed': 'the tool list changed',
  'system-changed': 'the system prompt changed',
  'effort-changed': 'the effort was changed',
  'history-rewound': 'an earlier point of the history was continued',
  'prompt-shrunk': 'the prompt was cut',
};

function missEvent(work: Workload, miss: CacheMiss): AvoidableEvent | undefined {
  if (UNAVOIDABLE.has(miss.cause)) return undefined;
  const i = miss.index;
  const costNano =
    miss.cause === 'pause'
      ? miss.costNano - keepAliveNano(work, i, miss)
      : miss.cause === 'model-switch'
        ? switchedNano(work, i)
        : miss.costNano;
  return event(work, i, {
    cause: miss.cause,
    tokens: Math.round(miss.lostTokens),
    costNanoUsd: roundNanoUsd(costNano),
    what: `${Math.round(miss.lostTokens).toLocaleString('en-US')} tokens were written anew: ${PHRASES[miss.cause]}${pauseText(work, i, miss.cause)}.`,
    hint: HINTS[miss.cause],
  });
}

function pauseText(work: Workload, i: number, cause: MissCause): string {
  const last = work.recordedLast[i] ?? -1;
  if (cause !== 'pause' || last < 0) return '';
  const minutes = ((work.atMs[i] ?? 0) - (work.atMs[last] ?? 0)) / 60_000;
  return minutes < 120 ? ` of ${Math.round(minutes)} min` : ` of ${Math.round(minutes / 60)} h`;
}

/** What pings over the pause would have cost: each reads the prefix once. */
function keepAliveNano(work: Workload, i: number, miss: CacheMiss): number {
  const m = work.recorded[i] ?? 0;
  const model = work.models[m];
  const last = work.recordedLast[i] ?? -1;
  const ttlMs = work.ttlMs[m] ?? 0;
  if (model === undefined || last < 0 || ttlMs === 0) return Infinity;
  const pings = Math.floor(((work.atMs[i] ?? 0) - (work.atMs[last] ?? 0)) / (ttlMs * 0.95));
  return pings * miss.lostTokens * (model.prices.base.cacheRead ?? model.prices.base.input) * 1000;
}

/** What the switched call cost beyond staying on the model before it. */
function switchedNano(work: Workload, i: number): number {
  const before = work.recorded[i - 1] ?? 0;
  return (work.billedNano[i] ?? 0) - callNano(work, i, before, i - 1);
}

/** Kinds of step that seldom need the frontier. */
const TRIVIAL: ReadonlySet<StepKind> = new Set(['explore', 'summarize', 'other']);

/** A step of a humble kind that the frontier served although a cheaper model was enough, its cold start counted in. */
function trivialEvent(work: Workload, step: WorkloadStep): AvoidableEvent | undefined {
  const i = step.firstCall;
  const recorded = work.recorded[i] ?? 0;
  const model = work.models[recorded];
  const cheaper = step.need;
  if (model?.frontier !== true || cheaper === recorded || !TRIVIAL.has(step.kind)) return undefined;
  const saved = savedOn(work, step, cheaper);
  const name = work.models[cheaper]?.id ?? '';
  return event(work, i, {
    cause: 'frontier-for-trivial',
    tokens: 0,
    costNanoUsd: roundNanoUsd(Math.max(0, saved)),
    what: `${model.id} served ${step.kind === 'explore' || step.kind === 'other' ? 'an' : 'a'} ${step.kind} step of ${step.callCount} call${step.callCount === 1 ? '' : 's'} that ${name} is taken to do as well.`,
    hint: `Route ${step.kind} steps to ${name}, also counting that it must read the transcript first.`,
  });
}

/** Bill and expected failures of the step as recorded, less the same on the other model started cold. */
function savedOn(work: Workload, step: WorkloadStep, m: number): number {
  const width = work.models.length;
  let saved = 0;
  let last = -1;
  for (let i = step.firstCall; i < step.firstCall + step.callCount; i += 1) {
    const recorded = work.recorded[i] ?? 0;
    saved += (work.billedNano[i] ?? 0) + (work.failureNano[i * width + recorded] ?? 0);
    saved -= callNano(work, i, m, last) + (work.failureNano[i * width + m] ?? 0);
    last = i;
  }
  return saved;
}

function event(
  work: Workload,
  i: number,
  what: Pick<AvoidableEvent, 'cause' | 'tokens' | 'costNanoUsd' | 'what' | 'hint'>,
): AvoidableEvent {
  const callIndex = work.sourceIndex[i] ?? 0;
  const model: Model | undefined = work.models[work.recorded[i] ?? 0];
  return {
    ...what,
    sessionId: work.session.sessionId,
    client: work.session.client,
    threadId: work.thread.threadId,
    callIndex,
    at: work.thread.calls[callIndex]?.at,
    model: model?.id ?? '',
    stepKind: work.steps[work.stepOf[i] ?? 0]?.kind ?? 'other',
  };
}
