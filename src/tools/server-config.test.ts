import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseServerConfigs } from './server-config.ts';

const parse = (mcpServers: unknown, env: Record<string, string> = {}) =>
  parseServerConfigs(JSON.stringify({ mcpServers, other: 1 }), '.mcp.json', env);

test('both kinds of server are read, with variables filled in wherever text stands', () => {
  const { servers, broken } = parse(
    {
      a: {
        command: '${BIN}/a',
        args: ['--x', '${X:-${Y}'],
        env: { T: '${T}' },
        cwd: '${BIN}',
        timeout: 5,
        alwaysLoad: true,
      },
      b: { type: 'http', url: 'https://${HOST:-h}/mcp', headers: { Authorization: 'Bearer ${T}' } },
    },
    { BIN: '/bin', T: '${BIN}', X: '' },
  );
  expect(broken).toEqual([]);
  expect(servers).toEqual([
    {
      name: 'a',
      kind: 'stdio',
      command: '/bin/a',
      args: ['--x', '${Y'],
      env: { T: '${BIN}' },
      cwd: '/bin',
      callTimeoutMs: 5,
    },
    {
      name: 'b',
      kind: 'http',
      url: 'https://h/mcp',
      headers: { Authorization: 'Bearer ${BIN}' },
      callTimeoutMs: undefined,
    },
  ]);
});

test('a server that is wrong is named with a hint, and keeps no other from working', () => {
  const { servers, broken } = parse({
    good: { command: 'x' },
    missing: { command: 'x', env: { K: '${A_KEY}${B_KEY}' } },
    inherited: { command: '${toString}' },
    scheme: { url: 'file:///etc/passwd' },
    nothing: {},
    number: 7,
    none: null,
    empty: { command: '' },
  });
  expect(servers.map((server) => server.name)).toEqual(['good']);
  expect(broken.map((server) => server.name)).toEqual([
    'missing',
    'inherited',
    'scheme',
    'nothing',
    'number',
    'none',
    'empty',
  ]);
  expect(broken[0]?.why).toContain('A_KEY, B_KEY');
  expect(broken.every((server) => server.hint !== '')).toBe(true);
});

test('any text is read or refused with a code, never anything else', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify({ mcpServers: { x: value } })),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        parseServerConfigs(input, '.mcp.json', {});
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'config-invalid', hint: expect.any(String) });
      }
    }),
  );
  expect(() => parseServerConfigs(' '.repeat(2_000_000), '.mcp.json', {})).toThrow(/larger/u);
  expect(parseServerConfigs('\uFEFF{"mcpServers":{}}', '.mcp.json', {}).servers).toEqual([]);
});

test('a server that would be handed a subscription token is not started', () => {
  const { servers, broken } = parse(
    {
      header: { url: 'https://h/mcp', headers: { Authorization: 'Bearer ${OAUTH}' } },
      address: { url: 'https://h/mcp?t=sk-ant-oat01-x' },
      variable: { command: 'x', env: { K: '${OAUTH}' } },
      argument: { command: 'x', args: ['--token=${OAUTH}'] },
      good: { command: 'x', env: { K: '${KEY}' } },
    },
    { OAUTH: 'sk-ant-oat01-abc', KEY: 'sk-ant-api03-abc' },
  );
  expect(servers.map((server) => server.name)).toEqual(['good']);
  expect(broken.map((server) => server.name)).toEqual(['header', 'address', 'variable', 'argument']);
  expect(JSON.stringify(broken)).not.toContain('oat01');
});
