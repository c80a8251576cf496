import { messageText, type Message } from '../../src/domain/transcript.ts';
import type { ScriptedAnswer, ScriptedRequest } from '../../src/providers/scripted/script.ts';
import { EFFECT_TOOL } from './effect-server.ts';
import type { SeenJobCall } from './sightings.ts';

/** Steps between plan and summary, one after the other, each with one effect. */
const STEPS = 3;
const HEADING = /^# Step (\d+) of \d+: (\w+),/mu;
const AGAIN = /^## Attempt (\d+) was rejected/gmu;

/** The place in its job of a call, as its prompt says it. `undefined`: it is no call of these jobs. */
export function placeOf({ system, messages }: Pick<ScriptedRequest, 'system' | 'messages'>): SeenJobCall | undefined {
  const at = messages.findLastIndex((message) => message.role === 'user' && HEADING.test(messageText(message)));
  const instruction = messages[at];
  const job = /The workspace is the folder \S*\/(\S+?)\. /u.exec(system)?.[1];
  if (instruction === undefined || job === undefined) return undefined;
  const text = messageText(instruction);
  return {
    job,
    step: Number(HEADING.exec(text)?.[1]),
    attempt: [...text.matchAll(AGAIN)].length,
    turn: messages.slice(at + 1).filter(isAnswer).length,
  };
}

/** Whether a call is of a job's last step. */
export function isLastStep({ messages }: Pick<ScriptedRequest, 'messages'>): boolean {
  return kindOf(messages) === 'summarize';
}

/** What the models say: a plan, one effect in each step, and a summary. Asks for no effect twice, whatever became of it. */
export function jobWords(request: ScriptedRequest, delayMs: number): ScriptedAnswer | undefined {
  const place = placeOf(request);
  if (place === undefined) return undefined;
  const kind = kindOf(request.messages);
  if (kind === 'plan') return { delayMs, text: json({ steps: plannedSteps() }) };
  if (kind === 'summarize') return { delayMs, text: json({ summary: 'All notes are made.', followUps: [] }) };
  return place.turn === 0
    ? { delayMs, toolCalls: [{ name: `~${EFFECT_TOOL}`, input: { job: place.job, step: String(place.step) } }] }
    : { delayMs, text: json({ summary: 'The note is made.', changedFiles: [], decisions: [], openQuestions: [] }) };
}

function kindOf(messages: readonly Message[]): string | undefined {
  const instruction = messages.findLast((message) => message.role === 'user' && HEADING.test(messageText(message)));
  return instruction === undefined ? undefined : HEADING.exec(messageText(instruction))?.[2];
}

function plannedSteps(): readonly object[] {
  return Array.from({ length: STEPS }, (_, index) => ({
    id: `s${index}`,
    kind: 'code',
    title: `make note ${index}`,
    goal: `The tool has noted step ${index}.`,
    size: 'small',
    difficulty: 1,
    stakes: 1,
    requiredTools: [`notes__${EFFECT_TOOL}`],
    dependsOn: index === 0 ? [] : [`s${index - 1}`],
  }));
}

const isAnswer = (message: Message): boolean => message.role === 'assistant';
const json = (value: object): string => `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``;
