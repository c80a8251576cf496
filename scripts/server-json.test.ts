import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { KNOWN_ENDPOINTS, ownVariable } from '../src/config/known-endpoints.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const jsonOf = (name: string): unknown => JSON.parse(readFileSync(path.join(ROOT, name), 'utf8'));

/** No template is left in it, and no host that is nobody's. */
const address = z.url({ protocol: /^https$/u, hostname: z.regexes.domain });
const exactVersion = z
  .string()
  .max(255)
  .regex(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u);
const named = { description: z.string(), isRequired: z.boolean(), isSecret: z.boolean() };

/**
 * What the registry of MCP servers takes of a server that is an npm package started over standard input and output: the part that we
 * use of its schema of 2025-12-11 (static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json, the newest that its changelog
 * dates, read 2026-11-30; what is drafted since asks nothing more of us) and of its rules for npm, in our own words, and closed, as a misspelled field would be dropped there without a word.
 */
const serverSchema = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/u),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: exactVersion,
  websiteUrl: address,
  repository: z.strictObject({ url: address, source: z.literal('github') }),
  packages: z
    .array(
      z.strictObject({
        registryType: z.literal('npm'),
        registryBaseUrl: z.literal('https://registry.npmjs.org'),
        identifier: z.string().min(1),
        version: exactVersion,
        runtimeHint: z.literal('npx'),
        transport: z.strictObject({ type: z.literal('stdio') }),
        packageArguments: z.array(z.strictObject({ type: z.literal('positional'), value: z.string().min(1) })),
        environmentVariables: z.array(z.strictObject({ name: z.string().regex(/^[A-Z_]+$/u), ...named })),
      }),
    )
    .length(1),
});

type Server = z.infer<typeof serverSchema>;

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  mcpName: z.string(),
  repository: z.object({ url: z.string() }),
});

test('server.json is one that the registry takes, and says of the package what the package says of itself', () => {
  const server = serverSchema.parse(jsonOf('server.json'));
  const manifest = manifestSchema.parse(jsonOf('package.json'));
  const [npm] = server.packages;
  expect(server.name).toBe(manifest.mcpName);
  expect([server.version, npm?.version, npm?.identifier]).toEqual([manifest.version, manifest.version, manifest.name]);
  expect(`git+${server.repository.url}.git`).toBe(manifest.repository.url);
  // Its owner proves the name: it is that of the repository.
  expect(server.name).toBe(`io.github.${new URL(server.repository.url).pathname.slice(1)}`);
});

test('it names only variables that are read', () => {
  const keys = Object.keys(KNOWN_ENDPOINTS).map((endpoint) => ownVariable(endpoint, 'API_KEY'));
  const known = new Set(['POINTSMAN_STORE', ...keys]);
  const [npm] = serverSchema.parse(jsonOf('server.json')).packages;
  for (const { name } of npm?.environmentVariables ?? []) expect(known, name).toContain(name);
});

/** What the registry or its schema turns away; each is one change to the file. */
test.each<readonly [what: string, change: (server: Server, npm: Server['packages'][number]) => object]>([
  [
    'a schema of another date',
    (server) => ({ ...server, $schema: server.$schema.replace('2025-12-11', '2025-10-17') }),
  ],
  ['a name without an owner', (server) => ({ ...server, name: 'pointsman' })],
  ['a description past 100 characters', (server) => ({ ...server, description: 'x'.repeat(101) })],
  ['a range for a version', (server) => ({ ...server, version: '^0.1.0' })],
  ['an address without TLS', (server) => ({ ...server, websiteUrl: 'http://example.org' })],
  ['the package’s newest', (server, npm) => ({ ...server, packages: [{ ...npm, version: 'latest' }] })],
  [
    'another registry',
    (server, npm) => ({ ...server, packages: [{ ...npm, registryBaseUrl: 'https://npm.example' }] }),
  ],
  ['no transport', (server, { transport: _gone, ...npm }) => ({ ...server, packages: [npm] })],
  [
    'an argument without a value',
    (server, npm) => ({ ...server, packages: [{ ...npm, packageArguments: [{ type: 'positional' }] }] }),
  ],
  ['a field of an earlier spelling', (server, npm) => ({ ...server, packages: [{ ...npm, runtime_hint: 'npx' }] })],
])('not taken: %s', (_what, change) => {
  const server = serverSchema.parse(jsonOf('server.json'));
  const [npm] = server.packages;
  if (npm === undefined) throw new Error('no package');
  expect(serverSchema.safeParse(change(server, npm)).success).toBe(false);
});
