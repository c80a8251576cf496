import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPointsman } from '../../app/create-pointsman.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { ScriptFunction } from '../../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { plantedModel, type PlantedModel } from '../../testing/internal/evaluated/planted-model.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { runCommand } from '../run-command.ts';
import { parseEvaluateArguments } from './evaluate-arguments.ts';
import { command as evaluate } from './evaluate-command.ts';

let home = '';
const open: { close(): Promise<unknown> }[] = [];
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pm-evaluate-'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(home, { recursive: true, force: true });
});

const able = (theta: number, more: Partial<PlantedModel> = {}): ScriptFunction =>
  plantedModel({ thetaOf: () => theta, seed: 5, tasksSeed: 1, taskCount: 10, ...more });

async function serve(script: ScriptFunction, apiKey?: string): Promise<ScriptedServer> {
  const server = await createScriptedServer({
    script,
    vendorChecks: false,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  open.push(server);
  return server;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly signal?: AbortSignal;
  readonly ask?: (question: string) => Promise<string>;
  readonly env?: Readonly<Record<string, string>>;
}

async function run(args: readonly string[], { signal, ask, env }: RunOptions = {}): Promise<Ran> {
  let [out, err] = ['', ''];
  const code = await runCommand(evaluate, args, {
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    env: { HOME: home, PATH: process.env['PATH'] ?? '', ...env },
    cwd: home,
    isTerminal: ask !== undefined,
    ask,
    trustFolders: true,
    signal: signal ?? new AbortController().signal,
  });
  return { code, out, err };
}

const FEW = ['--tasks', '10', '--context', '4096', '--suite', 'maths,follow'];
const configFile = (): string => path.join(home, '.config', 'pointsman', 'config.yaml');
const journals = (): readonly string[] => {
  const dir = path.join(home, '.local', 'share', 'pointsman', 'evaluations');
  return existsSync(dir) ? readdirSync(dir).map((name) => path.join(dir, name)) : [];
};
const linesOf = (what: string): number =>
  journals().reduce((sum, file) => sum + readFileSync(file, 'utf8').split(`"what":"${what}"`).length - 1, 0);

describe('pointsman evaluate', () => {
  test('tries a model at a URL, shows what it found, and writes endpoint and row that can be read and routed to', async () => {
    const { url } = await serve(able(1.5));
    const { code, out, err } = await run([
      'acme/tune-7',
      '--url',
      `${url}/v1`,
      '--tasks',
      '10',
      '--context',
      '4096',
      '--yes',
    ]);
    expect(err).toContain('Nothing is billed, as its price says.');
    expect(code, out + err).toBe(0);
    expect(out).toMatch(/code +\d+ of 10 +\+\d/u);
    expect(out).toMatch(/calls tools +yes/u);
    expect(out).toContain('how hard the tasks are is assumed');
    const config = loadConfig({ cwd: home, env: { HOME: home } });
    const model = config.models.find(({ wireModel }) => wireModel === 'acme/tune-7');
    expect(model).toMatchObject({ toolCalling: true, structuredOutput: true, asOf: expect.stringMatching(/^20/u) });
    expect(model?.abilities?.code?.mean).toBeGreaterThan(0);
    expect(model?.abilities?.summarize?.taskCount).toBe(20);
    expect(model?.outputTokensPerSecond).toBeGreaterThan(0);
    expect(model?.ttftMs).toBeGreaterThanOrEqual(0);
    expect(config.endpoints.get(model?.endpoint as never)?.baseUrl).toBe(`${url}/v1`);
  }, 120_000);

  test.each(['anthropic-messages', 'gemini-generate-content', 'openai-responses'])(
    'speaks %s where it is asked to, and says so in the configuration',
    async (wire) => {
      const { url, calls } = await serve(able(9));
      const { code, out, err } = await run(['tune', '--url', url, '--wire', wire, ...FEW, '--yes']);
      expect(code, err).toBe(0);
      expect(new Set(calls.map(({ request }) => request.wire))).toEqual(new Set([wire]));
      expect(out).toMatch(/plan +10 of 10/u);
      expect(out).toMatch(/calls tools +yes/u);
      expect(
        loadConfig({ cwd: home, env: { HOME: home } }).models.find(({ wireModel }) => wireModel === 'tune')?.wire,
      ).toBe(wire);
    },
    60_000,
  );

  test('makes decisions go by what was found', async () => {
    mkdirSync(path.dirname(configFile()), { recursive: true });
    const chosen = async (theta: number): Promise<string | undefined> => {
      const { url } = await serve(able(theta, { taskCount: 40 }));
      writeFileSync(
        configFile(),
        [
          'policy: balanced',
          `endpoints:\n  lab: { baseUrl: "${url}/v1" } # mine`,
          'models:',
          '  - { id: lab/tune, endpoint: lab, usdPerMTok: { input: 1, output: 4 }, contextTokens: 64000, toolCalling: true }',
          '  - { id: lab/known, endpoint: lab, usdPerMTok: { input: 3, output: 15 }, contextTokens: 64000, toolCalling: true, abilityIndex: 50 }',
          'pool: [lab/tune, lab/known]',
          '',
        ].join('\n'),
      );
      const done = await run([
        'lab/tune',
        '--suite',
        'maths',
        '--tasks',
        '40',
        '--context',
        '2048',
        '--yes',
        '--json',
        '--fresh',
      ]);
      expect(done.code, done.err).toBe(0);
      expect(readFileSync(configFile(), 'utf8')).toContain('# mine');
      const pointsman = await createPointsman({ cwd: home, env: { HOME: home }, store: 'memory' });
      try {
        const advice = await pointsman.routeStep({ kind: 'plan', text: 'Plan the move of the depot.' });
        return advice.decision.kind === 'refuse' ? undefined : advice.decision.to;
      } finally {
        await pointsman.close();
      }
    };
    expect(await chosen(2.5)).toBe('lab/tune');
    expect(await chosen(-2.5)).toBe('lab/known');
  }, 120_000);

  test('goes on after Ctrl-C from what was graded, and does not ask it again', async () => {
    const stop = new AbortController();
    let taskCalls = 0;
    const { url, calls } = await serve(
      able(0, {
        first: ({ messages }) => {
          const text = JSON.stringify(messages[0]);
          if (text.includes('A depot holds') && (taskCalls += 1) === 4) stop.abort();
          return undefined;
        },
      }),
    );
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--yes', '--json'];
    const first = await run(args, { signal: stop.signal });
    expect(first.code).toBe(130);
    expect(dataOf(first.out)).toMatchObject({ stopped: { code: 'aborted' } });
    const graded = linesOf('task');
    expect(graded).toBe(3);
    expect(existsSync(configFile())).toBe(false);
    const before = calls.length;
    const second = await run(args);
    expect(second.code, second.err).toBe(0);
    expect(second.err).toContain('answers of before are kept');
    expect(calls.length - before).toBe(20 - graded);
    expect(linesOf('task')).toBe(20);
    const third = await run(args);
    expect(calls.length - before).toBe(20 - graded);
    expect(dataOf(third.out)).toMatchObject({ abilities: { plan: { taskCount: 10 }, summarize: { taskCount: 10 } } });
  }, 60_000);

  test('reads a journal that was cut, or that somebody has filled with other things', async () => {
    const { url } = await serve(able(0));
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--dry-run'];
    await run(args);
    const [file = ''] = journals();
    const odd = [
      '{"v":1,"what":"task","id":"maths-1-1"',
      '{"v":1,"what":"bill","billNanoUsd":-5}',
      'nonsense',
      '{"v":9}',
    ];
    writeFileSync(file, `${readFileSync(file, 'utf8')}${odd.join('\n')}`);
    const { code, err } = await run(args);
    expect(code).toBe(0);
    expect(err).toContain('4 lines of before could not be read');
  }, 60_000);

  test('waits for no pipe in the place of its journal, and begins anew where that is asked for', async () => {
    const { url } = await serve(able(0));
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--dry-run'];
    await run(args);
    const [file = ''] = journals();
    rmSync(file);
    execFileSync('mkfifo', [file]);
    const { code, err } = await run(args);
    expect(code).not.toBe(0);
    expect(err).toMatch(/What was graded before cannot be read: .* it is no plain file/u);
    expect((await run([...args, '--fresh'])).code).toBe(0);
  }, 60_000);

  test('loses nothing behind a line that was cut, and counts no answer twice', async () => {
    const { url } = await serve(able(0));
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--price', '1/1', '--yes', '--dry-run'];
    await run(args);
    const [file = ''] = journals();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const twice = lines.filter((line) => line.includes('"what":"task"'));
    const last = lines.findLastIndex((line) => line.includes('"what":"task"'));
    writeFileSync(file, `${lines.filter((_line, index) => index !== last).join('\n')}\n{"v":1,"what":"bil`);
    await run(args);
    expect(linesOf('task')).toBe(20);
    appendFileSync(file, `${twice.join('\n')}\n`);
    const { out } = await run([...args, '--json']);
    expect(dataOf(out)).toMatchObject({ unknownBillCount: 0, abilities: { plan: { taskCount: 10 } } });
    expect(readFileSync(file, 'utf8').match(/"what":"bil\{/u)).toBeNull();
  }, 60_000);

  test('keeps what was written into its row since, and the row of another model with the same last name', async () => {
    const { url } = await serve(able(0));
    const at = ['--url', `${url}/v1`, ...FEW, '--yes'];
    expect((await run(['acme/tune', ...at])).code).toBe(0);
    const edited = readFileSync(configFile(), 'utf8').replace(/input: 0\n( +)output: 0/u, 'input: 1\n$1output: 4');
    expect(edited).toContain('output: 4');
    writeFileSync(configFile(), `${edited}policy: thrifty # mine\n`);
    const again = await run(['acme/tune', ...at, '--fresh', '--json']);
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('At its price that is')]);
    expect(readFileSync(configFile(), 'utf8')).toContain('output: 4');
    expect((await run(['other/tune', ...at])).code).toBe(0);
    const { models } = loadConfig({ cwd: home, env: { HOME: home } });
    expect(Object.fromEntries(models.map(({ wireModel, prices }) => [wireModel, prices.base.output]))).toEqual({
      'acme/tune': 4,
      'other/tune': 0,
    });
  }, 60_000);

  test('says that a model may make more calls of tasks with tools than it counts', async () => {
    const { url } = await serve(able(0));
    const said = async (suite: string): Promise<string> =>
      (
        await run([
          'tune',
          '--url',
          `${url}/v1`,
          ...FEW.slice(0, 4),
          '--suite',
          suite,
          '--price',
          '1/1',
          '--budget',
          '9',
          '--json',
        ])
      ).err;
    expect(await said('tools')).toMatch(
      /each of the 10 tasks with tools goes the shortest way; one may take 24 calls/u,
    );
    expect(await said('maths')).not.toContain('shortest way');
  }, 60_000);

  test('is done by one at a time', async () => {
    const { url, calls } = await serve(able(0));
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--yes', '--dry-run', '--json'];
    const both = await Promise.all([run(args), run(args)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const asked = calls.length;
    await run(args);
    expect([calls.length, linesOf('task')]).toEqual([asked, 20]);
  }, 60_000);

  test('counts a call that nobody has heard the end of, as after kill -9, at its most', async () => {
    const { url } = await serve(able(0, { first: () => ({ text: 'late', chunkDelayMs: 60_000 }) }));
    const stop = new AbortController();
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--price', '1/1', '--budget', '1'];
    const running = run(args, { signal: stop.signal });
    await vi.waitFor(() => expect(linesOf('bill')).toBe(1), { timeout: 20_000 });
    const [file = ''] = journals();
    expect(readFileSync(file, 'utf8')).toMatch(/"billNanoUsd":null,"mostNanoUsd":[1-9]/u);
    stop.abort();
    expect((await running).code).toBe(130);
  }, 60_000);

  test('shows the row and writes nothing with --dry-run, or where nobody says yes', async () => {
    const { url } = await serve(able(0));
    const args = ['tune', '--url', `${url}/v1`, ...FEW];
    const dry = await run([...args, '--dry-run']);
    expect(dry.out).toMatch(/models:\n {2}- id: local-\d+\/tune\n/u);
    expect((await run(args)).out).toContain('--yes writes it');
    const questions: string[] = [];
    const no = await run(args, { ask: async (question) => (questions.push(question), 'n') });
    expect(questions).toEqual(['Write this? [y/N] ']);
    expect(no.code).toBe(0);
    expect(existsSync(configFile())).toBe(false);
    const yes = await run(args, { ask: async () => 'y' });
    expect(yes.out).toContain('Written to');
    expect(existsSync(configFile())).toBe(true);
  }, 60_000);

  test('says what it costs before it begins, asks, and holds a budget', async () => {
    const { url, calls } = await serve(able(0));
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--price', '1/10'];
    const alone = await run(args);
    expect(alone.code).toBe(2);
    expect(alone.err).toMatch(/that is \$\d+\.\d+ at most/u);
    expect(alone.err).toContain('Nobody is here to agree');
    const no = await run(args, { ask: async () => '' });
    expect(no.err).toContain('Nothing was asked of the model');
    expect(calls.length).toBe(0);
    const held = await run([...args, '--budget', '0.05', '--json']);
    expect(held.code).toBe(4);
    const { spentNanoUsd, stopped } = dataOf(held.out) as { spentNanoUsd: number; stopped: object };
    expect(stopped).toMatchObject({ code: 'budget-exhausted' });
    expect(spentNanoUsd).toBeGreaterThan(0);
    expect(spentNanoUsd).toBeLessThanOrEqual(50_000_000);
    expect(held.err).toContain('the same command with a larger --budget goes on from there');
  }, 60_000);

  test('takes no unknown price for nothing', async () => {
    const { port } = await serve(able(0));
    // The same server by a name that is not known to be this machine.
    const url = `http://localhost.localdomain:${port}/v1`;
    const budget = await run(['tune', '--url', url, ...FEW, '--budget', '1']);
    expect(budget.code).toBe(2);
    expect(budget.err).toContain('A budget cannot be held without a price');
    const alone = await run(['tune', '--url', url, ...FEW]);
    expect(alone.err).toContain('it is not 0');
    expect(alone.err).toContain('Nobody is here to agree');
  });
});

describe('a server that misbehaves', () => {
  async function raw(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    open.push({
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => {
          server.close(resolve);
        });
      },
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  }

  test('a wrong key is one error with its code, and no call is made after it', async () => {
    const { url, calls } = await serve(able(0), 'right-key-right-key');
    const env = { LAB_KEY: 'wrong-key-wrong-key' };
    const { code, err } = await run(['tune', '--url', `${url}/v1`, '--key-name', 'LAB_KEY', ...FEW], { env });
    expect(code).toBe(5);
    expect(err).toContain('provider-auth');
    expect(err).not.toContain('wrong-key');
    expect(calls.length).toBeLessThanOrEqual(1);
    const good = await run(['tune', '--url', `${url}/v1`, '--key-name', 'LAB_KEY', ...FEW, '--yes'], {
      env: { LAB_KEY: 'right-key-right-key' },
    });
    expect(good.code, good.err).toBe(0);
    expect(readFileSync(configFile(), 'utf8')).not.toContain('right-key');
  }, 60_000);

  test.each<[string, RequestListener, RegExp]>([
    [
      'a page of HTML',
      (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Log in</body></html>'),
      /provider-protocol|provider-unavailable/u,
    ],
    [
      'a page that is not there',
      (_request, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
      /provider-(?:rejected|protocol)/u,
    ],
    [
      'a stream of garbage',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end('data: {"choices": [{"delta": 5}]}\n\ndata: \u0000\u001b[31m}\n\n'),
      /provider-protocol/u,
    ],
    ['an empty answer', (_request, response) => void response.writeHead(200).end(), /provider-protocol/u],
    ['nothing ever', () => undefined, /provider-timeout/u],
  ])(
    'that answers %s is an error with a code and a hint',
    async (_what, listener, code) => {
      const url = await raw(listener);
      const ran = await run(['tune', '--url', url, ...FEW, '--timeout', '1']);
      expect(ran.code).toBe(5);
      expect(ran.err).toMatch(code);
      expect(ran.err).not.toContain('\u001b[31m');
      expect(existsSync(configFile())).toBe(false);
    },
    60_000,
  );

  test('that is not there is an error that says so', async () => {
    const { code, err } = await run(['tune', '--url', 'http://127.0.0.1:9/v1', ...FEW, '--timeout', '20']);
    expect(code).toBe(5);
    expect(err).toContain('provider-unavailable');
  }, 60_000);

  test('that refuses tools has a quirk, and every other suite is graded', async () => {
    const { url } = await serve(
      able(0, {
        first: ({ tools }) =>
          tools.length > 0 ? { failure: { kind: 'rejected', message: 'tools are not supported' } } : undefined,
      }),
    );
    const { code, out } = await run([
      'tune',
      '--url',
      `${url}/v1`,
      '--tasks',
      '5',
      '--context',
      '2048',
      '--suite',
      'tools,maths',
      '--yes',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/calls tools +refused/u);
    expect(out).toContain('Left out: tools, because the server refuses tools');
    expect(out).toMatch(/plan +\d of 5/u);
    expect(loadConfig({ cwd: home, env: { HOME: home } }).models[0]?.toolCalling).toBe(false);
  }, 60_000);

  test('that limits the rate is asked again, and nothing is graded wrong for it', async () => {
    let count = 0;
    const { url } = await serve(
      able(9, {
        first: () => ((count += 1) % 3 === 0 ? { failure: { kind: 'rate-limited', retryAfterMs: 10 } } : undefined),
      }),
    );
    const { code, out } = await run(['tune', '--url', `${url}/v1`, ...FEW, '--yes']);
    expect(code).toBe(0);
    expect(out).toMatch(/plan +10 of 10/u);
  }, 120_000);

  test('that dies on the way ends the run, keeps what was graded, and takes nothing for wrong', async () => {
    let isDead = false;
    let asked = 0;
    const { url } = await serve(
      able(9, {
        first: ({ messages }) => {
          if (JSON.stringify(messages[0]).includes('A depot holds')) asked += 1;
          if (asked > 6) isDead = true;
          return isDead ? { failure: { kind: 'broken-json' } } : undefined;
        },
      }),
    );
    const args = ['tune', '--url', `${url}/v1`, ...FEW, '--json'];
    const { code, out } = await run(args);
    expect(code).toBe(5);
    expect(dataOf(out)).toMatchObject({ stopped: { code: 'provider-protocol' }, unanswered: [{}, {}, {}] });
    expect((dataOf(out) as { tasks: readonly { isRight: boolean }[] }).tasks.map(({ isRight }) => isRight)).toEqual(
      Array.from({ length: 6 }, () => true),
    );
  }, 120_000);

  test('that loses the beginning of long prompts is told by how long its window really is', async () => {
    const { url } = await serve(able(0, { contextChars: 12_000 }));
    const { out } = await run(['tune', '--url', `${url}/v1`, ...FEW, '--context', '16000', '--json', '--dry-run']);
    const { row, context } = dataOf(out) as {
      row: { contextTokens: number };
      context: { foundTokens: number; lostTokens: number };
    };
    expect(context.lostTokens).toBeGreaterThan(context.foundTokens);
    expect(row.contextTokens).toBe(context.foundTokens);
  }, 60_000);
});

describe('what its page shows', () => {
  test.each([
    ['acme/tune-7', '--url', 'http://127.0.0.1:8080/v1'],
    ['lab/tune-7', '--suite', 'code,tools', '--tasks', '50', '--budget', '2'],
    ['NAME', '--endpoint', 'openrouter', '--price', '0.2/0.8'],
  ])('is understood: %s %s %s', (...args) => {
    const asked = parseEvaluateArguments(args);
    expect(asked.model).toBe(args[0]);
    expect(asked.url ?? asked.budgetNanoUsd ?? asked.price).toEqual(
      [args.at(-1), 2_000_000_000, { input: 0.2, output: 0.8 }].find(
        (_one, index) => args[0] === ['acme/tune-7', 'lab/tune-7', 'NAME'][index],
      ),
    );
  });
});

describe('what is asked wrongly', () => {
  test.each<[string, readonly string[], string]>([
    ['no model', [], 'Which model?'],
    ['two models', ['a', 'b'], 'One model'],
    ['a name with control characters', ['a\u0007b'], 'without blanks'],
    ['an unknown model', ['local/codr'], 'There is no model'],
    ['an unknown suite', ['a', '--suite', 'coed'], 'Did you mean "code"?'],
    ['a URL that is none', ['a', '--url', 'file:///etc/passwd'], '--url'],
    [
      'a key where its name belongs',
      ['a', '--url', 'http://127.0.0.1:1', '--key-name', 'sk-abc-def'],
      'environment variable',
    ],
    ['a price that is none', ['a', '--url', 'http://127.0.0.1:1', '--price', '1'], 'INPUT/OUTPUT'],
    ['a negative price', ['a', '--url', 'http://127.0.0.1:1', '--price=-1/2'], 'not a number'],
    ['half a task', ['a', '--tasks', '7.5'], 'whole number'],
    ['an odd endpoint', ['a', '--endpoint', '../x'], 'no name for an endpoint'],
    ['an endpoint that is not there', ['a', '--endpoint', 'nowhere'], 'There is no endpoint'],
    ['a format that is none', ['a', '--url', 'http://127.0.0.1:1', '--wire', 'openai'], 'is no format'],
    ['no budget', ['a', '--url', 'http://127.0.0.1:1', '--budget', '0'], '--budget'],
  ])('%s is an error with a hint', async (_what, args, message) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain('sk-abc-def');
    expect(journals()).toEqual([]);
  });
});
