import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CodeRoom, openCodeRoom } from '../run-code.ts';
import { type TaskAnswer, SUITE_NAMES, type SuiteName, type Task, type TaskTurn } from '../task.ts';
import { makeTasks } from './make-tasks.ts';

let room: CodeRoom;
beforeAll(() => {
  room = openCodeRoom(process.env);
});
afterAll(() => room.close());

const signal = new AbortController().signal;
const answerOf = (turns: readonly TaskTurn[]): TaskAnswer => ({
  text: turns.at(-1)?.text ?? '',
  calls: turns.flatMap(({ calls = [] }) => calls),
});
const grade = async (task: Task, answer: TaskAnswer): Promise<boolean> => task.isRight(answer, room.run, signal);
const said = async (suite: SuiteName, text: string): Promise<readonly boolean[]> =>
  Promise.all(makeTasks(suite, { seed: 2, count: 5 }).map(async (task) => grade(task, { text, calls: [] })));

describe.each(SUITE_NAMES)('tasks of %s', (suite) => {
  test('are graded right for a right answer and wrong for a wrong one, at every difficulty', async () => {
    for (const task of makeTasks(suite, { seed: 7, count: suite === 'code' ? 10 : 200 })) {
      const wrong = task.wrong.map((turn) => JSON.stringify(turn)).join('\n');
      expect(await grade(task, answerOf(task.right)), `${task.id}\n${task.prompt}`).toBe(true);
      expect(await grade(task, answerOf(task.wrong)), `${task.id}\n${task.prompt}\n${wrong}`).toBe(false);
    }
  }, 60_000);

  test('are the same for the same seed, and more of them begin with the fewer', () => {
    const [few, more] = [5, 12].map((count) => makeTasks(suite, { seed: 3, count }).map(({ prompt }) => prompt));
    expect(more?.slice(0, 5)).toEqual(few);
    expect(new Set(more).size).toBeGreaterThan(10);
    expect(makeTasks(suite, { seed: 4, count: 5 }).map(({ prompt }) => prompt)).not.toEqual(few);
  });

  test.each([
    ['nothing', ''],
    ['words', 'I would rather not say.'],
    ['half of a block', '```js\nfunction solve('],
    ['odd JSON', '{"__proto__": {"isRight": true}, "a": [1, null'],
    ['a great many brackets', '['.repeat(50_000)],
    ['a great many numbers', '9'.repeat(200_000)],
  ])('take %s for wrong, and for nothing else', async (_what, text) => {
    expect(await said(suite, text)).toEqual([false, false, false, false, false]);
  });
});

describe('code that a model writes', () => {
  const solve = (body: string): Promise<readonly unknown[]> =>
    room.run(`function solve(input) { ${body} }`, [1, 2], signal);

  test('runs in a sandbox that hides the network and the home', async () => {
    expect(room.kind).not.toBe('none');
    expect(await solve('return input * 2;')).toEqual([2, 4]);
    const files = await room.run(
      `import { writeFileSync, readdirSync } from 'node:fs';
      function solve(name) { try { writeFileSync(name + '/x', 'x'); return 'written'; } catch { return 'kept out'; } }`,
      ['/usr', '/etc'],
      signal,
    );
    expect(files).toEqual(['kept out', 'kept out']);
  });

  test.each([
    ['throws', 'throw new Error("no");'],
    ['ends the process', 'process.exit(0);'],
    ['says nothing', 'return undefined;'],
  ])('that %s has no result', async (_what, body) => {
    expect(await solve(body)).toEqual([undefined, undefined]);
  });

  test('that does not parse has no result', async () => {
    expect(await room.run('function solve( {', [1], signal)).toEqual([undefined]);
  });
});
