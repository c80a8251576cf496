import fc from 'fast-check';
import { parseTOML } from 'toml-eslint-parser';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../../domain/json.ts';
import { withoutChange, withSettings, type ConfigSetting } from './config-format.ts';
import { tomlFormat } from './toml-format.ts';

const OURS: readonly ConfigSetting[] = [
  { path: ['model'], value: 'auto' },
  { path: ['model_provider'], value: 'pointsman' },
  { path: ['limit'], value: 90_000 },
  { path: ['model_providers', 'pointsman', 'base_url'], value: 'http://127.0.0.1:4141/v1' },
  { path: ['model_providers', 'pointsman', 'name'], value: 'pointsman' },
];

/** Each may stand in a file beside every other one of another group. */
const ROOT_LINES: readonly (readonly string[])[] = [
  ['# a comment that says [model_providers.pointsman]'],
  [
    'model = "gpt"  # the big one',
    "model = 'gpt'",
    'model = """\n[not.a.table]\nmodel = "x"\n"""  # kept',
    '\'model\' = "gpt"',
  ],
  ['notify = ["bash", "-c", "model = 1"] # why', 'notify = [\n  "a", # one\n  "b",\n]'],
  ['limit = 5', 'limit = 0x10'],
  ["quoted = 'C:\\path # not a comment'", 'when = 2026-11-30T00:00:00Z'],
  [
    'model_providers = { other = { name = "other" } } # inline',
    'model_providers = {}',
    'model_providers.other.name = "other"',
    'model_providers.pointsman.name = "old" # dotted',
    'model_providers.pointsman = { base_url = "http://old", env_key = "X" }',
  ],
];
const TABLES: readonly (readonly string[])[] = [
  ['[mcp_servers.toy] # mine\ncommand = "toy"\nargs = [\n  "[model_providers.pointsman]",\n]\n# end of toy'],
  ['[[list]]\nname = "one"\n\n[[list]]\nname = "two"'],
  ['[model_providers.other]\nname = "other"', '[ "model_providers" . other ]\nname = "other"'],
  ['[model_providers.pointsman] # ours\n# above\nbase_url = "http://old" # old', '[model_providers.pointsman]'],
];

const some = (groups: readonly (readonly string[])[]): fc.Arbitrary<readonly string[]> =>
  fc
    .tuple(...groups.map((group) => fc.option(fc.constantFrom(...group), { nil: undefined })))
    .map((lines) => lines.filter((line) => line !== undefined));

const texts = fc
  .record({
    root: some(ROOT_LINES),
    tables: some(TABLES),
    newline: fc.constantFrom('\n', '\r\n'),
    end: fc.constantFrom('', '\n', '\n\n'),
  })
  .map(({ root, tables, newline, end }) =>
    ([...root, ...(tables.length > 0 ? ['', tables.join('\n\n')] : [])].join('\n') + end).replaceAll('\n', newline),
  )
  .filter(isValid);

function isValid(text: string): boolean {
  try {
    parseTOML(text);
    return true;
  } catch {
    return false;
  }
}

const commentsOf = (text: string): readonly string[] => parseTOML(text).comments.map(({ value }) => value);

test('what is set holds, every comment and every other value stays, and setting it again changes nothing', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const after = withSettings(tomlFormat, text, OURS);
      for (const setting of OURS) expect(at(after, setting.path)).toBe('value' in setting ? setting.value : undefined);
      expect(commentsOf(after)).toEqual(commentsOf(text));
      expect(withSettings(tomlFormat, after, OURS)).toBe(after);
      expect(/[^\r]\n/u.test(after) && text.includes('\r\n')).toBe(false);
    }),
  );
});

test('taken back after somebody wrote beside it, the values are what they were, and theirs', () => {
  fc.assert(
    fc.property(texts, fc.boolean(), (text, isAbove) => {
      const after = withSettings(tomlFormat, text, OURS);
      const theirs = withSettings(tomlFormat, isAbove ? `# theirs\n${after}` : after, [{ path: ['theirs'], value: 1 }]);
      const back = withoutChange(tomlFormat, theirs, { before: text, after });
      expect(tomlFormat.read(back)).toEqual({ ...tomlFormat.read(text), theirs: 1 });
      expect(commentsOf(back)).toEqual(expect.arrayContaining([...commentsOf(text)]));
    }),
  );
});

function at(text: string, path: readonly string[]): JsonValue | undefined {
  let node: unknown = tomlFormat.read(text);
  for (const key of path) node = (node as Record<string, unknown> | undefined)?.[key];
  return node as JsonValue | undefined;
}

test.each([
  ['model = "a"\nmodel = "b"\n', 'twice'],
  ['model = \n', 'without a value'],
  ['[[model_providers]]\nname = "x"\n', 'a list where a table is needed'],
  ['model_providers = "none"\n', 'text where a table is needed'],
])('%j is left alone: %s', (text) => {
  expect(() => withSettings(tomlFormat, text, OURS)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
});
