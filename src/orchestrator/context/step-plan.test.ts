import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toToolName } from '../../tools/tool-name.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import type { PlannedStepResult } from '../model/contracts.ts';
import { readPlan } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { loadAgents } from '../model/load-agents.ts';
import { stepTools } from './step-plan.ts';

const SHIPPED = path.join(import.meta.dirname, '../../../agents');

function tool(server: string, serverTool: string, own?: NonNullable<RegisteredTool['own']>): RegisteredTool {
  const spec = { name: toToolName(server, serverTool), description: '', inputSchema: {} };
  return { spec, server, serverTool, risk: 'write', ...(own === undefined ? {} : { own }) };
}

const OURS = [
  tool('filesystem', 'read_text_file', 'files'),
  tool('filesystem', 'write_file', 'files'),
  tool('commands', 'run', 'commands'),
];

const name = fc
  .stringMatching(/^[a-z][a-z0-9-]{1,8}(?:_[a-z0-9]{1,8}){0,2}$/u)
  .filter((one) => !/^(?:mcp|run|look)$/u.test(one));
const odd = fc.stringMatching(/^[a-zé .@]{2,12}$/u);
const theirs = fc.uniqueArray(fc.tuple(fc.oneof(name, name, odd), fc.oneof(name, name, odd)), {
  minLength: 1,
  maxLength: 6,
  selector: ([server, one]) => `${server}\0${one}`.toLowerCase(),
});
/** As planners write them, who have seen other harnesses. */
const SPELLINGS: readonly ((one: RegisteredTool) => string)[] = [
  ({ spec }) => spec.name,
  ({ spec }) => `mcp__${spec.name}`,
  ({ spec }) => spec.name.replace('__', '.'),
  ({ spec }) => spec.name.replace('__', ':'),
  ({ spec }) => spec.name.replace('__', '/'),
  ({ spec }) => spec.name.toUpperCase(),
];

function planned(kind: PlannedStepResult['kind'], requiredTools: readonly string[]): PlannedStepResult {
  const row = {
    id: 'one',
    kind,
    title: 'one',
    goal: 'Do it.',
    inputs: [],
    dependsOn: [],
    size: 'small',
    check: 'none',
  };
  return { ...row, requiredTools } as PlannedStepResult;
}

test('what a plan requires of the servers of the workspace every shipped agent may use, however it is spelled, and no more', async () => {
  const agents = await loadAgents(SHIPPED, []);
  const kinds = new Set(agents.keys());
  const able = [...kinds].filter((kind) => kind !== 'plan' && kind !== 'summarize');
  expect(able.length).toBeGreaterThan(2);
  fc.assert(
    fc.property(theirs, fc.constantFrom(...able), fc.nat(), fc.nat(), (servers, kind, at, spelling) => {
      const tools = [...OURS, ...servers.map(([server, one]) => tool(server, one))];
      const run = { agents, tools: { tools } } as unknown as Pick<JobRun, 'agents' | 'tools'>;
      const wanted = tools[OURS.length + (at % servers.length)] ?? tools[0];
      if (wanted === undefined) return;
      const said = SPELLINGS[spelling % SPELLINGS.length]?.(wanted) ?? '';
      const known = { kinds, tools: tools.map(({ spec }) => spec.name) };
      const offered = (required: readonly string[]): readonly RegisteredTool[] => {
        const plan = readPlan([planned(kind, required)], known);
        expect(plan).toMatchObject({ kind: 'kept' });
        return plan.kind === 'kept' ? plan.steps.flatMap((step) => stepTools(run, step)) : [];
      };
      const without = offered([]);
      const more = offered([said]).filter((one) => !without.includes(one));
      expect(more).toEqual(without.includes(wanted) ? [] : [wanted]);
      // Our own are the agent's file to say, whatever a plan says.
      expect(offered(OURS.map(({ spec }) => spec.name))).toEqual(without);
    }),
    { numRuns: 300 },
  );
});

test('a tool without its server is the one that there is, and a question where two have it', () => {
  const known = { kinds: new Set(['code'] as const), tools: ['a__find', 'b__find', 'b__add'] };
  expect(readPlan([planned('code', ['add'])], known)).toMatchObject({
    kind: 'kept',
    steps: [{ requiredTools: ['b__add'] }],
  });
  expect(readPlan([planned('code', ['find'])], known)).toMatchObject({ kind: 'broken' });
});
