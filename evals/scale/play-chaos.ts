import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createDraw } from '../trust/draw.ts';
import { openBalancer } from './balancer.ts';
import { openCallVendor, type SeenCall } from './call-vendor.ts';
import { createCaller, type CallerKey } from './caller.ts';
import { runChaos, type ChaosPlan, type ChaosTally } from './chaos-acts.ts';
import { freePorts, keepRunning, runCommand, untilAnswered, type Place } from './fleet.ts';
import { gatewayPlace } from './gateway-place.ts';
import { openJobSide } from './job-side.ts';
import { billsOfKeys, type CallEnd, type KeyBill, type SeenEffect, type SeenJobCall } from './sightings.ts';
import type { StorePlace } from './store-place.ts';

export interface ChaosOptions extends ChaosPlan {
  readonly seed: number;
  readonly jobCount: number;
  readonly callCount: number;
  readonly workerCount: number;
  readonly gatewayCount: number;
  /** Of each of two keys; a fifth of all calls is made with each. */
  readonly budgetUsd: number;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What vendors, tool servers, callers and users saw. */
export interface ChaosRun {
  readonly tally: ChaosTally;
  readonly jobs: readonly string[];
  readonly jobCalls: readonly SeenJobCall[];
  readonly effects: readonly SeenEffect[];
  readonly endedAtVendor: ReadonlySet<string>;
  /** What the user is told of jobs that are not done, by name. */
  readonly notDone: ReadonlyMap<string, string>;
  readonly keyBills: readonly KeyBill[];
  readonly callEnds: readonly CallEnd[];
  readonly retryCount: number;
  readonly vendorCalls: readonly SeenCall[];
  /** What vendors were asked that nobody may ask. */
  readonly surprises: readonly string[];
}

const CALLS_A_SESSION = 6;
const LANES = 32;
const BUDGETED = ['poor', 'poorer'] as const;
const START_MS = 60_000;
/** Without a job that ends, once nobody dies any more: those that are left are lost. */
const SETTLE_MS = 180_000;
const JOBS_A_WORKER = 2;
/** Calls of a job, plan and summary included. */
const CALLS_A_JOB = 8;

/** Workers and gateways on one store, under load, while some of them die; then whoever is left brings it to an end. */
export async function playChaos(store: StorePlace, options: ChaosOptions): Promise<ChaosRun> {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-scale-')));
  const address = store.freshAddress();
  const slots = options.workerCount * JOBS_A_WORKER;
  // So slow that jobs are under way for as long as others die.
  const callMs = Math.min(4000, (options.seconds * 800 * slots) / (options.jobCount * CALLS_A_JOB));
  const jobSide = await openJobSide(dir, address, callMs);
  const vendor = await openCallVendor();
  const place = gatewayPlace(dir, address, vendor.url);
  const ports = await freePorts(options.gatewayCount);
  const keys = await makeKeys(place, options.budgetUsd);
  const gateways = ports.map((port, index) =>
    keepRunning(`gateway ${index}`, ['serve', '--port', String(port), '--policy', 'balanced', '--no-pings'], place),
  );
  const balancer = await openBalancer(ports);
  const caller = createCaller(balancer.url);
  const workers = Array.from({ length: options.workerCount }, (_, index) =>
    keepRunning(`worker ${index}`, ['worker', '--jobs', String(JOBS_A_WORKER), '--no-pings'], jobSide),
  );
  try {
    const jobs = await jobSide.give(options.jobCount);
    await untilAnswered(ports, START_MS);
    const load = callAll(caller, keys, options);
    const draw = createDraw(options.seed);
    const tally = await runChaos({ workers, gateways, store }, options, { ...options, draw });
    options.progress('nobody dies any more\n');
    const callEnds = await load;
    const notDone = await jobSide.untilOver(SETTLE_MS);
    const budget = options.budgetUsd * 1e9;
    return {
      tally,
      jobs,
      jobCalls: jobSide.calls,
      effects: jobSide.effects,
      endedAtVendor: await jobSide.endedAtVendor(),
      notDone,
      keyBills: billsOfKeys(vendor.calls, new Map(BUDGETED.map((name) => [name, budget]))),
      callEnds,
      retryCount: caller.retryCount,
      vendorCalls: vendor.calls,
      surprises: [...jobSide.surprises, ...vendor.objections],
    };
  } finally {
    await Promise.all([...workers, ...gateways].map(async (kept) => kept.end()));
    caller.close();
    await balancer.close();
    await vendor.close();
    await jobSide.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function callAll(
  caller: ReturnType<typeof createCaller>,
  keys: readonly CallerKey[],
  { callCount, seconds, signal }: ChaosOptions,
): Promise<readonly CallEnd[]> {
  const ends: CallEnd[] = [];
  const begin = Date.now();
  let next = 0;
  let sessions = 0;
  const lane = async (): Promise<void> => {
    while (next < callCount && !signal.aborted) {
      const session = `s-${sessions++}`;
      const key = keys[sessions % keys.length] ?? { name: '', token: '' };
      for (let turn = 0; turn < CALLS_A_SESSION && next < callCount; turn += 1) {
        const number = next++;
        await wait(Math.max(0, begin + (number / callCount) * seconds * 1000 - Date.now()));
        ends.push(await caller.ask({ number, key, session, turn }));
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return ends;
}

/** Three without a limit, so that most calls go on when the others' money is spent. */
async function makeKeys(place: Place, budgetUsd: number): Promise<readonly CallerKey[]> {
  const keys: CallerKey[] = [];
  for (const name of ['rich', BUDGETED[0], 'richer', BUDGETED[1], 'richest']) {
    const limit = name.startsWith('poor') ? ['--budget-usd', String(budgetUsd)] : [];
    const said = await runCommand(['keys', 'add', name, ...limit], place);
    const token = /(pm-\S+)/u.exec(said)?.[1];
    if (token === undefined) throw new Error(`no key was made: ${said}`);
    keys.push({ name, token });
  }
  return keys;
}
