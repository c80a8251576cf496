import type { ModelId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { Session, Thread } from './session-store.ts';

/** Form of what is kept; what another version has kept is not read. */
const VERSION = 1;
/** Longer ones are kept without their oldest transcripts: hundreds of sessions go in one statement. */
const MAX_CHARS = 200_000;

/** As JSON can hold it: without what is only on its way to the records, and with a model by its name. */
interface KeptThread extends Omit<Thread, 'firstAnswerIndex' | 'cachedAt' | 'pauses' | 'step'> {
  readonly firstAnswerIndex: number | null;
  readonly cachedAt: readonly (readonly [ModelId, { readonly messageIndex: number; readonly fingerprint: number }])[];
  readonly pauses: Omit<Thread['pauses'], 'last'> & { readonly last?: KeptPause };
  readonly step?: Omit<NonNullable<Thread['step']>, 'unrecorded'>;
}

type KeptPause = Omit<NonNullable<Thread['pauses']['last']>, 'model'> & { readonly model: ModelId };

interface KeptSession extends Omit<Session, 'threads'> {
  readonly v: typeof VERSION;
  readonly threads: readonly KeptThread[];
}

/** A session as another gateway can go on with it: models, steps and warmth of its transcripts, no words. `undefined`: it is too long. */
export function toSessionText(session: Session): string | undefined {
  for (let threads = session.threads.map(toKept); ; threads = threads.slice(1)) {
    const kept: KeptSession = { v: VERSION, ...session, threads };
    const text = JSON.stringify(kept);
    if (text.length <= MAX_CHARS) return text;
    if (threads.length === 0) return undefined;
  }
}

/** `undefined`: it is of another version, or of another session. */
export function parseSessionText(
  text: string,
  key: string,
  modelOf: (id: ModelId) => Model | undefined,
): Session | undefined {
  const { v, threads, ...session } = JSON.parse(text) as KeptSession;
  if (v !== VERSION || session.key !== key) return undefined;
  return { ...session, threads: threads.map((thread) => toThread(thread, modelOf)) };
}

function toKept({ firstAnswerIndex, cachedAt, pauses, step, ...thread }: Thread): KeptThread {
  const { last, ...others } = pauses;
  const { unrecorded: _, ...kept } = step ?? {};
  return {
    ...thread,
    firstAnswerIndex: Number.isFinite(firstAnswerIndex) ? firstAnswerIndex : null,
    cachedAt: [...cachedAt],
    pauses: last === undefined ? others : { ...others, last: { ...last, model: last.model.id } },
    ...(step === undefined ? {} : { step: kept as NonNullable<KeptThread['step']> }),
  };
}

function toThread(
  { firstAnswerIndex, cachedAt, pauses, ...thread }: KeptThread,
  modelOf: (id: ModelId) => Model | undefined,
): Thread {
  const { last, ...others } = pauses;
  const model = last === undefined ? undefined : modelOf(last.model);
  return {
    ...thread,
    headFingerprint: thread.headFingerprint,
    step: thread.step,
    firstAnswerIndex: firstAnswerIndex ?? Number.POSITIVE_INFINITY,
    cachedAt: new Map(cachedAt),
    pauses: { ...others, last: last === undefined || model === undefined ? undefined : { ...last, model } },
  };
}
