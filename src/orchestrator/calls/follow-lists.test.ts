import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ToolSpec } from '../../domain/transcript.ts';
import { aModel } from '../../testing/model-builders.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { EMPTY_LEDGER } from '../../warmth/ledger.ts';
import type { JobRun } from '../model/job-run.ts';
import type { AgentTask } from './attempt-task.ts';
import { openTranscript } from './attempt-transcript.ts';
import { followTools } from './follow-tools.ts';

/** What a server offers: its tools by number, each in one of two forms. */
type Lists = readonly { readonly server: 'a' | 'b'; readonly at: number; readonly form: number }[];

const list: fc.Arbitrary<Lists> = fc.uniqueArray(
  fc.record({
    server: fc.constantFrom('a' as const, 'b' as const),
    at: fc.nat({ max: 3 }),
    form: fc.nat({ max: 1 }),
  }),
  { maxLength: 8, selector: ({ server, at }) => `${server}${at}` },
);
const act = fc.oneof(
  fc.record({ kind: fc.constant('list' as const), list }),
  fc.record({ kind: fc.constant('call' as const), server: fc.constantFrom('a', 'b') }),
  fc.record({ kind: fc.constant('rewritten' as const) }),
);

const OWN: RegisteredTool = {
  spec: { name: 'filesystem__read_text_file', description: '', inputSchema: {} },
  server: 'filesystem',
  serverTool: 'read_text_file',
  risk: 'read-only',
  own: 'files',
};

function toTools(lists: Lists): readonly RegisteredTool[] {
  const theirs = lists.map(({ server, at, form }): RegisteredTool => {
    const spec: ToolSpec = { name: `${server}__t${at}`, description: `form ${form}`, inputSchema: {} };
    return { spec, server, serverTool: `t${at}`, risk: 'read-only' };
  });
  return [OWN, ...theirs];
}

test('however servers change their lists, a step may use what its plan lets it, sees it as it is, and sends its prompt anew a few times at most', () => {
  fc.assert(
    fc.property(
      list,
      fc.array(act, { maxLength: 30 }),
      fc.boolean(),
      fc.constantFrom('a', 'b'),
      (first, acts, all, needs) => {
        const requiredTools = [0, 1, 2, 3].map((at) => `${needs}__t${at}`);
        const registry = { tools: toTools(first) };
        const run = {
          tools: registry,
          agents: new Map([['code', { kind: 'code', tools: ['Read'], prompt: '' }]]),
          services: { clock: () => 0 },
          calls: { ledger: () => EMPTY_LEDGER },
          emit: () => undefined,
        } as unknown as JobRun;
        const mayUse = ({ spec, server }: RegisteredTool): boolean =>
          spec.name === OWN.spec.name || (server === needs && registry.tools.some((one) => one.server === needs));
        const usable = registry.tools.filter(mayUse);
        const offered = all ? registry.tools : usable;
        const opening = {
          thread: 'one/0',
          system: '',
          tools: offered.map(({ spec }) => spec),
          messages: [],
          sharedCount: 0,
        };
        const task = {
          step: { stepId: 'one', kind: 'code', title: 'one', requiredTools },
          model: aModel(),
          opening,
          allowedTools: new Set(usable.map(({ spec }) => spec.name)),
        } as unknown as AgentTask;
        const transcript = openTranscript(opening as unknown as AgentTask['opening']);
        const followed = followTools(run, task, transcript);
        let rewrites = 0;
        for (const one of acts) {
          if (one.kind === 'list') registry.tools = toTools(one.list);
          if (one.kind === 'call') {
            const part = { type: 'tool-call', toolCallId: '', toolName: `${one.server}__t0`, input: {} } as const;
            followed.called([part]);
          }
          const before = JSON.stringify(transcript.tools());
          followed.takeUp(one.kind === 'rewritten' ? 'rewritten' : 'warm');
          const now = transcript.tools();
          if (one.kind !== 'rewritten' && JSON.stringify(now) !== before) rewrites += 1;
          expect(new Set(now.map(({ name }) => name)).size).toBe(now.length);
          for (const name of followed.allowed())
            expect(name === OWN.spec.name || name.startsWith(`${needs}__`), name).toBe(true);
          if (one.kind !== 'rewritten') continue;
          // The prompt is another one anyway: what it may use stands there as it is, and what is gone does not.
          const shown = new Map(now.map((spec) => [spec.name, spec.description]));
          for (const { spec } of registry.tools.filter(mayUse)) expect(shown.get(spec.name)).toBe(spec.description);
          const there = new Set(registry.tools.map(({ spec }) => spec.name));
          expect(now.filter(({ name }) => !there.has(name))).toEqual([]);
        }
        expect(rewrites).toBeLessThanOrEqual(3);
      },
    ),
    { numRuns: 500 },
  );
});
