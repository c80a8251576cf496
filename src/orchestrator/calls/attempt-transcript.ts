import { messageText, type Message, type ToolSpec } from '../../domain/transcript.ts';
import type { Opening } from '../context/opening.ts';
import { growChain, startChain, type PromptChain } from '../model/prompt-chain.ts';

/** What the next call of an attempt sends. It grows; made shorter, it is another one, and caches begin anew where it differs. */
export interface AttemptTranscript {
  readonly messages: () => readonly Message[];
  readonly prompt: () => PromptChain;
  /** What its calls offer: the tools of the opening, until others are. */
  readonly tools: () => readonly ToolSpec[];
  readonly offer: (tools: readonly ToolSpec[]) => void;
  readonly add: (...more: readonly Message[]) => void;
  readonly replace: (messages: readonly Message[]) => void;
  /** Summaries that were asked for and did not come. */
  readonly failedSummaryCount: () => number;
  readonly summaryFailed: (times: number) => void;
  /** Results of tools that were taken out to make room, the newest last. */
  readonly lost: () => readonly string[];
  /** Messages that the attempt adds to what was there before it. */
  readonly own: () => readonly Message[];
}

export function openTranscript(opening: Opening): AttemptTranscript {
  let { tools } = opening;
  let start = startChain(opening.system, tools);
  const messages: Message[] = [...opening.messages];
  let prompt = growChain(start, messages);
  let failedSummaryCount = 0;
  const lost: string[] = [];
  return {
    messages: () => messages,
    prompt: () => prompt,
    tools: () => tools,
    offer: (others) => {
      tools = others;
      start = startChain(opening.system, tools);
      prompt = growChain(start, messages);
    },
    add: (...more) => {
      messages.push(...more);
      prompt = growChain(prompt, more);
    },
    replace: (others) => {
      const gone = resultsIn(messages);
      messages.splice(0, messages.length, ...others);
      const kept = new Set(resultsIn(messages));
      lost.push(...gone.filter((text) => !kept.has(text)));
      prompt = growChain(start, messages);
    },
    failedSummaryCount: () => failedSummaryCount,
    summaryFailed: (times) => {
      failedSummaryCount += times;
    },
    lost: () => lost,
    own: () => messages.slice(opening.sharedCount),
  };
}

function resultsIn(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) =>
    message.content.flatMap((part) =>
      part.type === 'tool-result' ? [messageText({ role: 'user', content: [part] })] : [],
    ),
  );
}
