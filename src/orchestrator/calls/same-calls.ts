import { canonicalJson } from '../../domain/json.ts';
import type { ToolCallPart, ToolResultPart } from '../../domain/transcript.ts';

/** Whether an agent goes round in circles: it asks the same again and again, and is told the same. */
export interface SameCalls {
  /** @returns what to say to it beside the results, where it should hear of it */
  readonly saw: (calls: readonly ToolCallPart[], results: readonly ToolResultPart[]) => string | undefined;
  /** Why it may not go on; `undefined`: it may. */
  readonly why: () => string | undefined;
}

const SAID_AFTER = 3;
const ENDED_AFTER = 8;

export function openSameCalls(): SameCalls {
  let last = '';
  let count = 0;
  return {
    saw: (calls, results) => {
      const seen = canonicalJson([
        calls.map(({ toolName, input }) => ({ toolName, input })),
        results.map(({ content, isError }) => ({ content, isError })),
      ]);
      count = seen === last ? count + 1 : 1;
      last = seen;
      return count < SAID_AFTER
        ? undefined
        : `You have now asked this ${count} times in a row, and the answer was the same each time. Do something else, or end the step.`;
    },
    why: () =>
      count < ENDED_AFTER
        ? undefined
        : `It asked for the same ${count} times in a row, and was told the same each time.`,
  };
}
