import type { Postgres } from '../../postgres/postgres.ts';
import type { LedgerAnswer } from '../ledger.ts';
import type { MoneyResult } from '../money-op.ts';
import { freeInMs } from '../silence.ts';

const HOLDERS = `select account, extract(epoch from clock_timestamp() - beat_at)::float8 * 1000 as silent
  from (select distinct account, process from money_holds where account = any($1) and presumed_nano_usd is null) as holders
  left join money_processes on id = process`;

interface Holder {
  readonly account: string;
  readonly silent: number | null;
}

type Held = Extract<LedgerAnswer, { kind: 'held' }>;

/** Says of money that is held when it comes free, where only processes hold it that have not been heard of. Asks nothing where none is held. */
export async function withFreeIn(postgres: Postgres, results: readonly MoneyResult[]): Promise<readonly MoneyResult[]> {
  const accounts = new Set(results.flatMap((result) => heldIn(result)?.account ?? []));
  if (accounts.size === 0) return results;
  // Without it callers come again soon, which does no harm.
  const found = await postgres.query<Holder>(HOLDERS, [[...accounts]]).catch(() => undefined);
  return results.map((result) => {
    const held = heldIn(result);
    const holders = found?.rows.filter(({ account }) => account === held?.account) ?? [];
    const inMs = freeInMs(holders.map(({ silent }) => silent ?? undefined));
    return held === undefined || inMs === undefined ? result : { kind: 'done', reply: { ...held, freeInMs: inMs } };
  });
}

function heldIn(result: MoneyResult): Held | undefined {
  const reply = result.kind === 'done' ? result.reply : undefined;
  return reply !== undefined && 'kind' in reply && reply.kind === 'held' ? reply : undefined;
}
