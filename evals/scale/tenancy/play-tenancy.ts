import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openGateway, type OpenedGateway } from '../../../src/app/open-gateway.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { nanoFromUsd } from '../../../src/domain/money.ts';
import { createAccessKey, type AccessKey } from '../../../src/gateway/core/access-keys.ts';
import { createPriorPredictor } from '../../../src/predict/prior-predictor.ts';
import { seededRandom } from '../../../src/stats/seeded-random.ts';
import { createLeakFinder, type Leak, type LeakFinder } from './find-leaks.ts';
import { randomAct } from './random-act.ts';
import { openTenancyVendor, VENDOR_SECRET, type TenancyVendor } from './tenancy-vendor.ts';
import { createWorld, type Act, type Principal, type ThingKind, type World } from './tenancy-world.ts';

export interface TenancyOptions {
  readonly seed: number;
  readonly callCount: number;
  /** A PostgreSQL store that is nobody else's. Absent: a folder. */
  readonly address?: string | undefined;
  /** Two principals are let share one access key, so that all of one's is the other's: the generator has to see that. */
  readonly isLeaky?: boolean;
  readonly signal: AbortSignal;
}

export interface TenancyRun {
  readonly callCount: number;
  /** Of those that succeeded, by what was asked. */
  readonly doneCounts: ReadonlyMap<string, number>;
  /** What was asked for of another's, and refused. */
  readonly refusedCount: number;
  readonly leaks: readonly Leak[];
}

const KEY_COUNT = 8;
const AT_ONCE = 12;
const OPERATOR_TOKEN = 'token-of-the-operator-of-this-run';
const METRICS_TOKEN = 'token-that-opens-metrics-alone';

/** Random principals make random calls of everything that a gateway answers, over a store of the product's own; it is started anew halfway. */
export async function playTenancy(options: TenancyOptions): Promise<TenancyRun> {
  const cwd = mkdtempSync(path.join(tmpdir(), 'pointsman-tenancy-'));
  const vendor = await openTenancyVendor();
  const world = createWorld(seededRandom(options.seed));
  const { principals, keys, keyIds } = makePrincipals(world, options.isLeaky === true);
  const run = createPlay(world, principals, createLeakFinder(keyIds));
  try {
    for (const half of [Math.ceil(options.callCount / 2), Math.floor(options.callCount / 2)]) {
      const gateway = await openAt({ cwd, vendor, keys }, options);
      try {
        const { url } = await gateway.listen();
        const tails = principals.filter(({ kind }) => kind !== 'nobody').map((who) => watchTail(url, who, run));
        await Promise.all(
          Array.from({ length: AT_ONCE }, (_, index) => playPart({ url, run, signal: options.signal }, half, index)),
        );
        for (const tail of tails) await tail.close();
      } finally {
        await gateway.close();
      }
    }
    return run.sum();
  } finally {
    await vendor.close();
    rmSync(cwd, { recursive: true, force: true });
  }
}

interface Part {
  readonly url: string;
  readonly run: Play;
  readonly signal: AbortSignal;
}

async function playPart({ url, run, signal }: Part, count: number, index: number): Promise<void> {
  for (let turn = index; turn < count; turn += AT_ONCE) {
    if (signal.aborted) return;
    await run.once(url);
  }
}

interface Principals {
  readonly principals: readonly Principal[];
  readonly keys: readonly AccessKey[];
  /** Whose each key is. */
  readonly keyIds: ReadonlyMap<string, string>;
}

/** Keys of every kind, whose names are words of their owners' own, an operator, somebody who may see metrics, and two that nobody knows. */
function makePrincipals(world: World, isLeaky: boolean): Principals {
  const made = Array.from({ length: KEY_COUNT }, (_, index) => {
    const name = `p${String.fromCodePoint(97 + index)}`;
    const more = [
      {},
      { budgetNanoUsd: nanoFromUsd(0.02), team: 'acme/ads' },
      { allowModels: ['claude-haiku-4-5', 'gpt-6-luna'] },
      { policyId: 'thrifty', team: 'acme/search' },
    ][index % 4];
    const options = {
      name: `team ${world.mark(name)}`,
      createdAt: Date.now(),
      budgetNanoUsd: undefined,
      policyId: undefined,
      allowModels: undefined,
      requestsPerMinute: undefined,
    };
    return { name, ...createAccessKey({ ...options, ...more }) };
  });
  const [first] = made;
  const withKeys = made.map(({ name, token }, index): Principal => ({
    name,
    kind: 'key',
    token: isLeaky && index === 1 ? first?.token : token,
  }));
  const others: readonly Principal[] = [
    { name: 'operator', kind: 'operator', token: OPERATOR_TOKEN },
    { name: 'metrics', kind: 'metrics', token: METRICS_TOKEN },
    { name: 'nobody', kind: 'nobody', token: undefined },
    { name: 'guesser', kind: 'nobody', token: `pm-${first?.key.id ?? ''}-guessed` },
  ];
  return {
    principals: [...withKeys, ...withKeys, ...others],
    keys: made.map(({ key }) => key),
    keyIds: new Map(made.map(({ key, name }) => [key.id, name])),
  };
}

interface OpenedFor {
  readonly cwd: string;
  readonly vendor: TenancyVendor;
  readonly keys: readonly AccessKey[];
}

async function openAt({ cwd, vendor, keys }: OpenedFor, { address }: TenancyOptions): Promise<OpenedGateway> {
  const file = path.join(cwd, 'pointsman.yaml');
  writeFileSync(
    file,
    `endpoints:\n  openai: { baseUrl: "${vendor.url}/v1" }\n  anthropic: { baseUrl: "${vendor.url}" }\nrecords: { words: true }\nteams: { acme: { budgetUsd: 50 } }\npool: [claude-haiku-4-5, claude-opus-5-5, gpt-6-luna]\n`,
  );
  const env = {
    HOME: cwd,
    OPENAI_API_KEY: VENDOR_SECRET,
    ANTHROPIC_API_KEY: VENDOR_SECRET,
    POINTSMAN_METRICS_TOKEN: METRICS_TOKEN,
    POINTSMAN_LOG: 'silent',
    ...(address === undefined ? {} : { POINTSMAN_STORE: address }),
  };
  return openGateway({
    cwd,
    env,
    config: loadConfig({ cwd, env, file }),
    ...(address === undefined ? { store: { dir: path.join(cwd, 'store') } } : {}),
    settings: { port: 0, maxRetries: 0, drainMs: 500 },
    predictor: createPriorPredictor(),
    pings: false,
    accessKeys: keys,
    operatorToken: OPERATOR_TOKEN,
  });
}

interface Play {
  once(url: string): Promise<void>;
  /** What came to somebody who watches. */
  watched(who: Principal, text: string): void;
  sum(): TenancyRun;
}

function createPlay(world: World, principals: readonly Principal[], finder: LeakFinder): Play {
  const leaks: Leak[] = [];
  const doneCounts = new Map<string, number>();
  let [callCount, refusedCount] = [0, 0];
  return {
    once: async (url) => {
      const who = world.one(principals);
      const act = randomAct(world, who);
      finder.noteWords(who, act);
      const answer = await ask(url, who, act);
      callCount += 1;
      leaks.push(...finder.look(act, who, answer));
      const isDone = answer.status < 300;
      if (isDone) doneCounts.set(act.name, (doneCounts.get(act.name) ?? 0) + 1);
      else if (act.wants !== undefined && act.wants.owner !== who.name) refusedCount += 1;
      if (isDone && who.kind === 'key') note(world, who, act, answer);
    },
    watched: (who, text) => {
      const act: Act = { name: 'tail', method: 'GET', path: '/pointsman/tail' };
      if (text !== '') doneCounts.set('tail', (doneCounts.get('tail') ?? 0) + 1);
      leaks.push(...finder.look(act, who, { status: 200, text }));
    },
    sum: () => ({ callCount, refusedCount, doneCounts, leaks }),
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function ask(url: string, who: Principal, { method, path: at, headers = {}, body }: Act): Promise<Answer> {
  const authorization = who.token === undefined ? {} : { authorization: `Bearer ${who.token}` };
  const response = await fetch(url + at, {
    method,
    headers: { ...headers, ...authorization },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const said = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  return { status: response.status, text: `${said}\n\n${text}`, headers: response.headers };
}

/** What came of it is there for everybody to ask for. */
function note(world: World, { name: owner }: Principal, act: Act, { text, headers }: Answer): void {
  const add = (kind: ThingKind, id: string | null | undefined): void => {
    if (id !== null && id !== undefined) world.things.push({ kind, id, owner });
  };
  if (act.makes !== undefined) add(act.makes, /"id":\s?"((?:resp|file|msgbatch|conv)_\w+)"/u.exec(text)?.[1]);
  add('decision', headers.get('x-pointsman-decision'));
  const session = act.headers?.['x-pointsman-session'];
  if (session?.includes(`zq${owner}q`) === true) add('session', session);
}

function watchTail(url: string, who: Principal, run: Play): { close(): Promise<void> } {
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${who.token ?? ''}` };
  const watching = (async (): Promise<void> => {
    const { body } = await fetch(`${url}/pointsman/tail`, { headers, signal: leaving.signal });
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) run.watched(who, decoder.decode(chunk as Uint8Array, { stream: true }));
  })().catch(() => undefined);
  return {
    close: async () => {
      leaving.abort();
      await watching;
    },
  };
}
