import {
  declaredPart,
  NEED_PARTS,
  type Difficulty,
  type NeedPartName,
  type NeedSize,
  type Stakes,
  type StepNeed,
} from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
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
  /** Need of the step that this one comes after in its thread. Words that only follow up take it over. */
  readonly follows?: StepNeed | undefined;
  /** How the newest test run ended, where that is known better than from its text. */
  readonly tests?: 'unknown' | 'red' | 'green' | undefined;
}

/** Reads what steps need. Never rejects: a reader that cannot read well reads worse, and each part says who spoke. */
export interface NeedReader {
  /** Name and version of what reads. */
  readonly version: string;
  read(step: StepToRead): Promise<StepNeed>;
  close(): Promise<void>;
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
