import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = import.meta.dirname;

/** Room → rooms it may import. A room may always import itself; index.ts may import everything. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  stats: ['domain'],
  catalog: ['domain'],
  trust: ['domain'],
  wires: ['domain'],
  providers: ['domain', 'wires'],
  tools: ['domain', 'trust'],
  recorder: ['domain'],
  money: ['domain'],
  sessions: ['domain'],
  policy: ['domain', 'catalog'],
  warmth: ['domain', 'catalog'],
  predict: ['domain', 'catalog'],
  router: ['domain', 'catalog', 'policy', 'warmth', 'predict', 'stats'],
  learn: ['domain', 'catalog', 'warmth', 'predict', 'recorder', 'sessions', 'stats'],
  decisions: ['domain', 'catalog', 'policy', 'warmth', 'predict', 'router', 'recorder', 'learn'],
  config: ['domain', 'catalog', 'policy', 'trust', 'wires'],
  orchestrator: [
    'domain',
    'catalog',
    'trust',
    'policy',
    'warmth',
    'predict',
    'router',
    'decisions',
    'providers',
    'tools',
    'recorder',
    'money',
    'learn',
    'config',
  ],
  gateway: [
    'domain',
    'catalog',
    'policy',
    'warmth',
    'predict',
    'router',
    'decisions',
    'providers',
    'recorder',
    'money',
    'learn',
    'config',
    'wires',
  ],
  replay: [
    'domain',
    'catalog',
    'trust',
    'policy',
    'warmth',
    'predict',
    'router',
    'decisions',
    'recorder',
    'sessions',
    'learn',
    'config',
    'stats',
  ],
  mcp: ['domain', 'catalog', 'policy', 'router', 'recorder', 'tools', 'orchestrator', 'replay', 'learn', 'config'],
  cli: [
    'domain',
    'catalog',
    'trust',
    'policy',
    'warmth',
    'predict',
    'router',
    'decisions',
    'recorder',
    'money',
    'sessions',
    'orchestrator',
    'gateway',
    'replay',
    'learn',
    'mcp',
    'config',
    'tools',
    'providers',
    'app',
    'wires',
  ],
  app: [
    'domain',
    'catalog',
    'trust',
    'policy',
    'warmth',
    'predict',
    'router',
    'decisions',
    'providers',
    'tools',
    'recorder',
    'money',
    'learn',
    'config',
    'orchestrator',
    'gateway',
    'wires',
  ],
  testing: [
    'domain',
    'catalog',
    'trust',
    'policy',
    'warmth',
    'predict',
    'router',
    'decisions',
    'providers',
    'tools',
    'recorder',
    'money',
    'sessions',
    'learn',
    'config',
    'wires',
    'stats',
  ],
};

/** Rooms whose every line is a function of its arguments. */
const pureRooms = ['domain', 'stats', 'warmth', 'router', 'policy'];
const impure =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|process\.(env|hrtime|cwd)|crypto\.random|randomUUID|setTimeout|setInterval|fetch\()|from 'node:(fs|http|https|net|child_process|os)/u;
/** Impure by duty: they read policy files from disk, and only app and the cli call them. */
const loaders = new Set(['policy/load-policies.ts']);

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly file: string;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(path.sep).join('/'));

const isTest = (file: string): boolean => /\.(test|e2e|bench)\.ts$/u.test(file) || file.startsWith('testing/');

function roomOf(file: string): string | undefined {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined;
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/gu)].map((match) => match[1] ?? '');
}

const edges: readonly Edge[] = files.flatMap((file) => {
  const from = roomOf(file);
  if (from === undefined) return [];
  return importsOf(file).flatMap((specifier) => {
    const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
    const to = target.startsWith('..') ? undefined : (roomOf(target) ?? target);
    return to === undefined || to === from ? [] : [{ from, to, file }];
  });
});

describe('architecture', () => {
  test('the scan sees the source tree', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(edges.length).toBeGreaterThan(20);
  });

  test('every room on disk is in the table', () => {
    const rooms = [...new Set(files.map(roomOf).filter((room) => room !== undefined))];
    expect(rooms.filter((room) => allowed[room] === undefined)).toEqual([]);
  });

  test('rooms import only what the table allows', () => {
    const forbidden = edges.filter(
      (edge) => !isTest(edge.file) && !(allowed[edge.from] ?? []).includes(edge.to) && edge.from !== edge.to,
    );
    expect(forbidden.map((edge) => `${edge.file} → ${edge.to}`)).toEqual([]);
  });

  test('the table has no cycle', () => {
    const visit = (room: string, trail: readonly string[]): void => {
      expect(trail).not.toContain(room);
      for (const next of allowed[room] ?? []) visit(next, [...trail, room]);
    };
    for (const room of Object.keys(allowed)) visit(room, []);
  });

  test('pure rooms have no IO, clock, randomness or environment', () => {
    const pure = files.filter((file) => pureRooms.includes(roomOf(file) ?? '') && !isTest(file) && !loaders.has(file));
    expect(pure.length).toBeGreaterThan(10);
    const guilty = pure.filter((file) => impure.test(readFileSync(path.join(root, file), 'utf8')));
    expect(guilty).toEqual([]);
  });

  test('a decision’s input is written in `decisions` alone', () => {
    const parts = [/\bdrift:(?!\s*\w+\.)/u, /\bbudget:/u, /\bquality:/u, /\bsession:/u];
    const guilty = files
      .filter((file) => !isTest(file) && !['decisions', 'domain'].includes(roomOf(file) ?? ''))
      .filter((file) => {
        const text = readFileSync(path.join(root, file), 'utf8');
        return parts.every((part) => part.test(text));
      });
    expect(guilty).toEqual([]);
  });

  test('adapters are imported by app alone', () => {
    const adapter = /\/(?:anthropic|openai|sqlite|postgres|onnx)\//u;
    const guilty = files
      .filter((file) => !isTest(file) && !file.startsWith('app/') && !adapter.test(`/${file}`))
      .filter((file) =>
        importsOf(file).some((specifier) => {
          const target = `/${path.posix.join(path.posix.dirname(file), specifier)}`;
          return adapter.test(target) && !/-(?:wire|codec)\.ts$/u.test(target);
        }),
      );
    expect(guilty).toEqual([]);
  });
});
