import type { Model } from '../../domain/model.ts';
import type { CallTrigger, StepKind, StepMode } from '../../domain/step.ts';
import type { Ms, Tokens } from '../../domain/time.ts';
import type { Message, ToolSpec } from '../../domain/transcript.ts';
import type { PrefixChain } from '../../warmth/prefix-chain.ts';
import type { CallSlot } from './job-journal.ts';

/** One call of a step, before it is made. */
export interface StepCall extends CallSlot {
  readonly kind: StepKind;
  readonly mode: StepMode;
  readonly thread: string;
  readonly model: Model;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly Message[];
  readonly trigger: CallTrigger;
  /** The longest answer that it allows. Absent: as usual. */
  readonly maxOutputTokens?: Tokens;
  /** How long it may stand in the queue of a tier that makes calls wait. Absent: as long as any call may take. */
  readonly queueMs?: Ms;
  /** The decision asks for the one-hour write class. */
  readonly writesLong: boolean;
  /** The prompt as caches see it, and where each message ends in it. */
  readonly chain: PrefixChain;
  readonly messageEnds: readonly number[];
  /** Its words are no part of the step's answer, and are not shown. Absent: they are. */
  readonly isQuiet?: true;
  /** It answers a question of another step, and is billed as that. Absent: it is a call of the step itself. */
  readonly isAdvice?: true;
}
