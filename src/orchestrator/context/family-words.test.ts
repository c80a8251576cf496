import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { messageText } from '../../domain/transcript.ts';
import { fine, openTestBed, type TestBed } from '../../testing/internal/test-bed.ts';
import { loadAgents } from '../model/load-agents.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const OWN = '---\nname: own\nkind: code\n---\nThe team’s own words.\n';
const OWN_OF_FAMILY = '---\nname: own-gpt\nkind: code\nfamilies: gpt, deepseek\n---\nFor these families alone.\n';

test.each<readonly [string, Readonly<Record<string, string>>, RegExp | undefined, RegExp]>([
  ['gpt-6-luna', {}, /Go on until the goal holds/u, /could break/u],
  ['claude-haiku-4-5', {}, undefined, /Go on until the goal holds|could break/u],
  ['gpt-6-luna', { 'code.md': OWN }, /The team’s own words\./u, /Go on until the goal holds/u],
  ['gpt-6-luna', { 'code.gpt.md': OWN_OF_FAMILY }, /For these families alone\./u, /Go on until the goal holds/u],
  ['claude-haiku-4-5', { 'code.gpt.md': OWN_OF_FAMILY }, /You change code\./u, /For these families alone\./u],
])('%s with %j gets what is for its family', async (model, own, added, absent) => {
  const said: string[] = [];
  testBed = await openTestBed({
    pool: [model],
    files: Object.fromEntries(Object.entries(own).map(([name, text]) => [`.pointsman/agents/${name}`, text])),
    words: (asked) => {
      if (asked.kind === 'code')
        said.push([asked.request.system, ...asked.request.messages.map(messageText)].join('\n'));
      return fine(asked);
    },
  });
  const { pointsman, workspace } = testBed;
  const report = await pointsman.runJob({ task: 'Do it.', workspace, approve: 'all' });
  expect([report.status, report.failure]).toEqual(['done', undefined]);
  if (added !== undefined) expect(said[0]).toMatch(added);
  expect(said[0]).not.toMatch(absent);
});

test('words of a family belong to the agent of their kind, and an own agent of that kind goes without those that are shipped', async () => {
  const shipped = path.resolve(import.meta.dirname, '../../../agents');
  const ofCode = (await loadAgents(shipped, [])).get('code');
  expect([...(ofCode?.familyWords?.keys() ?? [])].toSorted()).toEqual(['gemini', 'gpt']);
  expect((await loadAgents(shipped, [{ file: 'code.md', text: OWN }])).get('code')?.familyWords).toBeUndefined();
  const lost = { file: 'x.md', text: OWN_OF_FAMILY.replace('kind: code', 'kind: explore') };
  await expect(loadAgents(shipped, [lost])).rejects.toMatchObject({ code: 'agent-invalid' });
});
