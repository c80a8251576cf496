import { describe, expect, test } from 'vitest';
import type { Message } from '../../domain/transcript.ts';
import { stepEvidence } from './step-evidence.ts';
import type { StepEvidence } from './step-features.ts';

/** One round of a tool loop, or what a person says: `!` before the output marks a failure that the harness reports. */
type Round = readonly [tool: string, input: string, output: string] | string;

function transcript(rounds: readonly Round[]): readonly Message[] {
  return rounds.flatMap((round, index): readonly Message[] => {
    if (typeof round === 'string') return [{ role: 'user', content: [{ type: 'text', text: round }] }];
    const [toolName, input, output] = round;
    const toolCallId = `t${index}`;
    const key = toolName === 'Bash' ? 'command' : 'file_path';
    const isError = output.startsWith('!');
    const content = [{ type: 'text' as const, text: isError ? output.slice(1) : output }];
    return [
      { role: 'assistant', content: [{ type: 'tool-call', toolCallId, toolName, input: { [key]: input } }] },
      { role: 'user', content: [{ type: 'tool-result', toolCallId, toolName, content, isError }] },
    ];
  });
}

const times = (count: number, ...rounds: readonly Round[]): readonly Round[] =>
  Array.from({ length: count }, () => rounds).flat();
const RED: Round = ['Bash', 'npm test', '!3 failed, 9 passed (1.2s)'];
const GREEN: Round = ['Bash', 'npm test', '12 passed'];
const EDIT: Round = ['Edit', 'src/a.ts', 'ok'];

const evidence = (rounds: readonly Round[]): StepEvidence => stepEvidence(transcript(['fix the parser', ...rounds]));

describe('a repeated call', () => {
  test.each<readonly [string, readonly Round[], number]>([
    ['the same failing command, nothing changed in between', times(4, RED), 4],
    ['the same failure that only took another time', [RED, ['Bash', 'npm test', '!3 failed, 9 passed (1.7s)']], 2],
    ['edit, test, edit, test while it is still red', times(4, EDIT, RED), 0],
    ['edit, green test, edit, green test', times(5, EDIT, GREEN), 0],
    ['the same command that works', times(8, ['Bash', 'git status', 'nothing to commit']), 0],
    ['the same file read again', times(6, ['Read', 'src/a.ts', 'export const a = 1;']), 0],
    ['a command that fails otherwise each time', [1, 2, 3, 4].map((n) => ['Bash', 'make', `!error TS23${n}5: x`]), 0],
    ['an edit that fails again and again', times(4, ['Edit', 'src/a.ts', '!String to replace not found']), 4],
    ['a change by a shell command in between', times(4, ['Bash', "sed -i 's/a/b/' a.ts", ''], RED), 0],
    ['a package that was installed in between', [RED, RED, ['Bash', 'npm install zod', 'added 1'], RED], 0],
    ['polling that looks at a log', times(5, ['Bash', 'tail -5 build.log', 'still FAILED tests: 0']), 0],
    ['a look at something else in between', [RED, ['Read', 'src/a.ts', 'x'], RED, ['Bash', 'ls', 'a'], RED], 3],
  ])('%s', (_name, rounds, count) => {
    expect(evidence(rounds).repeatedCallCount).toBe(count);
  });
});

describe('windows', () => {
  test('end at a person’s turn', () => {
    const before = [...times(6, RED), ...times(9, EDIT)];
    expect(evidence([...before, 'now look at the docs', ['Read', 'docs/a.md', 'x']])).toMatchObject({
      recentErrorCount: 0,
      repeatedCallCount: 0,
      editsToSameFileCount: 0,
      testsState: 'unknown',
    });
  });

  test('do not end at what a harness says in a person’s place', () => {
    for (const words of ['Stop hook feedback: tests are red', '<system-reminder>todo list is empty</system-reminder>'])
      expect(evidence([...times(3, RED), words, RED]).repeatedCallCount).toBe(4);
  });

  test('end where tests fail in fewer places than they ever did: that is how work is done', () => {
    const red = (count: number): Round => ['Bash', 'npm test', `!${count} failed, 9 passed`];
    const better = [9, 8, 6, 5, 3, 1].flatMap((count) => [EDIT, red(count)]);
    expect(evidence(better)).toMatchObject({ recentErrorCount: 0, editsToSameFileCount: 0, testsState: 'red' });
    const toAndFro = [3, 2, 3, 2, 3, 2].flatMap((count) => [EDIT, red(count)]);
    expect(evidence(toAndFro).recentErrorCount).toBe(4);
    const parts = [9, 8, 6, 5, 3].flatMap((count): Round[] => [EDIT, ['Bash', `npm test p${count}`, red(count)[2]]]);
    expect(evidence(parts).recentErrorCount).toBe(5);
  });

  test('end where tests turned green', () => {
    const settled = evidence([...times(6, RED), ...times(9, EDIT), GREEN, EDIT]);
    expect(settled).toMatchObject({ recentErrorCount: 0, repeatedCallCount: 0, editsToSameFileCount: 0 });
    expect(settled.testsState).toBe('green');
  });
});

test.each<readonly [string, string, StepEvidence['testsState']]>([
  ['a list of Node’s, green', 'ℹ tests 2\nℹ pass 2\nℹ fail 0', 'green'],
  ['a list of Node’s, red', 'ℹ tests 2\nℹ pass 1\nℹ fail 1', 'red'],
  ['TAP, green', '# tests 1\n# pass 1\n# fail 0', 'green'],
  ['TAP, red', '# tests 1\n# pass 0\n# fail 1', 'red'],
])('tests say how they went: %s', (_name, output, state) => {
  expect(evidence([['Bash', 'node --test', output]]).testsState).toBe(state);
});

describe('an error', () => {
  test.each<readonly [string, Round, number]>([
    ['words of failure in a file that is read', ['Read', 'ci.log', 'FAILED: SyntaxError, exit code 1'], 0],
    ['words of failure that a search finds', ['Bash', 'grep -rn FAILED src', 'src/a.ts:3: FAILED'], 0],
    ['a search that finds nothing', ['Bash', 'grep -rn nope src', '!Exit code 1'], 0],
    ['a test run that fails', RED, 1],
    ['a build that fails', ['Bash', 'npx tsc', 'error TS2345: no'], 1],
    ['an edit of a file that speaks of failure', ['Edit', 'src/a.ts', 'updated: throw new Error("FAILED")'], 0],
  ])('%s', (_name, round, count) => {
    expect(evidence([round]).recentErrorCount).toBe(count);
  });
});

test('calls that were made at once fail once', () => {
  const ids = [1, 2, 3, 4, 5, 6];
  const calls = ids.map((id) => ({
    type: 'tool-call' as const,
    toolCallId: `p${id}`,
    toolName: 'Bash',
    input: { command: `npm view p${id}` },
  }));
  const results = ids.map((id) => ({
    type: 'tool-result' as const,
    toolCallId: `p${id}`,
    toolName: 'Bash',
    content: [{ type: 'text' as const, text: 'E404' }],
    isError: true,
  }));
  const messages: readonly Message[] = [
    ...transcript(['look them up']),
    { role: 'assistant', content: calls },
    ...results.map((result): Message => ({ role: 'user', content: [result] })),
  ];
  expect(stepEvidence(messages).recentErrorCount).toBe(1);
});

test.each([
  "The user doesn't want to proceed with this tool use. The tool use was rejected.",
  'Permission to use Bash has been denied.',
  '<tool_use_error>Cancelled: parallel tool call Bash(npm view) errored</tool_use_error>',
  'exec command rejected by user',
])('what nobody let run has not failed: %s', (said) => {
  const refused: Round = ['Bash', 'make', `!${said}`];
  expect(evidence(times(6, refused))).toMatchObject({ recentErrorCount: 0, repeatedCallCount: 0 });
});
