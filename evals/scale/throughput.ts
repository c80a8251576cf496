import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { benchBody, runLoad } from '../bench/gateway-load.ts';
import { startService, stopServices, type Service } from '../bench/gateway-service.ts';
import { CALLS_PER_STEP } from '../bench/measure-gateway.ts';
import { startServe } from '../bench/serve-process.ts';
import { runCommand } from './fleet.ts';
import { middleOf } from './middle-of.ts';
import type { StorePlace } from './store-place.ts';

const CONNECTIONS = 32;
const WARM_UP_CALLS = 400;

interface Side {
  readonly service: Service;
  /** A key without a limit, and one whose every call is set aside and settled. */
  readonly tokens: { readonly free: string; readonly budgeted: string };
}

/** Small calls a second of `serve` on PostgreSQL, in turns with the same on a folder, in one run: records are on, one call of eight is decided. */
export async function throughputFigures(
  store: StorePlace,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Figures> {
  const dir = mkdtempSync(path.join(tmpdir(), 'pointsman-scale-'));
  const upstream = await startService('gateway-upstream.ts');
  const sides: Side[] = [];
  try {
    const postgres = await openSide(upstream.url, dir, store.freshDirectAddress());
    sides.push(postgres);
    const folder = await openSide(upstream.url, dir, path.join(dir, 'store'));
    sides.push(folder);
    const both = async (key: keyof Side['tokens']): Promise<Figure> => {
      const ratios = [];
      for (const side of [postgres, folder]) await callsASecond(side, key, { seconds: 60, most: WARM_UP_CALLS });
      for (let round = 0; round < rounds; round += 1) {
        // Whoever goes first in one round goes second in the next.
        const order = round % 2 === 0 ? [postgres, folder] : [folder, postgres];
        const perSecond = new Map<Side, number>();
        for (const side of order) perSecond.set(side, await callsASecond(side, key, { seconds }));
        ratios.push((perSecond.get(postgres) ?? Number.NaN) / (perSecond.get(folder) ?? Number.NaN));
      }
      return { ...middleOf(ratios), unit: 'ratio', n: rounds, label: 'measured' };
    };
    return {
      'scale.gateway.pg.rps.ratio': await both('free'),
      'scale.gateway.pg.budgeted.rps.ratio': await both('budgeted'),
    };
  } finally {
    stopServices(upstream, ...sides.map(({ service }) => service));
    rmSync(dir, { recursive: true, force: true });
  }
}

async function openSide(upstreamUrl: string, cwd: string, store: string): Promise<Side> {
  const place = { cwd, env: { PATH: process.env['PATH'], HOME: cwd, POINTSMAN_STORE: store } };
  const key = async (...args: readonly string[]): Promise<string> =>
    /(pm-\S+)/u.exec(await runCommand(['keys', 'add', ...args], place))?.[1] ?? '';
  const tokens = { free: await key('free'), budgeted: await key('budgeted', '--budget-usd', '100000') };
  return { service: await startServe(upstreamUrl, 1, store), tokens };
}

async function callsASecond(
  { service, tokens }: Side,
  key: keyof Side['tokens'],
  { seconds, most }: { readonly seconds: number; readonly most?: number },
): Promise<number> {
  const { perSecond, failureCount } = await runLoad({
    url: `${service.url}/v1/chat/completions`,
    headers: { authorization: `Bearer ${tokens[key]}` },
    body: benchBody('openai-chat', 'small', { model: 'auto', stream: false }),
    connections: CONNECTIONS,
    seconds,
    callsPerSession: CALLS_PER_STEP,
    ...(most === undefined ? {} : { maxRequests: most }),
  });
  if (failureCount > 0) throw new Error(`${failureCount} calls failed`);
  return perSecond;
}
