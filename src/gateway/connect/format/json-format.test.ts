import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../domain/json.ts';
import { withoutChange, withSettings, type ConfigSetting } from './config-format.ts';
import { envFormat } from './env-format.ts';
import { jsoncFormat, jsonFormat } from './json-format.ts';
import { yamlFormat } from './yaml-format.ts';

const OURS: readonly ConfigSetting[] = [
  { path: ['env', 'URL'], value: 'http://g' },
  { path: ['env', 'TOKEN'], value: 't' },
  { path: ['provider', 'ours'], value: { npm: 'x', models: { auto: {} } } },
  { path: ['models'], entry: { name: 'ours', key: 'k' }, by: 'name', at: 'last' },
];

/** Texts of a harness's users: with and without what is set, in any indentation. */
const texts = fc
  .record({
    value: fc.record(
      {
        env: fc.constantFrom({}, { KEEP: '1' }, { URL: 'http://old', KEEP: '1' }),
        provider: fc.constantFrom({ other: {} }, { ours: { npm: 'old', mine: true } }, null, 'none'),
        models: fc.constantFrom([], [{ name: 'mine' }], [{ name: 'mine' }, { name: 'ours', key: 'old' }]),
        permissions: fc.constantFrom({ allow: ['Bash(ls)'] }),
      },
      { requiredKeys: [] },
    ),
    indent: fc.constantFrom(0, 2, 4, '\t'),
    newline: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ value, indent, newline }) => `${JSON.stringify(value, undefined, indent)}\n`.replaceAll('\n', newline));

test('JSON: what is set holds, the rest stays, and taken back after somebody wrote beside it all is as it was, and theirs', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const after = withSettings(jsonFormat, text, OURS);
      expect(withSettings(jsonFormat, after, OURS)).toBe(after);
      const before = jsonFormat.read(text);
      expect(jsonFormat.read(after)['permissions']).toEqual(before['permissions']);
      const theirs = withSettings(jsonFormat, after, [{ path: ['env', 'THEIRS'], value: 1 }]);
      const back = jsonFormat.read(withoutChange(jsonFormat, theirs, { before: text, after }));
      const { env, ...rest } = back;
      const { env: oldEnv, ...oldRest } = before;
      expect(env).toEqual({ ...(oldEnv as JsonObject | undefined), THEIRS: 1 });
      expect(rest).toEqual(oldRest);
    }),
  );
});

test('a new file is written as a person would, and what is added stands on lines of its own', () => {
  const text = withSettings(jsonFormat, '', OURS.slice(0, 2));
  expect(text).toBe('{\n  "env": {\n    "URL": "http://g",\n    "TOKEN": "t"\n  }\n}\n');
  const added = withSettings(jsonFormat, '{\n    "a": [1,  2]\n}\n', OURS.slice(0, 1));
  expect(added).toBe('{\n    "a": [1,  2],\n    "env": {\n        "URL": "http://g"\n    }\n}\n');
});

test('comments stay where the harness reads them', () => {
  const text = '{\n  // mine\n  "env": { "KEEP": "1", /* here */ },\n}\n';
  const after = withSettings(jsoncFormat, text, OURS);
  for (const comment of ['// mine', '/* here */']) expect(after).toContain(comment);
  expect(() => withSettings(jsonFormat, text, OURS)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  expect(() => withSettings(jsoncFormat, '[1]', OURS)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
});

test('YAML: an entry stands before or in place of the others, which keep their comments', () => {
  const yaml = yamlFormat('schema: v1\n');
  const setting: ConfigSetting = {
    path: ['models'],
    entry: { name: 'ours', roles: ['chat'] },
    by: 'name',
    at: 'first',
  };
  const ours = '- name: ours\n    roles:\n      - chat\n';
  const head = '# mine\nmodels: # all\n';
  const rest = '  # the big one\n  - name: gpt # big\n    model: g\n\nrules: []\n';
  const after = withSettings(yaml, head + rest, [setting]);
  expect(after).toBe(`${head}  # the big one\n  ${ours}  - name: gpt # big\n    model: g\n\nrules: []\n`);
  expect(withSettings(yaml, after, [setting])).toBe(after);
  const other = withSettings(yaml, after, [{ ...setting, entry: { name: 'ours' } }]);
  expect(other).toBe(`${head}  # the big one\n  - name: ours\n  - name: gpt # big\n    model: g\n\nrules: []\n`);
  expect(withoutChange(yaml, `${after}more: 1\n`, { before: head + rest, after })).toBe(`${head}${rest}more: 1\n`);
  expect(yaml.read(withSettings(yaml, '', [setting]))).toEqual({
    schema: 'v1',
    models: [{ name: 'ours', roles: ['chat'] }],
  });
  for (const text of ['models: [{name: a}]\n', 'models: {}\n', '- a\n', 'a: [\n'])
    expect(() => withSettings(yaml, text, [setting]), text).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    );
});

test('YAML taken back after somebody wrote there: theirs stays, a list that was not there goes', () => {
  const empty = 'name: Local Config\nschema: v1\n';
  const yaml = yamlFormat(empty);
  const setting: ConfigSetting = { path: ['models'], entry: { name: 'ours' }, by: 'name', at: 'first' };
  const list = 'models:\n  - name: gpt # big\n';
  const rows: readonly (readonly [before: string, now: (after: string) => string, back: string])[] = [
    // A file that we began.
    ['', (after) => `${after}more: 1\n`, `${empty}more: 1\n`],
    // One without such a list.
    ['a: [1]\n', (after) => `# top\n${after}# end\nmore: 1\n`, '# top\na: [1]\n# end\nmore: 1\n'],
    ['a: [1]\n', (after) => `${after}  - name: theirs\n`, 'a: [1]\nmodels:\n  - name: theirs\n'],
    // Ours was taken out by hand, and another put there.
    [
      `a: [1]\n${list}b: 1\n`,
      () => `a: [1]\n${list.replace('gpt', 'other')}b: 1\n`,
      `a: [1]\n${list.replace('gpt', 'other')}b: 1\n`,
    ],
    // Ours took the place of an entry of the same name.
    [
      `models:\n  - name: ours\n    old: 1\n  - name: gpt\n`,
      (after) => `${after}  - name: theirs\n`,
      `models:\n  - name: ours\n    old: 1\n  - name: gpt\n  - name: theirs\n`,
    ],
  ];
  for (const [before, now, back] of rows) {
    const after = withSettings(yaml, before, [setting]);
    expect(withoutChange(yaml, now(after), { before, after })).toBe(back);
  }
});

test('what cannot be taken back without changing more is not given out', () => {
  const before = '{ "env": { "A": 1 } }';
  const after = withSettings(jsonFormat, before, [{ path: ['env', 'URL'], value: 'x' }]);
  // Of two keys of one name readers take the last one, and editors find the first.
  const now = `{ "env": { "URL": "x", "B": 1 }, "env": { "A": 1, "URL": "x" } }`;
  expect(() => withoutChange(jsonFormat, now, { before, after })).toThrow(
    expect.objectContaining({ code: 'config-invalid' }),
  );
});

test('variables: each stands once, comments and the others stay', () => {
  const text = '# mine\nexport URL=old\nKEEP=1 # why\nURL="older"\n';
  const after = withSettings(envFormat, text, [
    { path: ['URL'], value: 'http://g' },
    { path: ['KEY'], value: 'k' },
  ]);
  expect(after).toBe('# mine\nURL="http://g"\nKEEP=1 # why\nURL="http://g"\nKEY="k"\n');
  expect(withoutChange(envFormat, `${after}MORE=1\n`, { before: text, after })).toContain('KEEP=1 # why');
  expect(envFormat.read(withoutChange(envFormat, `${after}MORE=1\n`, { before: text, after }))).toMatchObject({
    URL: 'older',
    MORE: '1',
  });
});

test('variables of a file with other line ends are found, and come back without the comment behind them', () => {
  const before = 'URL=old # mine\r\nOTHER="a b" # why\r\nKEEP=1';
  const after = withSettings(envFormat, before, [
    { path: ['URL'], value: 'http://g' },
    { path: ['OTHER'], value: 'x' },
    { path: ['KEY'], value: 'k' },
  ]);
  expect(after).toBe('URL="http://g"\r\nOTHER="x"\r\nKEEP=1\r\nKEY="k"\r\n');
  const back = withoutChange(envFormat, `${after}MORE=1\r\n`, { before, after });
  expect(back).toBe('URL="old"\r\nOTHER="a b"\r\nKEEP=1\r\nMORE=1\r\n');
});
