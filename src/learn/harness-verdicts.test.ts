import { describe, expect, test } from 'vitest';
import { asId, type CallId } from '../domain/ids.ts';
import type { CallTrace, ThreadTrace, ToolCallTrace, UserMessageTrace } from '../sessions/session-trace.ts';
import { harnessVerdicts } from './harness-verdicts.ts';

type Tool = 'edit' | 'read' | 'red' | 'green' | 'unread';

function tool(what: Tool): ToolCallTrace {
  const isTest = what === 'red' || what === 'green' || what === 'unread';
  return {
    toolCallId: what,
    toolName: isTest ? 'Bash' : 'Edit',
    action: isTest ? 'test' : what,
    inputHash: 0,
    fileHash: undefined,
    isError: undefined,
    resultCharCount: 0,
    tests: what === 'red' || what === 'green' ? what : undefined,
  };
}

function call(index: number, tools: readonly Tool[]): CallTrace {
  return {
    callId: asId<CallId>(`msg_${index}`),
    requestId: `req_${index}`,
    at: index,
    endedAt: index,
    ttftMs: undefined,
    requestedModel: 'm',
    servedModel: undefined,
    provider: undefined,
    effort: undefined,
    usage: undefined,
    loggedCostNanoUsd: undefined,
    trigger: 'tool-result',
    prefix: { relation: 'appended', basis: 'sizes', appendedBlockCount: 1, appendedCharCount: 1 },
    toolCalls: tools.map(tool),
    textCharCount: 0,
    finish: 'tool-calls',
  };
}

function says(beforeCallIndex: number, correction?: UserMessageTrace['correction']): UserMessageTrace {
  return { at: undefined, charCount: 1, beforeCallIndex, correction };
}

function thread(calls: readonly (readonly Tool[])[], userMessages: readonly UserMessageTrace[]): ThreadTrace {
  return {
    threadId: 't',
    parentThreadId: undefined,
    spawnedByToolCallId: undefined,
    agentType: undefined,
    calls: calls.map((tools, index) => call(index, tools)),
    steps: [],
    userMessages,
  };
}

describe('what a harness’s log says came of changes', () => {
  test.each<[string, readonly (readonly Tool[])[], readonly UserMessageTrace[], readonly string[]]>([
    ['tests that ran green after a change speak for it', [['edit'], ['green']], [says(0)], ['req_0 good_fit']],
    ['the last change before the run is judged', [['edit'], ['edit'], ['green']], [says(0)], ['req_1 good_fit']],
    ['a green run without a change says nothing', [['read'], ['green']], [says(0)], []],
    ['a change of an earlier turn is not judged', [['edit'], ['green']], [says(0), says(1)], []],
    ['red in the middle is how work is done', [['edit'], ['red'], ['edit'], ['green']], [says(0)], ['req_2 good_fit']],
    ['red at the end of a turn speaks against it', [['edit'], ['red']], [says(0)], ['req_0 failed']],
    ['a run that cannot be read says nothing', [['edit'], ['unread']], [says(0)], []],
    ['red first, then another change that was not run', [['edit'], ['red'], ['edit']], [says(0)], ['req_0 failed']],
    ['a person refused it', [['edit']], [says(0), says(1, 'rejected-tool')], ['req_0 failed']],
    ['a person took it back', [['edit'], ['green']], [says(0), says(2, 'reverts')], ['req_0 failed']],
    ['an interrupt alone says nothing', [['edit']], [says(0), says(1, 'interrupted')], []],
    ['words about a turn without a change say nothing', [['read']], [says(0), says(1, 'says-wrong')], []],
    [
      'two turns, two verdicts',
      [['edit'], ['green'], ['edit'], ['red']],
      [says(0), says(2)],
      ['req_0 good_fit', 'req_2 failed'],
    ],
    ['no call at all', [], [says(0)], []],
  ])('%s', (_name, calls, messages, expected) => {
    const verdicts = harnessVerdicts({ threads: [thread(calls, messages)] });
    expect(verdicts.map(({ callIds, verdict }) => `${callIds[0]} ${verdict}`)).toEqual(expected);
  });
});
