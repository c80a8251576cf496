import { describe, expect, test } from 'vitest';
import { asId, type StepId } from '../../domain/ids.ts';
import { messageText, estimateTokens } from '../../domain/transcript.ts';
import { parseAgentFile } from '../model/agent-file.ts';
import { toArtifact } from '../model/artifact.ts';
import type { JobStep } from '../model/job-plan.ts';
import { openAttempt, taskMessage, type OpeningSource } from './opening.ts';

const id = (text: string): StepId => asId<StepId>(text);

function step(name: string, overrides: Partial<JobStep> = {}): JobStep {
  return {
    stepId: id(name),
    kind: 'review',
    title: `title of ${name}`,
    goal: `goal of ${name}`,
    inputs: [],
    requiredTools: [],
    size: 'medium',
    dependsOn: [],
    check: 'none',
    ...overrides,
  };
}

const agent = parseAgentFile('---\nname: r\nkind: review\n---\nAGENT WORDS\n', 'r.md');
const tool = (name: string): OpeningSource['jobTools'][number] => ({ name, description: name, inputSchema: {} });
const judge = step('judge', { inputs: ['make', 'src/a.js'], dependsOn: [id('make')] });
const diff = toArtifact('diff', id('make'), '-old\n+new', 0);

function source(overrides: Partial<OpeningSource> = {}): OpeningSource {
  return {
    mode: 'continue',
    task: 'Mend it, but leave the "legacy" folder alone!',
    workspace: '/w',
    step: judge,
    agent,
    attempt: 0,
    effort: undefined,
    position: 3,
    stepCount: 4,
    feedback: undefined,
    shared: [taskMessage('Mend it, but leave the "legacy" folder alone!', '')],
    missing: [],
    jobTools: [tool('a'), tool('b')],
    agentTools: [tool('a')],
    offersAllTools: false,
    briefTokens: 4000,
    surroundings: '',
    plan: [
      { step: step('make', { kind: 'code' }), state: 'done' },
      { step: judge, state: 'now' },
    ],
    decisions: [{ stepId: id('make'), text: 'Keep the old name.' }],
    openQuestions: ['Is ten a limit?'],
    inputs: [diff],
    others: [],
    ...overrides,
  };
}

const text = (from: Partial<OpeningSource>): string => openAttempt(source(from)).messages.map(messageText).join('\n');

describe('continue', () => {
  test('appends to the shared transcript, with the job’s tools and a system prompt that no step changes', () => {
    const one = openAttempt(source());
    const other = openAttempt(source({ step: step('x', { kind: 'code' }), agent: { ...agent, prompt: 'OTHER' } }));
    expect(one).toMatchObject({ mode: 'continue', thread: 'shared', sharedCount: 1 });
    expect(one.messages[0]).toEqual(source().shared[0]);
    expect([one.system, one.tools]).toEqual([other.system, other.tools]);
    expect(one.system).not.toContain('AGENT WORDS');
    expect(messageText(one.messages[1] ?? { role: 'user', content: [] })).toContain('AGENT WORDS');
  });
});

describe('handoff', () => {
  test('begins with what the shared transcript begins with, byte for byte, where that is warm; the agent speaks after it', () => {
    const shared = openAttempt(source());
    const opening = openAttempt(source({ mode: 'handoff', offersAllTools: true }));
    expect([opening.system, opening.tools]).toEqual([shared.system, shared.tools]);
    expect(text({ mode: 'handoff', offersAllTools: true })).toContain('AGENT WORDS');
    expect(opening.thread).toBe('judge/0');
  });

  test('starts from a brief: the user’s words verbatim, plan, decisions, questions, and what the step needs', () => {
    const opening = openAttempt(source({ mode: 'handoff' }));
    expect(opening).toMatchObject({ mode: 'handoff', thread: 'judge/0', sharedCount: 0, tools: [tool('a')] });
    expect(opening.system).toContain('AGENT WORDS');
    for (const piece of [
      'Mend it, but leave the "legacy" folder alone!',
      'make (code, done)',
      'judge (review, now)',
      'Keep the old name.',
      'Is ten a limit?',
      '+new',
    ]) {
      expect(text({ mode: 'handoff' })).toContain(piece);
    }
  });

  test('keeps to its budget: inputs become references before the user’s words are touched', () => {
    const big = toArtifact('diff', id('make'), `+${'x'.repeat(30_000)}`, 0);
    const words = text({ mode: 'handoff', inputs: [big], briefTokens: 600 });
    expect(words).toContain('Mend it, but leave the "legacy" folder alone!');
    expect(words).toContain('Too long for this brief.');
    expect(words).not.toContain('xxxx');
    expect(estimateTokens(words)).toBeLessThan(1600);
  });

  test('drops the oldest decisions first', () => {
    const decisions = Array.from({ length: 200 }, (_, index) => ({ stepId: id('make'), text: `Decision ${index}.` }));
    const words = text({ mode: 'handoff', decisions, briefTokens: 700 });
    expect(words).toContain('Decision 199.');
    expect(words).not.toContain('Decision 3.');
  });

  test('falls back to the whole history when not even the user’s words fit', () => {
    const task = 'word '.repeat(5000);
    const opening = openAttempt(source({ mode: 'handoff', task, briefTokens: 1000 }));
    expect(opening).toMatchObject({ mode: 'continue', thread: 'shared' });
    expect(opening.messages[0]).toEqual(source().shared[0]);
  });
});

describe('isolate', () => {
  test('holds the named artifacts and nothing of the conversation', () => {
    const words = text({ mode: 'isolate' });
    expect(words).toContain('+new');
    expect(words).toContain('- src/a.js');
    expect(words).not.toContain('legacy');
    expect(words).not.toContain('Keep the old name.');
  });

  test('falls back to a handoff when something that it needs is not there', () => {
    expect(openAttempt(source({ mode: 'isolate', missing: [id('make')] })).mode).toBe('handoff');
  });
});

test('every opening tells the goal, the form of the answer and why the last attempt was rejected', () => {
  for (const mode of ['continue', 'handoff', 'isolate'] as const) {
    const words = text({ mode, attempt: 1, feedback: 'Test 3 is red.' });
    expect(words).toContain('# Step 3 of 4: review, title of judge');
    expect(words).toContain('goal of judge');
    expect(words).toContain('"verdict"');
    expect(words).toContain('## Attempt 1 was rejected\n\nTest 3 is red.');
  }
});

test('an artifact that is too long keeps both ends and says how much is gone', () => {
  const artifact = toArtifact('test-report', id('make'), `begin${'-'.repeat(50_000)}end`, 2);
  expect(artifact.name).toBe('test-report/make/2');
  expect(artifact.text).toMatch(/^begin-+\n\[… \d+ characters left out …\]\n-+end$/u);
  expect(artifact.text.length).toBeLessThanOrEqual(8000);
});
