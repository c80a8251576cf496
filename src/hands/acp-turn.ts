import { z } from 'zod';
import type { HandsEvent } from './hands.ts';
import { leadsOut } from './leads-out.ts';

/** A call of one of its own tools, as far as it has said what it is. */
export interface SeenTool {
  readonly kind?: string | undefined;
  readonly title?: string | undefined;
  readonly status?: string | undefined;
  /** Files that it names: where it is at work, and what it shows as changed. */
  readonly files: readonly string[];
  readonly input?: Readonly<Record<string, unknown>> | undefined;
}

/** What a harness does in a turn, as its updates say. */
export interface AcpTurn {
  /** It is told what to do now. What it says before that is of earlier turns, which one that goes on in its session gives again. */
  readonly begin: () => void;
  /** @returns why the turn must end; `undefined`: it may go on */
  readonly see: (update: unknown) => Promise<string | undefined>;
  /** The call as it is known, with what is said of it now. */
  readonly tool: (call: unknown) => SeenTool;
  /** Its last words: those behind its last tool call. */
  readonly text: () => string;
}

const toolShape = z.object({
  toolCallId: z.string(),
  kind: z.string().nullish(),
  title: z.string().nullish(),
  status: z.string().nullish(),
  locations: z.array(z.object({ path: z.string() })).nullish(),
  content: z.array(z.object({ type: z.string(), path: z.string().optional() })).nullish(),
  rawInput: z.record(z.string(), z.unknown()).nullish().catch(undefined),
});
const wordsShape = z.object({ content: z.object({ type: z.literal('text'), text: z.string() }) });
const kindShape = z.object({ sessionUpdate: z.string() });

/** Kinds of tools that change files, in the protocol's words. */
export const CHANGING_KINDS: ReadonlySet<string | undefined> = new Set(['edit', 'delete', 'move']);
const MAX_WORDS = 1_000_000;

function merged(before: SeenTool, now: z.infer<typeof toolShape>): SeenTool {
  const named = [...(now.locations ?? []), ...(now.content ?? [])].flatMap(({ path }) => path ?? []);
  return {
    kind: now.kind ?? before.kind,
    title: now.title ?? before.title,
    status: now.status ?? before.status,
    files: [...new Set([...before.files, ...named])],
    input: now.rawInput ?? before.input,
  };
}

export function createTurn(workspace: string, onEvent: (event: HandsEvent) => void | Promise<void>): AcpTurn {
  const tools = new Map<string, SeenTool>();
  let words = '';
  let hasBegun = false;
  const tool = (call: unknown): SeenTool => {
    const read = toolShape.safeParse(call);
    if (!read.success) return { files: [] };
    const { toolCallId } = read.data;
    const seen = merged(tools.get(toolCallId) ?? { files: [] }, read.data);
    tools.set(toolCallId, seen);
    return seen;
  };
  const kindOf = (update: unknown): string | undefined =>
    hasBegun ? kindShape.safeParse(update).data?.sessionUpdate : undefined;
  const sayWords = async (): Promise<void> => {
    if (words.trim() !== '') await onEvent({ type: 'text', text: words });
    words = '';
  };
  return {
    tool,
    text: () => words,
    begin: () => {
      hasBegun = true;
    },
    see: async (update) => {
      const kind = kindOf(update);
      if (kind === 'agent_message_chunk') {
        words = (words + (wordsShape.safeParse(update).data?.content.text ?? '')).slice(-MAX_WORDS);
        return undefined;
      }
      if (kind !== 'tool_call' && kind !== 'tool_call_update') return undefined;
      const seen = tool(update);
      if (kind === 'tool_call') {
        await sayWords();
        await onEvent({ type: 'tool', name: seen.kind ?? 'other', summary: seen.title ?? '' });
      }
      if (seen.status !== 'completed' || !CHANGING_KINDS.has(seen.kind)) return undefined;
      return seen.files.map((file) => leadsOut(workspace, file)).find((why) => why !== undefined);
    },
  };
}
