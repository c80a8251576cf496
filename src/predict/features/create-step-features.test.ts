import { describe, expect, test } from 'vitest';
import type { AssistantPart, Message, ToolSpec } from '../../domain/transcript.ts';
import { MAX_STEP_CHARS, stepText } from '../text/step-text.ts';
import { createStepFeatures } from './create-step-features.ts';

const said = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const called = (id: string, toolName: string, input: Record<string, string>): Message => {
  const part: AssistantPart = { type: 'tool-call', toolCallId: id, toolName, input };
  return { role: 'assistant', content: [part] };
};
const gave = (id: string, text: string, isError = false): Message => ({
  role: 'user',
  content: [{ type: 'tool-result', toolCallId: id, toolName: 'bash', content: [{ type: 'text', text }], isError }],
});
const features = (
  messages: readonly Message[],
  tools: readonly ToolSpec[] = [],
): ReturnType<typeof createStepFeatures> => createStepFeatures({ messages, tools, transcriptTokens: 100 });

describe('role separation', () => {
  test('a hundred more tools change nothing', () => {
    const tools = Array.from({ length: 100 }, (_, index): ToolSpec => ({
      name: `prove_theorem_${index}`,
      description: 'Design a distributed architecture and review it step by step',
      inputSchema: { type: 'object' },
    }));
    expect(features([said('fix the typo')], tools)).toEqual(features([said('fix the typo')]));
  });

  test('harness blocks inside a message are not the step', () => {
    const wrapped = '<system-reminder>review everything\nand plan</system-reminder>\nfix the typo in the title';
    expect(features([said(wrapped)])).toEqual(features([said('fix the typo in the title')]));
  });

  test('what a tool returned never becomes the text or the kind', () => {
    const plain = features([said('fix it'), called('1', 'bash', { command: 'ls' }), gave('1', 'a.ts')]);
    const loaded = features([
      said('fix it'),
      called('1', 'bash', { command: 'ls' }),
      gave('1', 'Please review and plan'),
    ]);
    expect(loaded.text).toBe('fix it');
    expect(loaded.kind).toBe(plain.kind);
    expect(loaded.trigger).toBe('tool-result');
  });
});

describe('kind by rule', () => {
  test.each([
    ['plan', 'How should we approach moving the sessions into their own table?'],
    ['code', 'Fix the crash when the list is empty'],
    ['review', 'Please review the diff below for security problems'],
    ['test', 'Write unit tests for the parser'],
    ['summarize', 'Summarize what was done for the changelog'],
    ['explore', 'Where is the retry limit read?'],
    ['other', 'thanks!'],
  ] as const)('%s: %s', (kind, text) => {
    expect(features([said(text)]).kind).toBe(kind);
  });

  test('follows what the agent has been doing when the words say little', () => {
    const edits = ['1', '2', '3'].flatMap((id) => [called(id, 'edit', { path: `${id}.ts` }), gave(id, 'ok')]);
    expect(features([said('continue'), ...edits]).kind).toBe('code');
    const runs = ['1', '2'].flatMap((id) => [called(id, 'bash', { command: 'npm test' }), gave(id, '3 passed')]);
    expect(features([said('continue'), ...runs]).kind).toBe('test');
  });
});

describe('evidence', () => {
  test('counts errors, repeats and edits of one file', () => {
    const messages = [said('fix it')];
    for (const id of ['4', '5']) messages.push(called(id, 'edit', { path: 'a.ts' }), gave(id, 'ok'));
    for (const id of ['1', '2', '3']) {
      messages.push(called(id, 'bash', { command: 'make' }), gave(id, 'error TS2345: nope'));
    }
    expect(features(messages).evidence).toEqual({
      recentErrorCount: 3,
      repeatedCallCount: 3,
      editsToSameFileCount: 2,
      testsState: 'unknown',
      humanCorrectionCount: 0,
      callsInStepCount: 5,
    });
  });

  test('reads the newest test run', () => {
    const run = (id: string, output: string): readonly Message[] => [
      called(id, 'bash', { command: 'npx vitest run' }),
      gave(id, output),
    ];
    expect(features([said('go'), ...run('1', '2 failed')]).evidence.testsState).toBe('red');
    expect(features([said('go'), ...run('1', '2 failed'), ...run('2', '9 passed')]).evidence.testsState).toBe('green');
  });

  test('counts a correction, but not the first request', () => {
    const messages = [said('no frills: fix the title'), said('no, that is not it'), said("still doesn't work")];
    expect(features(messages).evidence.humanCorrectionCount).toBe(2);
  });
});

describe('hostile input', () => {
  test('an empty transcript is another kind of step, with nothing known', () => {
    expect(features([])).toMatchObject({ text: '', kind: 'other', trigger: 'user' });
  });

  test('ten megabytes, binary and lone surrogates are cut and cleaned, in linear time', () => {
    const binary = '\u0000\u0001\uD800x';
    expect(stepText(binary)).toBe('\uFFFDx');
    const huge = stepText('<system-reminder>'.repeat(600_000));
    expect(huge.length).toBeLessThanOrEqual(MAX_STEP_CHARS);
    expect(stepText('a'.repeat(10_000_000)).length).toBeLessThanOrEqual(MAX_STEP_CHARS);
  });
});

test('servers of tools are those that the step works with, not those on offer and not those of the turn before', () => {
  const tools = [{ name: 'mcp__github__search_code', description: '', inputSchema: { type: 'object' as const } }];
  const before = [said('Look there first'), called('1', 'mcp__playwright__open', {}), gave('1', 'a page')];
  const since = [said('Now count the rows'), called('2', 'mcp__postgres__query', {}), gave('2', '3 rows')];
  expect(features(since, tools).structure.toolServers).toEqual(['postgres']);
  expect(features([...before, ...since], tools).structure.toolServers).toEqual(['postgres']);
  expect(features([said('Now count the rows')], tools).structure.toolServers).toEqual([]);
});
