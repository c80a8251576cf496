import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { JsonObject } from '../domain/json.ts';
import { estimateTokens, messageText } from '../domain/transcript.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { fine, json, openTestBed, type AskedStep, type TestBed, type Words } from '../testing/internal/test-bed.ts';

vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const MODELS = ['claude-haiku-4-5', 'claude-opus-5-5', 'gpt-6-luna'] as const;
const MARK = '<the rest>';

interface Write {
  readonly name: string;
  readonly input: JsonObject;
}

const lastWords = ({ request }: AskedStep): string =>
  messageText(request.messages.at(-1) ?? { role: 'user', content: [] });

/** As a vendor does it: what goes past the limit is not said, and a tool call that is not whole is none. */
function asVendor({ request }: AskedStep, answer: ScriptedAnswer): ScriptedAnswer {
  const limit = request.maxOutputTokens ?? 0;
  const text = answer.text ?? '';
  const said = text + (answer.toolCalls ?? []).map((call) => JSON.stringify(call.input)).join('');
  if (estimateTokens(said) <= limit) return answer;
  return { text: text.slice(0, 200), finish: 'length', outputTokens: limit };
}

/** A text of about so many tokens. */
function textOf(tokens: number, at: number): string {
  const line = `line of file ${at}\n`;
  return line.repeat(Math.max(1, Math.round((tokens * 100) / estimateTokens(line.repeat(100)))));
}

/** Writes that say a text in parts, each well inside what can be said at once. */
function inParts(place: string, content: string, most: number): readonly Write[] {
  const size = Math.floor((content.length * 0.4 * most) / estimateTokens(content));
  const parts = Array.from({ length: Math.ceil(content.length / size) }, (_, at) =>
    content.slice(at * size, (at + 1) * size),
  );
  return parts.map((part, at) => {
    const text = at === parts.length - 1 ? part : part + MARK;
    return at === 0
      ? { name: 'filesystem__write_file', input: { path: place, content: text } }
      : { name: 'filesystem__edit_file', input: { path: place, edits: [{ oldText: MARK, newText: text }] } };
  });
}

/** Writes one file after the other, each whole at first; what can never be said whole it says in parts once it is told to. */
function writer(files: readonly string[], most: number, says: string): Words {
  let at = -1;
  let left: Write[] = [];
  return (asked) => {
    if (asked.kind !== 'code') return fine(asked);
    if (lastWords(asked).includes('The work so far leaves this conversation')) return { text: 'Files are written.' };
    const place = (): string => path.join(testBed?.workspace ?? '', `f${at}.txt`);
    const content = (): string => files[at] ?? '';
    if (/was cut at its output limit/u.test(lastWords(asked))) {
      if (estimateTokens(content()) > 0.9 * most) left = [...inParts(place(), content(), most)];
    } else left.shift();
    if (left.length === 0) {
      at += 1;
      left = [{ name: 'filesystem__write_file', input: { path: place(), content: content() } }];
    }
    return at === files.length
      ? json({ summary: 'Done.' })
      : asVendor(asked, { text: says, toolCalls: left.slice(0, 1) });
  };
}

test('files of any length are written, whole or in parts, however many answers are cut on the way', async () => {
  const share = fc.oneof(
    fc.double({ min: 0.01, max: 0.9, noNaN: true }),
    fc.constantFrom(0.126, 0.251, 0.501, 0.9, 1.3),
  );
  const drawn = fc.record({
    shares: fc.array(share, { minLength: 1, maxLength: 2 }),
    model: fc.constantFrom(...MODELS),
    says: fc.constantFrom('', 'Now the file.'),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ shares, model, says }) => {
      const most = loadCatalog().get(model)?.maxOutputTokens ?? 0;
      const files = shares.map((one, at) => textOf(one * most, at));
      testBed = await openTestBed({ pool: [model], tools: true, words: writer(files, most, says) });
      const { pointsman, workspace } = testBed;
      const report = await pointsman.runJob({ task: 'Write them.', workspace, approve: 'all' });
      expect(report.steps.filter((step) => step.kind === 'code').map((step) => step.status)).toEqual(['accepted']);
      for (const [at, content] of files.entries())
        expect(readFileSync(path.join(workspace, `f${at}.txt`), 'utf8') === content, `file ${at}`).toBe(true);
      await testBed.close();
      testBed = undefined;
    }),
    { numRuns: 2, endOnFailure: true },
  );
});

test('one that is cut for ever ends, after as long an answer as its model can give was cut twice', async () => {
  testBed = await openTestBed({
    pool: ['gpt-6-luna'],
    words: (asked) => (asked.kind === 'code' ? asVendor(asked, { text: 'word '.repeat(150_000) }) : fine(asked)),
  });
  const report = await testBed.pointsman.runJob({ task: 'Write.', workspace: testBed.workspace });
  expect(report.status).toBe('failed');
  const limits = testBed.server.calls.map(({ request }) => request.maxOutputTokens ?? 0);
  expect(limits.filter((limit) => limit === 128_000)).toHaveLength(2);
  expect(limits.filter((limit) => limit > 16_000)).toEqual([32_000, 64_000, 128_000, 128_000]);
});
