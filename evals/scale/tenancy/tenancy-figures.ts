import type { Figures } from '../../../src/domain/figure.ts';
import type { SuiteContext } from '../../suite.ts';
import type { StorePlace } from '../store-place.ts';
import { playTenancy } from './play-tenancy.ts';

/** Calls of one store: what the page reads grows with it, and time should go into calls. */
const CALLS_A_ROUND = 2500;

/** How often one principal saw what is another's, over folders and PostgreSQL in turns. */
export async function tenancyFigures(
  store: StorePlace | undefined,
  { callCount, seed }: { readonly callCount: number; readonly seed: number },
  { print, progress, signal }: Pick<SuiteContext, 'print' | 'progress' | 'signal'>,
): Promise<Figures> {
  let [asked, refused, leakCount] = [0, 0, 0];
  for (let round = 0; asked < callCount && !signal.aborted; round += 1) {
    const address = round % 2 === 1 ? store?.freshDirectAddress() : undefined;
    const run = await playTenancy({
      seed: seed + round,
      callCount: Math.min(CALLS_A_ROUND, callCount - asked),
      address,
      signal,
    });
    asked += run.callCount;
    refused += run.refusedCount;
    leakCount += run.leaks.length;
    progress(`${asked} of ${callCount} random calls, ${leakCount} leaks`);
    for (const { act, viewer, what } of run.leaks.slice(0, 10)) print(`  leak: ${viewer} saw by ${act}: ${what}`);
  }
  const places = store === undefined ? 'folders alone, as there is no PostgreSQL' : 'folders and PostgreSQL in turns';
  print(`  ${asked} random calls over ${places}: ${refused} for what is another's were refused, ${leakCount} leaks`);
  return { 'scale.tenancy.leaks.count': { value: leakCount, unit: 'leaks', n: asked, seed, label: 'measured' } };
}
