import { DIFFICULTIES, type Difficulty } from '../../domain/need.ts';
import { SUITE_KINDS, type SuiteName, type Task, type TaskBody } from '../task.ts';
import { codeTask } from './code.ts';
import { type TaskDraw, createDraw } from './draw.ts';
import { followTask } from './follow.ts';
import { mathsTask } from './maths.ts';
import { reviewTask } from './review.ts';
import { schemaTask } from './schema.ts';
import { testTask } from './test.ts';
import { toolsTask } from './tools.ts';

/** Other tasks, or another grading, are another version: what was graded before is not added up with it. */
export const TASKS_VERSION = 1;

const GENERATORS: Readonly<Record<SuiteName, (draw: TaskDraw, difficulty: Difficulty) => TaskBody>> = {
  code: codeTask,
  tools: toolsTask,
  maths: mathsTask,
  review: reviewTask,
  test: testTask,
  follow: followTask,
  schema: schemaTask,
};

/** As many tasks of a suite, all five difficulties in turn. More tasks of one seed begin with the fewer. */
export function makeTasks(
  suite: SuiteName,
  { seed, count }: { readonly seed: number; readonly count: number },
): readonly Task[] {
  return Array.from({ length: count }, (_, index) => {
    const difficulty = DIFFICULTIES[index % DIFFICULTIES.length] ?? 1;
    const id = `${suite}-${seed}-${index + 1}`;
    const body = GENERATORS[suite](createDraw(`v${TASKS_VERSION} ${id}`), difficulty);
    return { ...body, id, suite, kind: SUITE_KINDS[suite], difficulty };
  });
}
