import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dataOf } from '../testing/internal/json-data.ts';
import { command as doctor } from './commands/doctor-command.ts';
import { command as models } from './commands/models-command.ts';
import { command as policies } from './commands/policies-command.ts';
import type { Check } from './doctor/check.ts';
import { trainedChecks } from './doctor/trained-checks.ts';
import type { CliCommand } from './input/command.ts';
import { EXIT } from './input/exit-code.ts';
import { textTable } from './width/text-table.ts';

const KEY = 'sk-test-0123456789abcdef';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-cli-'));
});
afterEach(() => {
  for (const made of [folder, `${folder}-data`]) rmSync(made, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
}

interface Ran {
  readonly code: number;
  readonly out: string;
}

async function run(command: CliCommand, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  let out = '';
  const code = await command.run(args, {
    stdout: (text) => (out += text),
    stderr: (text) => (out += text),
    env: { HOME: folder, XDG_DATA_HOME: `${folder}-data`, PATH: process.env['PATH'], ...env },
    cwd: folder,
    isTerminal: false,
    trustFolders: true,
    signal: new AbortController().signal,
  });
  expect(out).not.toContain(KEY);
  return { code, out };
}

const codeIs = (code: string): unknown => expect.objectContaining({ code });

describe('pointsman models', () => {
  test('shows four prices, the cache rule and which variable to set', async () => {
    const { code, out } = await run(models, [], { OPENAI_API_KEY: KEY });
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(
      /^anthropic \(no ANTHROPIC_API_KEY\)$[^(]*^ {2}claude-opus-5-5\* +4 +20 +0\.2 +5 +1000k +5m\/1h$/mu,
    );
    expect(out).toMatch(/^openai \(its key is here\)$[^(]*^ {2}gpt-6-sol/mu);
    expect(out).toMatch(/^ {2}deepseek-v4-pro +0\.66~ +1\.98 +0\.022 +- /mu);
  });

  test('the ready pool holds what can be called, a pool of the configuration what it names', async () => {
    write('pointsman.config.yaml', 'pools: { pair: [gpt-6-sol, claude-haiku-4-5] }\n');
    const ids = async (pool: string): Promise<readonly string[]> => {
      const { out } = await run(models, ['--json', '--pool', pool], { MISTRAL_API_KEY: KEY });
      return (dataOf(out) as { models: { id: string }[] }).models.map((model) => model.id);
    };
    expect(await ids('pair')).toEqual(['gpt-6-sol', 'claude-haiku-4-5']);
    expect((await ids('ready')).every((id) => /^(?:mistral|devstral|ministral)/u.test(id))).toBe(true);
    await expect(ids('pear')).rejects.toThrow('Did you mean "pair"?');
  });

  test('a pool that names a model means all of its hosts, each once', async () => {
    write(
      'pointsman.config.yaml',
      'pools: { two: [gpt-6-sol, eu/gpt-6-sol], one: [eu/gpt-6-sol] }\n' +
        'endpoints: { eu: { baseUrl: "https://eu.example.com", models: { gpt-6-sol: {} } }, openai: { keys: [KEY_A, KEY_B] } }\n',
    );
    const ids = async (pool: string): Promise<readonly string[]> => {
      const { out } = await run(models, ['--json', '--pool', pool]);
      return (dataOf(out) as { models: { id: string }[] }).models.map((model) => model.id);
    };
    expect(await ids('two')).toEqual(['gpt-6-sol', 'eu/gpt-6-sol', 'openai#KEY_B/gpt-6-sol']);
    expect(await ids('one')).toEqual(['eu/gpt-6-sol']);
  });

  test('a pool that names no model, an unknown flag and an unknown file are errors', async () => {
    write('pointsman.config.yaml', 'pools: { odd: [gpt-6-sun] }\n');
    await expect(run(models, ['--pool', 'odd'])).rejects.toThrow(codeIs('config-invalid'));
    await expect(run(models, ['--jsn'])).rejects.toThrow(/--jsn/u);
    await expect(run(models, ['--config', 'nowhere.yaml'])).rejects.toThrow(codeIs('not-found'));
  });

  test('the cross-check counts what was compared', async () => {
    const { out } = await run(models, ['--cross-check']);
    expect(out).toMatch(/^4\d of 72 models are priced by both; 0 prices differ\./u);
  });
});

describe('pointsman policies', () => {
  test('lists all with how many models each admits, and marks the default', async () => {
    const { out } = await run(policies, [], { POINTSMAN_POLICY: 'thrifty' });
    expect(out).toMatch(/^thrifty \* +enforce +7 +72\/72/mu);
    expect(out.replaceAll(/\n +/gu, ' ')).toMatch(/^local-only .* 0\/72 .*no-compliant-model/mu);
  });

  test('shows one with its rules in words and its examples', async () => {
    const { code, out } = await run(policies, ['eu-only']);
    expect(code).toBe(EXIT.ok);
    expect(out).toContain('endpoints must meet inferenceRegions: eu');
    expect(out).toMatch(/Examples: (\d+) of \1 hold\./u);
  });

  test('says what stakes multiply, that risks are advice, and what reads steps where that is not the usual', async () => {
    const { out } = await run(policies, ['balanced']);
    expect(out).toContain('times 1 where that costs minutes, 3 hours or a bad commit, 10 harm');
    expect(out).toContain('risks that words carry are advice: they are only recorded');
    expect(out).not.toMatch(/is asked what a step needs|text gate/u);
    const lines = ['id: mine', 'version: 1', 'summary: Own.', 'reader: model', 'textGates: shut'];
    const costs = 'failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }';
    write('mine.policy.yaml', [...lines, costs].join('\n'));
    const own = (await run(policies, ['mine.policy.yaml'])).out;
    expect(own).toContain('a small model is asked what a step needs, for at most $0.0030 expected and 1.5 s');
    expect(own).toContain('no trained text gate is heard');
  });

  test('an example of a file that does not hold fails, and says how', async () => {
    write(
      'mine.policy.yaml',
      [
        'id: mine',
        'version: 1',
        'summary: Own.',
        'failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }',
        'models: { deny: [gpt-6-sol] }',
        'examples:',
        '  - say: It takes what it denies.',
        '    given: { kind: code, models: [gpt-6-sol, gpt-6-luna], success: { gpt-6-sol: 1, gpt-6-luna: 0.1 } }',
        '    expect: { decision: switch, model: gpt-6-sol }',
      ].join('\n'),
    );
    const { code, out } = await run(policies, ['mine.policy.yaml']);
    expect(code).toBe(EXIT.failed);
    expect(out).toContain('FAIL It takes what it denies.\n       expected model gpt-6-sol, got gpt-6-luna');
    const json = dataOf((await run(policies, ['./mine.policy.yaml', '--json'])).out) as {
      policy: { denyModels: string[] };
    };
    expect(json.policy.denyModels).toEqual(['gpt-6-sol']);
  });

  test.each([
    ['pair', 'claude-opus-5-5', 'gpt-6-luna'],
    ['vendor', 'claude-opus-5-5', 'claude-haiku-4-5'],
  ])(
    'the dial measured on a pool goes from the abler to the cheaper, and its line can be pasted: %s',
    async (pool, ablest, cheapest) => {
      const vendor = '[claude-opus-5-5, claude-sonnet-5, claude-haiku-4-5]';
      write('pointsman.config.yaml', `pools: { pair: [claude-opus-5-5, gpt-6-luna], vendor: ${vendor} }\n`);
      const { out } = await run(policies, ['balanced', '--calibrate', '--pool', pool, '--json']);
      const found = dataOf(out) as {
        factors: number[];
        stepCount: number;
        notches: { billNanoUsd: number; mix: Record<string, number> }[];
      };
      const bills = found.notches.map((notch) => notch.billNanoUsd);
      expect(bills.every((bill, at) => at === 0 || bill <= (bills[at - 1] ?? 0))).toBe(true);
      expect(new Set(bills).size).toBe(11);
      const shareAt = (notch: number, model: string): number =>
        (found.notches[notch]?.mix[model] ?? 0) / found.stepCount;
      expect(shareAt(0, ablest)).toBeGreaterThan(0.9);
      expect(shareAt(10, cheapest)).toBeGreaterThan(0.85);
      // In the middle it routes: neither has it all.
      for (const model of [ablest, cheapest]) expect(shareAt(5, model), model).toBeGreaterThan(0.2);
      const line = `dialFactors: [${found.factors.join(', ')}]`;
      const said = (await run(policies, ['balanced', '--calibrate', '--pool', pool])).out;
      expect(said.replaceAll(/\n +/gu, ' ')).toContain(line);
      await expect(run(policies, ['balanced', '--calibrate'])).rejects.toThrow(/has no model that this policy admits/u);
    },
  );

  test('a file that is wrong names its line', async () => {
    write('bad.policy.yaml', 'id: bad\nversion: 0\n');
    await expect(run(policies, ['bad.policy.yaml'])).rejects.toThrow(/bad\.policy\.yaml:2: version/u);
    await expect(run(policies, ['a', 'b'])).rejects.toThrow(codeIs('request-invalid'));
  });
});

describe('pointsman doctor', () => {
  const NO_TOOLS = 'tools: { defaults: never }\n';
  /** Starting the default servers takes most of a second; one test looks at them. */
  beforeEach(() => void write('pointsman.config.yaml', NO_TOOLS));

  async function checks(
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<{ code: number; of: (name: string) => Check | undefined }> {
    const { code, out } = await run(doctor, ['--json', ...args], env);
    const all = (dataOf(out) as { checks: Check[] }).checks;
    for (const check of all)
      expect(check.status === 'ok' || check.status === 'skipped' || check.hint !== undefined).toBe(true);
    return { code, of: (name) => all.find((check) => check.name === name) };
  }

  test('an empty folder without keys is fit for the demo: warnings, no failure, nothing left behind', async () => {
    rmSync(path.join(folder, 'pointsman.config.yaml'));
    const { code, of } = await checks(['--offline']);
    expect(code).toBe(EXIT.ok);
    expect(of('models')).toMatchObject({
      status: 'warn',
      hint: expect.stringContaining('ANTHROPIC_API_KEY') as string,
    });
    expect(of('tools filesystem')?.status).toBe('ok');
    expect(existsSync(path.join(folder, '.pointsman'))).toBe(false);
    expect(existsSync(`${folder}-data/pointsman/store`)).toBe(false);
  });

  test('a model at several hosts has one line that names them, their keys, and what cannot be known here', async () => {
    write(
      'pointsman.config.yaml',
      `${NO_TOOLS}endpoints:
  openai: { keys: [KEY_A, { name: KEY_B, weight: 2, onlyFor: [team-b] }] }
  eu: { baseUrl: "https://eu.example.com", region: eu, canary: 0.05, apiKeyName: KEY_EU, models: { gpt-6-sol: {} } }
`,
    );
    const { code, of } = await checks(['--offline'], { KEY_A: 'secret-of-a', KEY_B: 'secret-of-b' });
    expect(code).toBe(EXIT.ok);
    const { status, detail, hint } = of('hosts of gpt-6-sol') ?? {};
    expect([status, hint]).toEqual(['warn', expect.stringContaining('Set KEY_EU')]);
    for (const part of [
      '3 places: openai (key from env KEY_A)',
      'eu (key missing, region eu, canary of 5 % of the sessions)',
      'openai#KEY_B (key from env KEY_B, weight 2, only for team-b)',
      'Health, speed and limits: not known here',
    ]) {
      expect(detail).toContain(part);
    }
    expect(detail).not.toContain('secret-of');
    expect(of('hosts of claude-opus-5-5')).toBeUndefined();
  });

  test('says whether the encoder is here, and how to add it; to leave it out is nothing to put right', async () => {
    const here = existsSync(path.join(import.meta.dirname, '../../node_modules/onnxruntime-node/package.json'));
    const { of } = await checks(['--offline']);
    expect(of('encoder of words')).toMatchObject({
      status: 'ok',
      detail: here ? 'onnxruntime-node is here' : expect.stringContaining('left out'),
    });
    const asked: string[] = [];
    const [without] = await trainedChecks({}, (name) => {
      asked.push(name);
      throw new Error('not installed');
    });
    expect(asked).toEqual(['onnxruntime-node']);
    expect(without).toEqual({
      name: 'encoder of words',
      status: 'ok',
      detail: 'left out: steps are read a little less well; npm i onnxruntime-node adds it',
    });
    const [added] = await trainedChecks({}, () => undefined);
    expect(added?.detail).toBe('onnxruntime-node is here');
  });

  test('trained files that the environment names are read, and say what is wrong with them', async () => {
    const file = write('need.json', '{"format":"pointsman-need"}');
    const { code, of } = await checks(['--offline'], { POINTSMAN_NEED: file, POINTSMAN_PREDICTOR: `${file}.gone` });
    expect(code).toBe(EXIT.failed);
    expect(of('reader of steps')).toMatchObject({ status: 'fail', detail: expect.stringContaining(file) as string });
    expect(of('predictor')).toMatchObject({ status: 'fail', hint: expect.stringContaining('unset') as string });
    const shipped = path.join(import.meta.dirname, '../predict/artifacts/need.json');
    const { of: fine } = await checks(['--offline'], { POINTSMAN_NEED: shipped });
    expect(fine('reader of steps')?.status).toBe('ok');
    expect(fine('predictor')).toBeUndefined();
  });

  test('an endpoint that answers is ok, one that does not fails; a key is named by its variable only', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const file = write(
      'c.yaml',
      `${NO_TOOLS}endpoints: { here: { baseUrl: "http://127.0.0.1:${port}", apiKeyName: HERE }, gone: { baseUrl: "http://127.0.0.1:1" }, bare: { baseUrl: "https://bare.invalid" } }\n`,
    );
    const { code, of } = await checks(['--config', file], { HERE: KEY });
    server.close();
    expect(of('endpoint here')).toMatchObject({ status: 'ok', detail: `key from env HERE; 127.0.0.1:${port} answers` });
    expect(of('endpoint gone')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(of('endpoint bare')).toMatchObject({ status: 'warn', detail: 'its key is missing' });
    expect(code).toBe(EXIT.failed);
  });

  test('a configuration that is wrong is a finding with its line, not a crash', async () => {
    write('pointsman.config.yaml', 'dial: 5\nbudgetUsd: none\n');
    const { code, of } = await checks();
    expect(code).toBe(EXIT.failed);
    expect(of('configuration')?.detail).toContain('pointsman.config.yaml:2: budgetUsd');
  });

  test('a broken list of tool servers and a server that cannot start are failures with a hint', async () => {
    write('.mcp.json', '{ "mcpServers": { "absent": { "command": "no-such-program-here" } } }');
    expect((await checks(['--offline'])).of('tools absent')?.status).toBe('fail');
    write('.mcp.json', '{ not json');
    expect((await checks(['--offline'])).of('tools')).toMatchObject({ status: 'fail' });
  });

  test('one wrong policy file does not hide the others; a policy that is named but missing fails', async () => {
    mkdirSync(path.join(folder, 'own'));
    write('own/bad.policy.yaml', 'id: bad\n');
    write('pointsman.config.yaml', `${NO_TOOLS}policyDirs: [own]\npolicy: blanced\nshadows: [thrifty]\n`);
    const { of } = await checks(['--offline']);
    expect(of('policies')?.detail).toBe('8 of 9 files are valid');
    expect(of('policy bad.policy.yaml')?.detail).toContain('bad.policy.yaml:1');
    expect(of('policy blanced')).toMatchObject({ status: 'fail', hint: 'Did you mean "balanced"?' });
    expect(of('policy thrifty')).toBeUndefined();
  });

  test('a list of models that names none is a failure with the near name; a host of one is a model', async () => {
    const host =
      'endpoints: { lab: { baseUrl: "https://lab.example", keyless: true, models: { claude-opus-5-5: {} } } }\n';
    const lists = 'pool: [claude-hiaku-4-5, lab/claude-opus-5-5]\npools: { cheap: [gpt-6-luna, gpt-6-lunar] }\n';
    write('pointsman.config.yaml', `${NO_TOOLS}${host}${lists}`);
    const { code, of } = await checks(['--offline']);
    expect(code).toBe(EXIT.failed);
    expect(of('pool')).toMatchObject({ status: 'fail', hint: 'Did you mean "claude-haiku-4-5"?' });
    expect(of('pool cheap')).toMatchObject({ detail: 'it names "gpt-6-lunar", which is no model' });
  });

  test('a policy that the ready models cannot serve is a warning', async () => {
    const { of } = await checks(['--offline'], { POINTSMAN_POLICY: 'eu-only', ANTHROPIC_API_KEY: KEY });
    expect(of('policy eu-only')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('refuses every step') as string,
    });
  });

  test('a store that is a file, or a folder without write access, fails', async () => {
    const file = write('store-file', '');
    expect((await checks(['--offline'], { POINTSMAN_STORE: file })).of('store')?.status).toBe('fail');
    const locked = path.join(folder, 'locked');
    mkdirSync(locked, { mode: 0o500 });
    const found = (await checks(['--offline'], { POINTSMAN_STORE: locked })).of('store');
    // Root may write anywhere.
    expect(found?.status).toBe(process.getuid?.() === 0 ? 'ok' : 'fail');
    chmodSync(locked, 0o700);
  });

  test('a store where nothing can be made fails, though it says that it can be written', async () => {
    expect((await checks(['--offline'], { POINTSMAN_STORE: '/proc/pointsman/store' })).of('store')?.status).toBe(
      'fail',
    );
    expect((await checks(['--offline'])).of('store')?.status).toBe('ok');
    expect(readdirSync(folder)).toEqual(['pointsman.config.yaml']);
  });

  test('databases of the store are read through: whole ones are ok, damaged ones fail with what to do and what is lost', async () => {
    const store = path.join(folder, 'store');
    mkdirSync(store);
    const env = { POINTSMAN_STORE: store };
    expect((await checks(['--offline'], env)).of('store files')).toBeUndefined();
    const database = new DatabaseSync(path.join(store, 'jobs.db'));
    database.exec('CREATE TABLE t (v TEXT)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    for (let row = 0; row < 200; row += 1) insert.run('x'.repeat(500));
    database.close();
    writeFileSync(path.join(store, 'checkpoints.db'), '');
    expect((await checks(['--offline'], env)).of('store files')).toMatchObject({
      status: 'ok',
      detail: 'jobs.db, checkpoints.db are whole',
    });
    const bytes = readFileSync(path.join(store, 'jobs.db'));
    bytes.fill(0x55, 3 * 4096, 6 * 4096);
    writeFileSync(path.join(store, 'jobs.db'), bytes);
    writeFileSync(path.join(store, 'records.db'), 'no database, and long enough to show it '.repeat(50));
    const { code, of } = await checks(['--offline'], env);
    expect(code).toBe(EXIT.failed);
    expect(of('store files')).toBeUndefined();
    for (const [name, lost] of [
      ['jobs.db', 'resumed'],
      ['records.db', 'explained'],
    ] as const) {
      expect(of(`store file ${name}`)).toMatchObject({
        status: 'fail',
        detail: expect.stringContaining('is damaged') as string,
        hint: expect.stringMatching(new RegExp(`\\.recover.*move the file away.*${lost}`, 'u')) as string,
      });
    }
  });

  test('examples of shipped policies hold whatever address an endpoint has', async () => {
    const env = { POINTSMAN_ANTHROPIC_API_KEY: KEY, POINTSMAN_ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' };
    expect((await checks(['--offline'], env)).of('policy health-data')).toBeUndefined();
  });

  test('a PostgreSQL store is asked unless everything is offline, and its password is not shown', async () => {
    const env = { POINTSMAN_STORE: `postgres://user:${KEY}@127.0.0.1:1/db` };
    const asked = await checks([], env);
    expect(asked.of('store')).toMatchObject({
      status: 'fail',
      detail: 'The PostgreSQL store 127.0.0.1:1/db cannot be read: connect ECONNREFUSED 127.0.0.1:1',
      hint: expect.stringContaining('See that the server runs') as string,
    });
    const offline = await checks(['--offline'], env);
    expect(offline.of('store')).toMatchObject({ status: 'ok', detail: expect.stringContaining('not asked') as string });
  });
});

describe('textTable', () => {
  test('aligns by columns of the terminal and leaves no trailing spaces', () => {
    const table = textTable(
      [{ title: 'A' }, { title: 'N', align: 'right' }, { title: 'Z' }],
      [
        ['ä🙂', '7', ''],
        ['b', '100', 'x'],
      ],
    );
    expect(table).toBe('A      N  Z\nä🙂    7\nb    100  x\n');
  });
});
