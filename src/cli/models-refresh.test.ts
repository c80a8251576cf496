import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { command } from './commands/models-command.ts';
import type { CommandIo } from './input/command.ts';

const MODULE = readFileSync(
  path.resolve(import.meta.dirname, '../../node_modules/@pydantic/genai-prices/dist/index.js'),
  'utf8',
);
let home: string;
let server: Server | undefined;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pm-refresh-'));
});
afterEach(async () => {
  rmSync(home, { recursive: true, force: true });
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

/** One file as npm packs it. */
function packed(name: string, content: string): Buffer {
  const bytes = Buffer.from(content);
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write(bytes.length.toString(8).padStart(11, '0'), 124);
  head.write('0', 156);
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
  return gzipSync(Buffer.concat([head, bytes, padding, Buffer.alloc(1024)]));
}

/** A registry whose newest version of the package has this text. */
async function registry(text: string, integrity?: string, publishedAt = '2027-02-03T00:00:00Z'): Promise<string> {
  const tarball = packed('package/dist/index.js', text);
  const sum = integrity ?? `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  server = createServer((request, response) => {
    if (request.url === '/t.tgz') response.end(tarball);
    else {
      const dist = { tarball: `http://${request.headers.host ?? ''}/t.tgz`, integrity: sum };
      const body = {
        'dist-tags': { latest: '9.0.0' },
        versions: { '9.0.0': { dist } },
        time: { '9.0.0': publishedAt },
      };
      response.end(JSON.stringify(body));
    }
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function models(url: string, ...args: readonly string[]): Promise<string> {
  let out = '';
  const io: CommandIo = {
    stdout: (text) => void (out += text),
    stderr: () => undefined,
    env: { HOME: home, npm_config_registry: url },
    cwd: home,
    isTerminal: false,
    signal: new AbortController().signal,
  };
  await command.run([...args], io);
  return out;
}

/** The package with another price of what Claude Opus 5.5 writes. */
const CHANGED = MODULE.replace(/(id: "claude-opus-5-5",[\s\S]{0,2500}?output_mtok: )[\d.]+/u, '$19.25');

test('a refresh is shown, holds for every command, and can be undone', async () => {
  expect(CHANGED).not.toBe(MODULE);
  const url = await registry(CHANGED);
  const before = await models(url, 'show', 'claude-opus-5-5');
  const dry = await models(url, 'refresh', '--dry-run');
  expect(dry).toContain('Nothing was stored');
  expect(await models(url, 'show', 'claude-opus-5-5')).toBe(before);
  const said = await models(url, 'refresh');
  expect(said).toMatch(/claude-opus-5-5\s+output\s+[\d.]+\s+9\.25/u);
  const after = await models(url, 'show', 'claude-opus-5-5');
  expect(after).toContain('out 9.25');
  expect(after).toContain('@pydantic/genai-prices@9.0.0, 2027-02-03');
  expect(await models(url, 'list')).toContain('Prices as of 2027-02-03');
  expect(await models(url, 'show', 'text-embedding-3-small')).toContain('in 0.02');
  expect(await models(url, 'refresh', '--undo')).toContain('comes with');
  expect(await models(url, 'show', 'claude-opus-5-5')).toBe(before);
});

test('what was sent otherwise than stated is not taken', async () => {
  const url = await registry(CHANGED, 'sha512-AAAA');
  await expect(models(url, 'refresh')).rejects.toMatchObject({ code: 'catalog-invalid' });
});

test('what could not be read again is not stored, and stops no later command', async () => {
  const url = await registry(CHANGED, undefined, 'soon');
  await expect(models(url, 'refresh')).rejects.toMatchObject({ code: 'catalog-invalid' });
  expect(await models(url, 'show', 'claude-opus-5-5')).toContain('claude-opus-5-5');
});

test('a name steers no terminal', async () => {
  const named = CHANGED.replace(
    /(id: ")([^"]+)(",\s*(?:name: "[^"]*",\s*)?(?:description: "[^"]*",\s*)?match: \{[^{}]*\},[\s\S]{0,400}?prices:)/gu,
    '$1$2\\u001b]0;x$3',
  );
  expect(named).not.toBe(CHANGED);
  const said = await models(await registry(named), 'refresh', '--dry-run');
  expect(said).toContain('�');
  expect(said).not.toContain('\u001b');
});

test('a package of another form is not taken', async () => {
  await expect(models(await registry('export {}'), 'refresh')).rejects.toMatchObject({ code: 'catalog-invalid' });
});

test('without a registry it says what to look at', async () => {
  await expect(models('http://127.0.0.1:9/', 'refresh')).rejects.toMatchObject({ code: 'provider-unavailable' });
});

test.each([['shwo', 'x'], ['show'], ['refresh', 'x'], ['list', 'x']])('models %s is refused', async (...args) => {
  await expect(models('http://127.0.0.1:9/', ...args)).rejects.toMatchObject({ code: 'config-invalid' });
});
