import type { StepId } from '../../domain/ids.ts';
import {
  declaredPart,
  NEED_PARTS,
  type Difficulty,
  type NeedPartName,
  type NeedSize,
  type SaidNeed,
  type Stakes,
  type StepNeed,
} from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import type { Ms } from '../../domain/time.ts';
import type { NeedText } from './need-features.ts';

/** What somebody who knows has said of a step: the plan, the caller, or the shape of a harness's own call. */
export interface DeclaredNeed {
  readonly kind?: StepKind | undefined;
  readonly size?: NeedSize | undefined;
  readonly difficulty?: Difficulty | undefined;
  readonly stakes?: Stakes | undefined;
}

/** A step as its reader sees it. */
export interface StepToRead extends NeedText {
  readonly origin: StepNeed['origin'];
  readonly declared?: DeclaredNeed | undefined;
  /** Tools that it cannot do without, by name. Absent: none is known. */
  readonly tools?: readonly string[] | undefined;
  /** Need of the step that this one comes after in its thread. Words that only follow up take it over. */
  readonly follows?: StepNeed | undefined;
  /** How the newest test run ended, where that is known better than from its text. */
  readonly tests?: 'unknown' | 'red' | 'green' | undefined;
}

/** A model of the user's pool that may be asked once of a step; who pays is its business. */
export interface StepAsker {
  /** Whose steps they are: nobody's answers are given to somebody else. */
  readonly scope: string;
  /** The step, where it may be decided again when more has been said and done in it. */
  readonly stepId?: StepId | undefined;
  /** It was decided before: what was answered of it still holds. A session that was forgotten counts its steps from one again. */
  readonly isAgain?: boolean | undefined;
  /** How long a decision waits for its answer; what comes later is for the step's next decision. */
  readonly waitMs: Ms;
  /** What it answered, `undefined` where it was not asked or nothing came of it. */
  ask(step: NeedText, of: AskedBy): Promise<SaidNeed | undefined>;
}

/** The reader that has a model asked. */
export interface AskedBy {
  /** What it reads itself meanwhile, and its version, known once that is there. */
  readonly local: Promise<StepNeed>;
  readonly reader: string;
  /** Ends the question: the reader is closed. */
  readonly signal: AbortSignal;
}

/** Reads what steps need. Never rejects: a reader that cannot read well reads worse, and each part says who spoke. */
export interface NeedReader {
  /** Name and version of what reads; of one that opens late, once it has read. */
  readonly version: string;
  /** @param asker a model that may be asked of the step as well, where the policy admits one */
  read(step: StepToRead, asker?: StepAsker): Promise<StepNeed>;
  /** Ends the questions that nobody has answered, and waits until whoever pays for them has written them down. */
  close(): Promise<void>;
}

/** Everything of the step is declared: there is nothing left to read. */
export function isSettled({ declared }: StepToRead): boolean {
  const { kind, size, difficulty, stakes } = declared ?? {};
  return kind !== undefined && size !== undefined && difficulty !== undefined && stakes !== undefined;
}

/** The need with each declared part in place of the one that was read. */
export function withDeclared(need: StepNeed, declared: DeclaredNeed = {}): StepNeed {
  const parts = NEED_PARTS.map((part) => [part, partOf(need, part, declared)] as const);
  return { ...need, ...Object.fromEntries(parts) };
}

function partOf(need: StepNeed, part: NeedPartName, declared: DeclaredNeed): StepNeed[NeedPartName] {
  const value = declared[part];
  return value === undefined ? need[part] : declaredPart(part, value as never);
}
