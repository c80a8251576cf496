import type { Difficulty } from '../../../domain/need.ts';
import type { StepKind } from '../../../domain/step.ts';
import { messageText, type Message } from '../../../domain/transcript.ts';
import { SUITE_NAMES, type Task, type TaskTurn } from '../../../evaluate/task.ts';
import { makeTasks } from '../../../evaluate/tasks/make-tasks.ts';
import { KIND_ITEMS } from '../../../predict/success/ability-dimensions.ts';
import { MID_FIELD_LOGITS } from '../../../predict/success/difficulty-scale.ts';
import { discriminationOf, sigmoid } from '../../../predict/success/item-response.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptFunction } from '../../../providers/scripted/script.ts';
import { seededRandom } from '../../../stats/seeded-random.ts';

/** A model whose ability is known, because it was planted. */
export interface PlantedModel {
  readonly thetaOf: (kind: StepKind) => number;
  /** What it makes of each task beside its ability: how much harder a task is than is said of it. Absent: nothing. */
  readonly harderBy?: (task: Pick<Task, 'kind' | 'difficulty' | 'id'>) => number;
  readonly seed: number;
  /** Of the tasks that it will be asked. */
  readonly tasksSeed: number;
  readonly taskCount: number;
  /** Of prompts that it understands, in characters. Absent: any. */
  readonly contextChars?: number;
  /** What it answers to a call before all else. */
  readonly first?: (request: ScriptedRequest) => ScriptedAnswer | undefined;
}

/** Does a task right with the probability that its ability and the task's difficulty give, and answers probes as able servers do. */
export function plantedModel(planted: PlantedModel): ScriptFunction {
  const random = seededRandom(planted.seed);
  const { tasksSeed: seed, taskCount: count } = planted;
  const tasks = new Map(
    SUITE_NAMES.flatMap((suite) => makeTasks(suite, { seed, count })).map((task) => [task.prompt, task]),
  );
  const turnsOf = new Map<Task, readonly TaskTurn[]>();
  return (request) => {
    const first = planted.first?.(request);
    if (first !== undefined) return first;
    const [asked] = request.messages.filter(({ role }) => role === 'user');
    const prompt = asked === undefined ? '' : messageText(asked);
    const task = tasks.get(prompt);
    if (task === undefined) return answerProbe(prompt, request, planted);
    let turns = turnsOf.get(task);
    if (turns === undefined) {
      const able = planted.thetaOf(task.kind);
      turns = random() < chanceOf(able, task, planted.harderBy?.(task) ?? 0) ? task.right : task.wrong;
      turnsOf.set(task, turns);
    }
    return toAnswer(turns[request.messages.filter(isAssistant).length] ?? { text: 'It is over.' });
  };
}

function chanceOf(
  theta: number,
  task: { readonly kind: StepKind; readonly difficulty: Difficulty },
  harder: number,
): number {
  return sigmoid(
    discriminationOf(KIND_ITEMS[task.kind]) * theta + (MID_FIELD_LOGITS[task.difficulty - 1] ?? 0) - harder,
  );
}

const isAssistant = ({ role }: Message): boolean => role === 'assistant';

function toAnswer({ text, calls }: TaskTurn): ScriptedAnswer {
  return {
    ...(text === undefined ? {} : { text }),
    ...(calls === undefined ? {} : { toolCalls: calls }),
    chunkDelayMs: 0,
  };
}

/** Words of what is asked, and what an able server answers. */
function answerProbe(prompt: string, request: ScriptedRequest, { contextChars }: PlantedModel): ScriptedAnswer {
  if (contextChars !== undefined && prompt.length > contextChars) return { text: '00000 and 00000' };
  if (prompt.includes('numbers of the gate and of the cellar')) {
    const found = [...prompt.matchAll(/The number of the (?:gate|cellar) is (\d+)/gu)].map(([, number]) => number);
    return { text: found.join(' and ') };
  }
  if (prompt.includes('from 1 to 150')) return { text: 'one two three four '.repeat(40), chunkDelayMs: 1 };
  if (prompt.includes('capital of France'))
    return { text: request.system.includes('LANTERN') ? 'LANTERN: Paris' : 'Paris' };
  if (prompt.includes('add 41 and 27')) return { toolCalls: [{ name: 'add', input: { a: 41, b: 27 } }] };
  if (prompt.includes('three sums'))
    return { toolCalls: [1, 30, 500].map((a, index) => ({ name: 'add', input: { a, b: 2 * (index + 1) } })) };
  if (prompt.includes('blue cups')) return { text: '{"colour":"blue","count":12}' };
  return { text: 'Good morning.' };
}
