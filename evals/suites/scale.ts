import type { Figure, Figures } from '../../src/domain/figure.ts';
import { movedFigures } from '../scale/moved-sessions.ts';
import { playChaos, type ChaosOptions, type ChaosRun } from '../scale/play-chaos.ts';
import { askedAgain, doubledEffects, lostJobs, overrunBudgets, repeatedSteps } from '../scale/sightings.ts';
import { stepFigures } from '../scale/step-cost.ts';
import { openStorePlace } from '../scale/store-place.ts';
import { tenancyFigures } from '../scale/tenancy/tenancy-figures.ts';
import { throughputFigures } from '../scale/throughput.ts';
import type { Suite, SuiteContext } from '../suite.ts';

const SEED = 20_261_130;

/** The whole run takes half an hour, the small one three minutes. */
const FORMS = {
  whole: {
    chaos: {
      seconds: 480,
      jobCount: 205,
      callCount: 50_500,
      killEverySeconds: 9,
      stopCount: 4,
      cutSeconds: 30,
      budgetUsd: 2,
    },
    rounds: 7,
    seconds: 4,
    jobs: 15,
    sessions: 150,
    tenancyCalls: 100_000,
  },
  small: {
    chaos: {
      seconds: 45,
      jobCount: 12,
      callCount: 2000,
      killEverySeconds: 6,
      stopCount: 1,
      cutSeconds: 6,
      budgetUsd: 0.08,
    },
    rounds: 3,
    seconds: 1,
    jobs: 3,
    sessions: 24,
    tenancyCalls: 5000,
  },
} as const;

/** Whether workers and gateways on one PostgreSQL keep what they owe while some of them die, and what it costs beside a folder. */
export const suite: Suite = {
  name: 'scale',
  summary:
    '3 workers and 3 gateways on one PostgreSQL, killed, stopped and cut off; tenants apart; calls a second and steps beside a folder',
  async run(context) {
    const store = await openStorePlace();
    const form = FORMS[context.quick ? 'small' : 'whole'];
    const { progress, signal } = context;
    try {
      const tenancy = await tenancyFigures(store, { callCount: form.tenancyCalls, seed: SEED }, context);
      if (store === undefined) {
        context.print('  skipped: all else, as there is no PostgreSQL here (Debian: postgresql)');
        return { kind: 'ran', figures: tenancy };
      }
      const run = await playChaos(store, {
        ...form.chaos,
        workerCount: 3,
        gatewayCount: 3,
        seed: SEED,
        progress,
        signal,
      });
      describe(context, run, form.chaos);
      return {
        kind: 'ran',
        figures: {
          ...tenancy,
          ...chaosFigures(run),
          ...(await movedFigures(store, form.sessions)),
          ...(await throughputFigures(store, form)),
          ...(await stepFigures(store, form.jobs)),
        },
      };
    } finally {
      await store?.close();
    }
  },
};

function chaosFigures(run: ChaosRun): Figures {
  const { jobs, jobCalls, effects, endedAtVendor, notDone, keyBills, callEnds } = run;
  const count = (value: number, unit: string, n: number): Figure => ({ value, unit, n, seed: SEED, label: 'measured' });
  const shown = new Set(jobs.filter((job) => !notDone.has(job)));
  return {
    'scale.chaos.repeated_steps.count': count(repeatedSteps(jobCalls).length, 'calls', jobCalls.length),
    'scale.chaos.doubled_effects.count': count(doubledEffects(effects).length, 'effects', effects.length),
    'scale.chaos.lost_jobs.count': count(
      lostJobs(jobs, { atVendor: endedAtVendor, asShown: shown }).length,
      'jobs',
      jobs.length,
    ),
    'scale.chaos.overrun_budgets.count': count(overrunBudgets(keyBills).length, 'keys', keyBills.length),
    'scale.chaos.unanswered_calls.count': count(
      callEnds.filter(({ kind }) => kind === 'unanswered').length,
      'calls',
      callEnds.length,
    ),
  };
}

/** What a person wants to know of a run before the figures: that there was chaos, that budgets had a say, and what went wrong. */
function describe(
  { print }: Pick<SuiteContext, 'print'>,
  run: ChaosRun,
  { budgetUsd }: Pick<ChaosOptions, 'budgetUsd'>,
): void {
  const { tally, jobs, callEnds, keyBills } = run;
  print(
    `  ${Object.entries(tally)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}; no clock was skewed (there is no libfaketime)`,
  );
  print(
    `  ${jobs.length} jobs: ${run.jobCalls.length} calls, of which ${askedAgain(run.jobCalls)} were asked again as their answer was lost with a worker; ${run.effects.length} effects`,
  );
  print(
    `  ${callEnds.length} calls of gateways: ${callEnds.filter(({ kind }) => kind === 'refused').length} refused over a budget, ${run.retryCount} tried again`,
  );
  for (const { key, billedNanoUsd, overrunRatio } of keyBills)
    print(
      `  key ${key}: billed ${(billedNanoUsd / 1e9).toFixed(4)} of ${budgetUsd} USD, ${overrunRatio.toFixed(2)} reservations over`,
    );
  const shown = new Set(jobs.filter((job) => !run.notDone.has(job)));
  const faults = [
    ...repeatedSteps(run.jobCalls).map((call) => `repeated: ${JSON.stringify(call)}`),
    ...doubledEffects(run.effects).map((effect) => `doubled: ${JSON.stringify(effect)}`),
    ...lostJobs(jobs, { atVendor: run.endedAtVendor, asShown: shown }).map(
      (job) => `lost: ${job} ${run.notDone.get(job) ?? ''}`,
    ),
    ...callEnds.flatMap((end) => (end.kind === 'unanswered' ? [`unanswered: ${end.why}`] : [])),
    ...run.surprises.map((words) => `not rightly asked: ${words}`),
  ];
  for (const words of faults.slice(0, 30)) print(`  ${words}`);
}
