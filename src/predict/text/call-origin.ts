import type { CallOrigin, HarnessTask } from '../../domain/call.ts';
import { harnessOrder, isSideQuestion, systemOrder } from './harness-text.ts';
import { personPart } from './person-text.ts';

/** What a call looks like, whichever wire format or log it stands in. */
export interface CallShape {
  /** Its system text; the first 4,000 characters are enough. */
  readonly system: string;
  readonly toolCount: number;
  readonly messageCount: number;
  /** Texts in a person's place after the newest answer or tool result, oldest first; none: the call ends in a tool's result. */
  readonly newTexts: readonly string[];
  /** Somebody's image or file stands there, with or without words. */
  readonly showsNewMedia: boolean;
  /** The most that the answer may hold, in tokens. `undefined`: not said. */
  readonly maxOutputTokens: number | undefined;
  /** It belongs to a sub-agent, as far as ids tell. */
  readonly isSubAgent: boolean;
  /** Its session has a conversation that works with tools, and this is not a part of it, as far as ids tell. */
  readonly isBesideWork: boolean;
}

/** Longest text and answer of a call that only asks whether anybody is there. */
const PROBE = { chars: 40, outputTokens: 16 } as const;

/**
 * Whose call it is, by its shape: what a harness's own orders look like, then words, then nothing new. A call with tools and no
 * known order is work, whoever's it is. Pure.
 */
export function originByShape(shape: CallShape): CallOrigin {
  if (shape.newTexts.some(isSideQuestion)) return { by: 'person', beside: true };
  const task = taskByShape(shape);
  if (task !== undefined) return { by: 'harness', task, source: 'shape' };
  const isWrittenByPerson = shape.showsNewMedia || shape.newTexts.some((text) => personPart(text) !== '');
  return isWrittenByPerson ? { by: 'person' } : { by: 'agent' };
}

/** What a harness asks for, by the shape of the call alone; `undefined`: nothing that is known. */
export function taskByShape(shape: CallShape): HarnessTask | undefined {
  const bySystem = systemOrder(shape.system, shape.toolCount > 0);
  if (bySystem === 'safety-check') return bySystem;
  const order = shape.newTexts.map((text) => harnessOrder(text.trimStart())).find((found) => found !== undefined);
  if (order !== undefined) return order;
  if (bySystem !== undefined && bySystem !== 'sub-agent') return bySystem;
  if (isProbe(shape)) return 'probe';
  if (isAskedBeside(shape)) return 'digest';
  return shape.isSubAgent ? 'sub-agent' : bySystem;
}

/** Agents never stop offering tools in the middle of their work; what asks afresh without any is the program around them. */
function isAskedBeside({ isBesideWork, isSubAgent, toolCount, messageCount }: CallShape): boolean {
  return isBesideWork && !isSubAgent && toolCount === 0 && messageCount <= 2;
}

function isProbe({ toolCount, messageCount, newTexts, maxOutputTokens }: CallShape): boolean {
  if (toolCount > 0 || messageCount > 1 || maxOutputTokens === undefined) return false;
  if (maxOutputTokens <= 1) return true;
  const chars = newTexts.reduce((sum, text) => sum + text.length, 0);
  return maxOutputTokens <= PROBE.outputTokens && chars <= PROBE.chars;
}
