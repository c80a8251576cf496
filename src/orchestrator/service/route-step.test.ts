import { afterEach, expect, test } from 'vitest';
import { createPointsman } from '../../app/create-pointsman.ts';
import { asId, type DecisionId } from '../../domain/ids.ts';
import type { StepNeed } from '../../domain/need.ts';
import { decide } from '../../router/decide.ts';
import { fine, openTestBed, type TestBed } from '../../testing/internal/test-bed.ts';
import type { RouteStepRequest } from '../model/pointsman.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

function aNeed(changes: object): object {
  const source = 'declared';
  return {
    v: 1,
    kind: { ratios: [0, 1, 0, 0, 0, 0, 0], source },
    size: { ratios: [1, 0, 0, 0], source },
    difficulty: { ratios: [0, 0, 1, 0, 0], source },
    stakes: { ratios: [0, 1, 0], source },
    origin: 'person',
    grounds: ['words'],
    ...changes,
  };
}

async function open(): Promise<TestBed> {
  testBed = await openTestBed({ words: (asked) => fine(asked) });
  return testBed;
}

test('advice names a model, runs nothing, and can be explained and decided again from its record', async () => {
  const { pointsman, server } = await open();
  const advice = await pointsman.routeStep({ text: 'Review the parser.', kind: 'review', nextKinds: ['test'] });
  expect(['claude-opus-5-5', 'gpt-6-luna']).toContain(advice.model);
  expect(advice.why.length).toBeGreaterThan(10);
  expect(advice.alternatives.length).toBeGreaterThan(0);
  expect(advice.alternatives.every((row) => row.moreNanoUsd >= 0)).toBe(true);
  expect(server.calls).toHaveLength(0);

  const record = await pointsman.decision(advice.decisionId);
  expect(JSON.stringify(decide(record.input))).toBe(JSON.stringify(record.decision));
  const { text } = await pointsman.explainDecision(advice.decisionId, { whyNot: 'gpt-6-luna' });
  expect(text).toContain('The review step');
  expect(text).toContain('gpt-6-luna');
});

test('why an endpoint may take a step under a policy that demands something of it is told with who says so', async () => {
  const signed = '{ baaAvailable: true, trainsOnData: false, retentionDays: 30, soc2: true }';
  testBed = await openTestBed({
    words: (asked) => fine(asked),
    files: { 'pointsman.config.yaml': `endpoints: { anthropic: { compliance: ${signed} } }\n` },
  });
  const { pointsman } = testBed;
  const asked = { text: 'Sum up the visit of this patient.', kind: 'summarize' as const };
  const { decisionId, model } = await pointsman.routeStep({ ...asked, policy: 'health-data' });
  expect(model).toBe('claude-opus-5-5');
  const { text } = await pointsman.explainDecision(decisionId);
  expect(text).toContain(
    '· anthropic meets what "health-data" demands: no training on data, keeps data for 30 days, offers a business associate agreement, SOC 2; ' +
      'source: your configuration for trainsOnData, retentionDays, baaAvailable, soc2.',
  );
  const plain = await pointsman.routeStep(asked);
  expect((await pointsman.explainDecision(plain.decisionId)).text).not.toContain('meets what');
});

test.each<readonly [string, object]>([
  ['a session that is no text', { sessionId: 5 }],
  ['models that are no list', { models: 'claude-opus-5-5' }],
  ['no models', { models: [] }],
  ['no modes', { modes: [] }],
  ['a model that is no text', { currentModel: 5 }],
  ['a policy that is no text', { policy: 5 }],
  ['a dial that is no number', { dial: '5' }],
  ['a tool that is no text', { requiredTools: [5] }],
  ['tools that are no list', { requiredTools: 'Read' }],
  ['offered tools that are no list', { tools: 'Read' }],
  ['a need that does not add up', { need: aNeed({ difficulty: { ratios: [1, 1, 1, 1, 1], source: 'declared' } }) }],
  ['a need that nobody said', { need: aNeed({ difficulty: { ratios: [0, 0, 1, 0, 0] } }) }],
  ['a need of nobody', { need: aNeed({ origin: 'someone' }) }],
  ['a need on unknown grounds', { need: aNeed({ grounds: ['hearsay'] }) }],
])('%s is an error that names it, and leaves the records as they were', async (_what, wrong) => {
  const { pointsman } = await open();
  const asked = { text: 'Review the parser.', kind: 'review', ...wrong } as unknown as RouteStepRequest;
  await expect(pointsman.routeStep(asked)).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringContaining(`’s ${Object.keys(wrong)[0]}`) as string,
  });
  const { decisionId } = await pointsman.routeStep({ text: 'Review the parser.', kind: 'review' });
  expect((await pointsman.explainDecision(decisionId)).text).toContain('review step');
});

test('a question that is none is an error in our words', async () => {
  const { pointsman } = await open();
  for (const none of [null, undefined, 'x'])
    await expect(pointsman.routeStep(none as unknown as RouteStepRequest)).rejects.toMatchObject({
      code: 'request-invalid',
    });
});

test('what is declared beside a need counts before it', async () => {
  const { pointsman } = await open();
  const { decisionId } = await pointsman.routeStep({
    text: 'Go on.',
    need: aNeed({}) as unknown as StepNeed,
    difficulty: 5,
    stakes: 3,
  });
  expect((await pointsman.explainDecision(decisionId)).text).toMatch(/difficulty 5 of 5, a failure costs production/u);
});

test('a warm transcript makes staying cheaper than the same question cold', async () => {
  const { pointsman } = await open();
  const question = {
    text: 'Go on with the code.',
    kind: 'code' as const,
    currentModel: 'claude-opus-5-5',
    transcriptTokens: 80_000,
    modes: ['continue' as const],
  };
  const billOf = async (lastCallAt: number | undefined): Promise<number> => {
    const { decision } = await pointsman.routeStep({
      ...question,
      ...(lastCallAt === undefined ? {} : { lastCallAt }),
    });
    return decision.candidates.find((row) => row.model === 'claude-opus-5-5')?.billNanoUsd ?? Number.NaN;
  };
  const cold = await billOf(undefined);
  expect(await billOf(Date.now() - 10_000)).toBeLessThan(cold);
  expect(await billOf(Date.now() - 3_600_000)).toBe(cold);
});

test('without a key advice is about the whole catalogue, since nothing is called', async () => {
  const { workspace } = await open();
  const keyless = await createPointsman({ store: 'memory', env: {}, cwd: workspace });
  try {
    const advice = await keyless.routeStep({ text: 'Review the parser.', kind: 'review' });
    expect(keyless.catalog.get(advice.model ?? '')).toBeDefined();
    const { input } = await keyless.decision(advice.decisionId);
    expect(input.models).toHaveLength(keyless.catalog.models.length);
  } finally {
    await keyless.close();
  }
});

test('a kind that is not given is told from the words', async () => {
  const { pointsman } = await open();
  const advice = await pointsman.routeStep({ text: 'Summarize what we did today.' });
  expect((await pointsman.decision(advice.decisionId)).kind).toBe('summarize');
});

test('unknown models and decisions are errors with near names, never a near match', async () => {
  const { pointsman } = await open();
  await expect(pointsman.routeStep({ text: 'x', currentModel: 'claude-opus' })).rejects.toMatchObject({
    code: 'not-found',
  });
  await expect(pointsman.routeStep({ text: 'x', models: ['gpt-7'] })).rejects.toMatchObject({ code: 'not-found' });
  const none = asId<DecisionId>('none');
  await expect(pointsman.explainDecision(none)).rejects.toMatchObject({ code: 'not-found' });
  await expect(pointsman.recordOutcome({ decisionId: none, verdict: 'good_fit' })).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('an outcome is kept, and usage adds up by model and by kind', async () => {
  const { pointsman, workspace } = await open();
  const report = await pointsman.runJob({ task: 'Do it.', workspace });
  const [first] = report.steps;
  const decisionId = first?.decisionId ?? asId<DecisionId>('none');
  const outcome = await pointsman.recordOutcome({ decisionId, verdict: 'overprovisioned', reward: 0.5 });
  expect(outcome).toMatchObject({ decisionId, verdict: 'overprovisioned', reward: 0.5, principal: 'user' });

  const usage = await pointsman.usageReport({ jobId: report.jobId });
  expect(usage).toMatchObject({
    jobCount: 1,
    callCount: 3,
    spentNanoUsd: report.bill.spentNanoUsd,
    unknownBillCallCount: 0,
  });
  const sum = (rows: readonly { readonly billNanoUsd: number }[]): number =>
    rows.reduce((total, row) => total + row.billNanoUsd, 0);
  expect(sum(usage.byModel)).toBe(report.bill.spentNanoUsd);
  expect(sum(usage.byKind)).toBe(report.bill.spentNanoUsd);
  expect(usage.byKind.map((row) => row.key).sort()).toEqual(['code', 'plan', 'summarize']);
});

test('a required tool that exists nowhere is an error; without tools a model that calls none may take the step', async () => {
  const { workspace } = await open();
  const keyless = await createPointsman({ store: 'memory', env: {}, cwd: workspace });
  try {
    const asked = { text: 'Say it in Danish.', kind: 'other' as const };
    await expect(keyless.routeStep({ ...asked, requiredTools: ['teleport'] })).rejects.toMatchObject({
      code: 'request-invalid',
    });
    const toolless = keyless.catalog.models.filter(({ toolCalling }) => !toolCalling).map(({ id }) => id);
    const rejectedFor = async (requiredTools: readonly string[]): Promise<readonly string[]> => {
      const { decision } = await keyless.routeStep({ ...asked, requiredTools });
      return decision.rejected.filter(({ code }) => code === 'no-tools').map(({ model }) => model);
    };
    expect(toolless.length).toBeGreaterThan(0);
    expect(await rejectedFor([])).toEqual([]);
    expect(new Set(await rejectedFor(['Bash']))).toEqual(new Set(toolless));
  } finally {
    await keyless.close();
  }
});

test('a part that is not of its kind is an error that names it, never one from deep inside', async () => {
  const { pointsman } = await open();
  const parts = [
    { difficulty: 9 },
    { stakes: 0 },
    { size: 'huge' },
    { kind: 'cook' },
    { modes: ['teleport'] },
    { nextKinds: ['cook'] },
    { transcriptTokens: Number.NaN },
    { transcriptTokens: -5 },
    { lastCallAt: Number.NaN },
    { deadlineMs: 0 },
    { deadlineMs: Number.POSITIVE_INFINITY },
    { deadlineMs: 1e300 },
    { need: { v: 1 } },
  ];
  for (const wrong of parts) {
    const request = { text: 'Do it.', ...wrong } as unknown as Parameters<typeof pointsman.routeStep>[0];
    await expect(pointsman.routeStep(request)).rejects.toMatchObject({
      code: 'request-invalid',
      message: expect.stringContaining(Object.keys(wrong)[0] ?? ''),
    });
  }
  await expect(pointsman.routeStep({ text: 'Do it.', requiredTools: ['Read'], tools: [] })).rejects.toMatchObject({
    hint: expect.stringContaining('names none'),
  });
});

test('a step whose input is more than text goes to who reads it, and the others say why not', async () => {
  const { workspace } = await open();
  const keyless = await createPointsman({ store: 'memory', env: {}, cwd: workspace });
  try {
    const ask = { text: 'What is said in this recording?' } as const;
    const advice = await keyless.routeStep({ ...ask, inputModalities: ['audio', 'video'] });
    expect(keyless.catalog.get(advice.model ?? '')?.inputModalities).toEqual(
      expect.arrayContaining(['audio', 'video']),
    );
    expect(advice.decision.rejected).toContainEqual(
      expect.objectContaining({ code: 'no-modality', why: expect.stringContaining('audio') as string }),
    );
    const scanned = await keyless.routeStep({ text: 'Sum up the contract.', inputModalities: ['pdf'] });
    const explained = await keyless.explainDecision(scanned.decisionId);
    expect(explained.text).toContain('Its input holds pdf, which moves P(success) by how families read it');
    const without = keyless.catalog.models.filter((model) => !model.inputModalities.includes('audio'));
    const models = without.slice(0, 3).map(({ id }) => id);
    const refused = await keyless.routeStep({ ...ask, models, inputModalities: ['audio'] });
    expect([refused.decision.kind, refused.model]).toEqual(['refuse', undefined]);
    await expect(keyless.routeStep({ ...ask, inputModalities: ['smell' as 'audio'] })).rejects.toMatchObject({
      code: 'request-invalid',
    });
  } finally {
    await keyless.close();
  }
});

test('required tools count: those that write or cannot be taken back make a failure dearer, and a step without any pays for none', async () => {
  const { pointsman } = await open();
  const failureWith = async (requiredTools: readonly string[]): Promise<number> => {
    const { decision } = await pointsman.routeStep({
      text: 'Sort out the contacts that came in twice.',
      requiredTools,
    });
    const row = decision.candidates.find(({ model, mode }) => model === 'gpt-6-luna' && mode === 'continue');
    return row?.failureNanoUsd ?? Number.NaN;
  };
  const [none, read, write, final] = [
    await failureWith([]),
    await failureWith(['crm__find_contact']),
    await failureWith(['crm__update_contact']),
    await failureWith(['crm__delete_contact']),
  ];
  expect(read).toBe(none);
  expect(write).toBeGreaterThan(read);
  expect(final).toBeGreaterThan(write);
});

test('whose tools a step needs moves its candidates apart, where models of one vendor did better with a server than others', async () => {
  const { workspace } = await open();
  const keyless = await createPointsman({ store: 'memory', env: {}, cwd: workspace });
  try {
    const leadWith = async (requiredTools: readonly string[]): Promise<number> => {
      const models = ['grok-4.7', 'kimi-k3', 'gpt-6-sol'];
      const { decision } = await keyless.routeStep({ text: 'Bring the three lists together.', requiredTools, models });
      const of = (id: string): number =>
        decision.candidates.find(({ model }) => model === id)?.successRatio ?? Number.NaN;
      return of('grok-4.7') - of('gpt-6-sol');
    };
    const [notion, wiki, playwright] = [
      await leadWith(['mcp__notion__search']),
      await leadWith(['mcp__wiki__search']),
      await leadWith(['mcp__playwright__open_page']),
    ];
    expect(notion).toBeLessThan(wiki);
    expect(playwright).toBeGreaterThan(wiki);
  } finally {
    await keyless.close();
  }
});

test('where no key is set, advice is about the vendor of the model in use, and says what is missing', async () => {
  const pointsman = await createPointsman({ cwd: process.cwd(), env: {}, store: 'memory' });
  const asked = { text: 'Review the parser.', kind: 'review' } as const;
  const own = await pointsman.routeStep({ ...asked, currentModel: 'claude-opus-5-5', transcriptTokens: 9000 });
  expect([own.model, ...own.alternatives.map(({ model }) => model)].every((id) => id?.startsWith('claude-'))).toBe(
    true,
  );
  expect(own.missing).toContain('same vendor');
  expect((await pointsman.routeStep(asked)).missing).toContain('Name the models');
  expect((await pointsman.routeStep({ ...asked, models: ['claude-opus-5-5'] })).missing).toBeUndefined();
  await pointsman.close();
});
