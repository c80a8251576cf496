import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { WIRES } from './domain/model.ts';
import { moduleMemory } from './testing/internal/house/module-memory.ts';
import {
  circlesOf,
  folderSizes,
  longestChain,
  mayImport,
  medianLineCount,
  readTexts,
  toSources,
  turnedArrows,
  withoutComments,
  type Floors,
} from './testing/internal/house/source-tree.ts';

const root = import.meta.dirname;

/**
 * Room → rooms it may import, as its README says: the "May import" line is the permission. A room may always import itself;
 * index.ts may import everything.
 */
const readmes = new Map(
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => [name, readText(`${name}/README.md`)] as const),
);
const allowed: Readonly<Record<string, readonly string[] | undefined>> = Object.fromEntries(
  [...readmes].map(([room, text]) => [room, mayImport(text ?? '', [...readmes.keys()])]),
);

function readText(file: string): string | undefined {
  const place = path.join(root, file);
  return existsSync(place) ? readFileSync(place, 'utf8') : undefined;
}

/** Sub-rooms of each room, from the ground. Files beside them are the room's own: its port, or what puts it together. */
const floors: Floors = {
  app: [
    ['queue', 'stores'],
    ['alarms', 'learning'],
  ],
  audit: [['postgres', 'sqlite']],
  cli: [
    ['demo', 'input'],
    ['width'],
    ['doctor', 'text'],
    ['dial', 'jobs', 'launch', 'memory', 'stores'],
    ['evaluate', 'keys', 'learn'],
    ['running'],
    ['commands'],
  ],
  domain: [['secret']],
  evaluate: [['tasks']],
  gateway: [
    ['connect', 'sessions', 'settings'],
    ['cache', 'route', 'upstream', 'workers'],
    ['core'],
    ['server'],
    ['call'],
    ['beside', 'keep-alive'],
  ],
  learn: [
    ['alarms', 'certificate', 'distil', 'training'],
    ['beliefs', 'reward'],
  ],
  mcp: [['tools']],
  money: [['postgres', 'sqlite']],
  orchestrator: [['model'], ['context', 'journal'], ['calls'], ['checks'], ['steps'], ['job'], ['service']],
  page: [['views']],
  predict: [['embedding', 'text'], ['need', 'onnx'], ['asking', 'features'], ['success'], ['forecast']],
  providers: [['anthropic', 'azure', 'bedrock', 'google', 'hosts', 'openai', 'scripted', 'vertex']],
  recorder: [['packing'], ['postgres', 'sqlite']],
  replay: [
    ['metrics', 'simulation'],
    ['report', 'rules'],
    ['html', 'pricing'],
  ],
  router: [['look-ahead'], ['explain']],
  sessions: [['importers', 'kept']],
  telemetry: [['otlp']],
  testing: [['internal']],
  tools: [
    ['postgres', 'sandbox', 'sign-in', 'sqlite'],
    ['command-runner', 'file-server'],
    ['work-tree'],
    ['repositories'],
  ],
  trust: [['places']],
  wires: [
    ['shared'],
    ['anthropic-messages', 'bedrock-converse', 'gemini-generate-content', 'openai-shared'],
    ['openai-chat'],
    ['openai-responses'],
  ],
};

/** How a file past 300 lines says why it is one file, in its first comment. */
const REASON = /One file: \S.{20,}/u;
const MOST_LINES = 300;
const MOST_FILES = 25;
const MOST_MEDIAN_LINES = 90;
const LONGEST_CHAIN = 16;
const MOST_COLUMNS = 170;

/** Rooms whose every line is a function of its arguments. */
const pureRooms = ['domain', 'stats', 'warmth', 'router', 'policy'];
const impure =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|process\.(env|hrtime|cwd)|crypto\.random|randomUUID|setTimeout|setInterval|fetch\()|from 'node:(fs|http|https|net|child_process|os)/u;
/** Impure by duty: they read policy files from disk, and only app and the cli call them. */
const loaders = new Set(['policy/load-policies.ts']);

/** Rooms whose modules remember nothing from one call to the next. */
const forgetfulRooms = [...pureRooms, 'catalog', 'predict', 'decisions', 'spend', 'wires'];
/** What may remember, and why no caller sees it. */
const remembering: Readonly<Record<string, string>> = {
  'catalog/capabilities.ts': 'a shipped table, read once',
  'catalog/compliance.ts': 'a shipped table, read once',
  'catalog/load-catalog.ts': 'the shipped models, read once',
  'decisions/ask-model.ts': 'a redactor of no secrets, which keeps nothing',
  'decisions/pool-dial.ts': 'the estimator of the shipped artifact, made once',
  'policy/policy-lock.ts': 'the lock of nothing learned, which nobody writes to',
  'policy/load-policies.ts': 'the shipped policies, each text read once',
  'predict/embedding/hashed-embedder.ts': 'the vector of the newest text, found by that text alone',
  'predict/joint-need.ts': 'what the newest needs come to, each found by that very need alone',
  'predict/need/concepts.ts': 'a shipped table, put in order once',
  'predict/need/feature-sink.ts': 'the marks of the group being read; another group begins with others',
  'predict/need/shipped-need.ts': 'the shipped artifact, checked once',
  'predict/shipped-artifact.ts': 'the shipped artifact, read once',
  'predict/step-sizes.ts': 'what the newest needs cost, each found by that very need and its prices alone',
  'wires/gemini-generate-content/gemini-fields.ts': 'our own field names in the other spelling',
};

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly file: string;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(path.sep).join('/'));

const isTest = (file: string): boolean => /\.(test|e2e|bench)\.ts$/u.test(file) || file.startsWith('testing/');
/** What `testing` offers to others' tests stands on a floor, as rooms do; its inner helpers may build anything. */
const isPublicHelper = (file: string): boolean =>
  file.startsWith('testing/') && !file.startsWith('testing/internal/') && !file.endsWith('.test.ts');

function roomOf(file: string): string | undefined {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined;
}

function codeWithTexts(file: string): string {
  return withoutComments(readFileSync(path.join(root, file), 'utf8'));
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

  test('every room on disk says in its README what it may import', () => {
    const rooms = [...new Set(files.map(roomOf).filter((room) => room !== undefined))];
    expect(rooms.length).toBeGreaterThan(20);
    expect(rooms.filter((room) => allowed[room] === undefined)).toEqual([]);
  });

  test('rooms import only what their READMEs allow', () => {
    const forbidden = edges.filter(
      (edge) =>
        (!isTest(edge.file) || isPublicHelper(edge.file)) &&
        !(allowed[edge.from] ?? []).includes(edge.to) &&
        edge.from !== edge.to,
    );
    expect(forbidden.map((edge) => `${edge.file} → ${edge.to}`)).toEqual([]);
  });

  test('no README names a room that nothing in its room imports', () => {
    const used = new Set(
      edges.filter((edge) => !isTest(edge.file) || isPublicHelper(edge.file)).map(({ from, to }) => `${from} → ${to}`),
    );
    const idle = Object.entries(allowed).flatMap(([room, list]) =>
      (list ?? []).map((to) => `${room} → ${to}`).filter((arrow) => !used.has(arrow)),
    );
    expect(idle).toEqual([]);
  });

  test.each([
    ['May import: `domain`, `catalog`. Never `wires`.', ['domain', 'catalog']],
    ['May import: nothing.\n', []],
    ['- May import `domain` and\n  `wires` (what a format is called): no more.', ['domain', 'wires']],
    ['It imports `domain`.', undefined],
  ])('%j allows %j', (text, rooms) => {
    expect(mayImport(text, ['domain', 'catalog', 'wires'])).toEqual(rooms);
  });

  test('the READMEs have no cycle', () => {
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

  test('pure rooms remember nothing in their modules, but what is named with its reason', () => {
    const found = files
      .filter((file) => forgetfulRooms.includes(roomOf(file) ?? '') && !isTest(file))
      .filter((file) => moduleMemory(readFileSync(path.join(root, file), 'utf8')).length > 0);
    expect(found.toSorted()).toEqual(Object.keys(remembering).toSorted());
  });

  test.each([
    ['let calls = 0;', true],
    ['const x = 1;\nexport let newest: string | undefined;', true],
    ['const known = new Map<string, Model>();', true],
    ['const known: Map<string, readonly Model[]> = new Map();', true],
    ['export const seen: string[] = [];', true],
    ["const known = new Map([['a', 1]]);\nexport const f = (a: string) => known.set(a, 2);", true],
    ['const known: Rows = Object.create(null);\nfunction f(a: string) {\n  known[a] = 1;\n}', true],
    ["const state = { last: '' };\nfunction f(a: string) {\n  state.last = a;\n}", true],
    ['const ring = [0, 0];\nfunction f(a: number) {\n  ring[a % 2] += a;\n}', true],
    ['const scratch = new Float64Array(9);\nconst f = (a: number) => scratch.fill(a);', true],
    [
      'export const f = (() => {\n  const known = new Map<string, number>();\n  return (a: string) => known.get(a);\n})();',
      true,
    ],
    ['class Rows {\n  static readonly known = new Map<string, number>();\n}', true],
    ['class Rows {\n  static count = 0;\n}', true],
    ['const pools = createCache(64);', true],
    ['const of = memoize((a: string) => a.length);', true],
    [
      'function counter() {\n  const known = new Map();\n  return (a: string) => known.get(a);\n}\nconst f = counter();',
      true,
    ],
    ['const counter = () => {\n  let n = 0;\n  return () => ++n;\n};\nconst f = counter();', true],
    ['function counter(): Counter {\n  let n = 0;\n  return { next: () => ++n };\n}\nconst f = counter();', true],
    ['function* ids() {\n  for (let n = 0; ; n++) yield n;\n}\nconst all = ids();', true],
    ['const f = function () {\n  let n = 0;\n  return () => ++n;\n}();', true],
    ['class Memory {\n  #known = new Map();\n}\nconst memory = new Memory();', true],
    ['export function f(a: string) {\n  f.last = a;\n}', true],
    ['function f(a: string) {\n  globalThis.last = a;\n}', true],
    ['var count = 0;', true],
    ['const pools = makePools(64);', true],
    ['const { get, set } = new Map<string, string>();', true],
    ['const WORD = /a/gu;\nconst f = (a: string) => WORD.test(a);', true],
    ['const WORD = /a/gu;\nconst f = (a: string) => a.replaceAll(WORD, "b");', false],
    [
      'function sum(all: number[]) {\n  let n = 0;\n  for (const one of all) n += one;\n  return n;\n}\nconst TOTAL = sum(ROWS);',
      false,
    ],
    ['const LIMITS = { low: 1 };\nconst f = (a: number) => a === LIMITS.low && LIMITS.low >= 1;', false],
    ['const TABLE = rows.map((row) => row.id);\nconst f = () => TABLE.toSorted();', false],
    ["const NAMES: ReadonlySet<string> = new Set(['a']);", false],
    ['const known = new WeakMap<Model, string>();', false],
    ['const NONE: readonly Model[] = [];', false],
    ['function f(): void {\n  let count = 0;\n  const own = new Map();\n}', false],
  ])('memory of a module in %j: %s', (text, isMemory) => {
    expect(moduleMemory(text).length > 0).toBe(isMemory);
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

  /**
   * Who holds the streams of the process: the command line, the sink of the log, a program of its own, and two that say it to
   * Node when the log itself throws.
   */
  const speaks =
    /^(?:cli\/|testing\/|(?:tools\/(?:command-runner|file-server)\/main|app\/open-gateway|gateway\/core\/background|recorder\/write-queue)\.ts$)/u;
  const spoken =
    /\bprocess\s*\??\.\s*(?:stdout|stderr|emitWarning)\b|\bconsole\b\s*\??[.[]|\b(?:writeSync|createWriteStream)\(\s*[12]\b|\bdebuglog\(|\bimport[^\n]*\b(?:stdout|stderr)\b[^\n]*node:process|from 'node:(?:console|process)'/u;

  test('what rooms have to say goes through the log or to whoever called, never to the process’s own streams', () => {
    const others = files.filter((file) => !isTest(file) && !speaks.test(file));
    expect(others.length).toBeGreaterThan(500);
    expect(others.filter((file) => spoken.test(codeWithTexts(file)))).toEqual([]);
  });

  test.each([
    'process.stderr.write(line);',
    'process.stdout?.write(line);',
    'console.error(error);',
    "console['log'](error);",
    'writeSync(2, line);',
    'process.emitWarning(line);',
    "import { stderr } from 'node:process';",
  ])('%j is seen to speak', (line) => {
    expect(spoken.test(line)).toBe(true);
  });

  const wire = `['"\`](?:${WIRES.join('|')})['"\`]`;
  const comparison = new RegExp(
    `[!=]==?\\s*${wire}|${wire}\\s*[!=]==?|case ${wire}|(?:includes|startsWith|has|indexOf)\\(\\s*${wire}`,
    'u',
  );
  /** A part of a name tells formats apart as well as the whole of it. */
  const guess =
    /[wW]ire\)?\??\.(?:startsWith|endsWith|includes|match(?:All)?|search|indexOf|slice|split|replace(?:All)?)\(|\.(?:test|exec)\((?:\w+\??\.)*\w*[wW]ire\)|switch \((?:\w+\??\.)*\w*[wW]ire\)/u;
  const asks = (text: string): boolean => comparison.test(text) || guess.test(text);
  /** Those who play a vendor, and clouds that serve several formats, each at an address of its own. */
  const knowsFormats = /^(?:wires\/|testing\/|providers\/scripted\/|providers\/[a-z]+\/[a-z]+-host\.ts$)/u;
  /** What else may name a format: to list, to default to or to build one, never to ask which it is. */
  const namesFormats =
    /^(?:app\/open-providers|catalog\/|config\/|domain\/model|gateway\/beside\/side-routes|replay\/simulation\/recorded-models)/u;

  test('a wire format is asked, and not asked for its name', () => {
    const others = files.filter((file) => !isTest(file) && !knowsFormats.test(file));
    expect(others.length).toBeGreaterThan(500);
    const texts = others.map((file) => [file, withoutComments(readFileSync(path.join(root, file), 'utf8'))] as const);
    expect(texts.filter(([, text]) => asks(text)).map(([file]) => file)).toEqual([]);
    const named = texts.filter(([file, text]) => !namesFormats.test(file) && new RegExp(wire, 'u').test(text));
    expect(named.map(([file]) => file)).toEqual([]);
  });

  test.each([
    "if (call.wire === 'openai-chat') return;",
    "const isOurs = 'anthropic-messages' !== wire;",
    'if (call.wire === `openai-chat`) return;',
    "switch (wire) {\n  case 'gemini-generate-content':",
    "if (['openai-responses'].includes('openai-responses')) return;",
    "if (call.wire.startsWith('openai')) return;",
    "const isGoogle = model?.wire?.includes('gemini');",
    'if (/^openai-/u.test(call.wire)) return;',
    "const [vendor] = from.wire.split('-');",
    'switch (model.wire) {',
  ])('%j is seen', (line) => {
    expect(asks(line)).toBe(true);
  });

  test('adapters are imported by app alone', () => {
    const adapter = /\/(?:anthropic|azure|bedrock|google|openai|otlp|vertex|sqlite|postgres|onnx)\//u;
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

describe('the house', () => {
  const texts = readTexts(root);
  const sources = toSources(texts);
  const planted = (files: Readonly<Record<string, string>>): ReturnType<typeof toSources> =>
    toSources(new Map([...texts, ...Object.entries(files)]));

  test('is read', () => {
    expect(sources.length).toBeGreaterThan(400);
    expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(300);
    expect(sources.some(({ imports, valueImports }) => imports.length > valueImports.length)).toBe(true);
  });

  test('has no circle, types included', () => {
    expect(circlesOf(sources)).toEqual([]);
  });

  test('a planted circle is seen, though only types close it', () => {
    const files = {
      'money/planted.ts': "import { planted } from '../stats/planted.ts';\nexport type Planted = typeof planted;\n",
      'stats/planted.ts':
        "import type { Planted } from '../money/planted.ts';\nexport const planted = (of: Planted) => of;\n",
    };
    const inline = {
      ...files,
      'stats/planted.ts': files['stats/planted.ts'].replace('type { Planted }', '{ type Planted }'),
    };
    // Also by a type that is imported where it stands, and by a module that is loaded later.
    const [inPlace, later] = ["import('../money/planted.ts').Planted", "typeof import('../money/planted.ts')"].map(
      (of) => ({
        ...files,
        'stats/planted.ts': `export const planted = (of: ${of}) => of;\n`,
      }),
    );
    for (const plant of [files, inline, inPlace, later].map((each) => each ?? {}))
      expect(circlesOf(planted(plant))).toContainEqual(['money/planted.ts', 'stats/planted.ts']);
  });

  test('arrows between sub-rooms point down, and every sub-room has its floor', () => {
    expect(turnedArrows(sources, floors)).toEqual([]);
  });

  test('every floor is of a sub-room that is there', () => {
    const named = Object.entries(floors).flatMap(([room, list]) => list.flat().map((sub) => `${room}/${sub}/`));
    expect(named.filter((folder) => !sources.some(({ file }) => file.startsWith(folder)))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  });

  test.each([
    ['up', 'gateway/sessions/planted.ts', '../call/relay.ts', "import type { X } from '../call/relay.ts';\n"],
    ['beside', 'gateway/cache/planted.ts', '../upstream/upstream.ts', "export * from '../upstream/upstream.ts';\n"],
    ['up, later', 'gateway/sessions/planted.ts', '../call/relay.ts', "void import('../call/relay.ts');\n"],
  ])('a planted arrow %s is seen', (_where, file, to, text) => {
    const target = path.posix.join(path.posix.dirname(file), to);
    expect(turnedArrows(planted({ [file]: text }), floors)).toContain(`${file} → ${target}`);
  });

  test('a planted sub-room without a floor is seen', () => {
    expect(turnedArrows(planted({ 'gateway/attic/planted.ts': '' }), floors)).toContain('gateway/attic is on no floor');
  });

  test('no folder has more than 25 files', () => {
    expect(folderSizes(sources).filter(([, count]) => count > MOST_FILES)).toEqual([]);
  });

  test('a planted folder of 40 files is seen', () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`money/planted/file-${index}.ts`, '']));
    expect(folderSizes(planted(files))[0]).toEqual(['money/planted', 40]);
  });

  test('files are short, and one past 300 lines says why in its first comment', () => {
    expect(medianLineCount(sources)).toBeLessThanOrEqual(MOST_MEDIAN_LINES);
    const long = sources.filter(({ lineCount }) => lineCount > MOST_LINES);
    expect(long.filter(({ firstComment }) => !REASON.test(firstComment)).map(({ file }) => file)).toEqual([]);
  });

  test('a planted long file without its reason is seen', () => {
    const text = `/** What it does. */\n${'\n'.repeat(300)}// One file: a reason that stands too late to be read.\n`;
    const [long] = toSources(new Map([['domain/planted.ts', text]]));
    expect([long?.lineCount, REASON.test(long?.firstComment ?? '')]).toEqual([302, false]);
  });

  test('the longest chain of value imports is short', () => {
    const chain = longestChain(sources);
    expect(chain.length, chain.join(' → ')).toBeLessThanOrEqual(LONGEST_CHAIN);
  });

  test('a planted link makes the chain longer', () => {
    const [first = ''] = longestChain(sources);
    const text = `import * as all from './${first}';\nexport const planted = all;\n`;
    expect(longestChain(planted({ 'planted.ts': text })).length).toBe(longestChain(sources).length + 1);
  });
});

describe('the READMEs of rooms', () => {
  const named = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('/README.md'));

  test('are there', () => {
    expect(named.length).toBeGreaterThan(20);
  });

  test.each(named)('%s can be read in a minute', (file) => {
    const lines = (readText(file) ?? '').trimEnd().split('\n');
    const prose = (readText(file) ?? '').replaceAll(/```[\s\S]*?```/gu, '').split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.length).toBeLessThanOrEqual(30);
    // Not by lines that are paragraphs; a row of a table cannot be broken.
    expect(prose.filter((line) => line.length > MOST_COLUMNS && !line.startsWith('|'))).toEqual([]);
  });

  test.each([...readmes.keys()])('%s says what always holds in it', (room) => {
    expect(readmes.get(room)).toMatch(/\bInvariants?\b/u);
  });
});
