import { createInterface } from 'node:readline';
import type { HandsEnd, HandsEvent, HandsStep } from './hands.ts';
import { rowIn, type HarnessDialect } from './harness-dialect.ts';
import type { HarnessProcess } from './harness-process.ts';
import { leadsOut } from './leads-out.ts';

/** Gives a harness its prompt and reads what it prints until it ends; what it may not do ends it. */
export async function readLines(
  step: HandsStep,
  dialect: HarnessDialect,
  { child, stop }: HarnessProcess,
): Promise<HandsEnd | undefined> {
  child.stdin.end(step.left.sessionId === undefined ? step.prompt.whole : step.prompt.goingOn);
  const seen = createSeen(step);
  const lines = createInterface({ input: child.stdout });
  // Of a stream that is given up it does not hear otherwise.
  child.stdout.once('close', () => lines.close());
  for await (const line of lines) {
    for (const event of eventsOf(line, dialect)) {
      if (seen.add(event)) stop();
      await step.onEvent(event);
    }
  }
  return seen.end();
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
