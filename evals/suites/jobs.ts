import type { Figures } from '../../src/domain/figure.ts';
import { run as measureSteps } from '../bench/orchestrator.bench.ts';
import { executorsHere, programFile } from '../jobs/executors.ts';
import { executorCases, jobCases } from '../jobs/job-cases.ts';
import { LANGUAGES, type Language } from '../jobs/languages.ts';
import { measureCopies } from '../jobs/measure-copies.ts';
import { playJob, type JobCase, type PlayedJob } from '../jobs/play-job.ts';
import type { Suite, SuiteContext } from '../suite.ts';

/** Two at once: a job mostly waits for the programs that it starts. */
const AT_ONCE = 2;

/** Whether jobs end as they should in small repositories of real shape, through the whole product and a scripted vendor. */
export const suite: Suite = {
  name: 'jobs',
  summary:
    'repositories of many toolchains with what makes real ones hard; models that are right, wrong first, hopeless',
  async run(context) {
    const languages = LANGUAGES.filter((language) => language.programs.every(isInstalled));
    const { here, missing } = executorsHere();
    for (const name of missing) context.print(`  skipped: hands ${name}: not installed`);
    for (const { name, programs } of LANGUAGES.filter((language) => !languages.includes(language)))
      context.print(
        `  skipped: ${name}: not installed: ${programs.filter((program) => !isInstalled(program)).join(', ')}`,
      );
    const played = await playAll(context, jobCases(languages, context.quick));
    const byHands = await playAll(context, executorCases(here, context.quick));
    for (const { name, complaints, changedOutside } of [...played, ...byHands])
      for (const words of [...complaints, ...changedOutside.map((file) => `${file} changed, too`)])
        context.print(`  ${name}: ${words}`);
    const figures = { ...figuresOf(played, languages), ...handsFigures(byHands) };
    return { kind: 'ran', figures: { ...figures, ...(await measureCopies()), ...(await stepFigures()) } };
  },
};

async function playAll(context: SuiteContext, cases: readonly JobCase[]): Promise<readonly PlayedJob[]> {
  const played: PlayedJob[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = cases[next++]; one !== undefined && !context.signal.aborted; one = cases[next++]) {
      const job = await playJob(one, context.full !== true);
      played.push(job);
      context.progress(`${played.length} of ${cases.length}: ${job.name}, ${Math.round(job.durationMs)} ms\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return played;
}

function figuresOf(played: readonly PlayedJob[], languages: readonly Language[]): Figures {
  const right = played.filter(({ complaints }) => complaints.length === 0).length;
  const outside = played.reduce((sum, { changedOutside }) => sum + changedOutside.length, 0);
  const figure = (value: number, unit: string): Figures[string] => ({
    value,
    unit,
    n: played.length,
    label: 'measured',
  });
  return {
    'jobs.right.pct': figure((100 * right) / played.length, '%'),
    'jobs.bytes_changed_outside.count': figure(outside, 'files'),
    // How many there are is told: it says something of the machine alone.
    'jobs.toolchains.count': {
      value: languages.length,
      low: 1,
      high: LANGUAGES.length,
      unit: 'toolchains',
      label: 'measured',
    },
  };
}

/** Of each who carried out steps: how many of its jobs ended as they should, with nothing changed beside. */
function handsFigures(played: readonly PlayedJob[]): Figures {
  const names = [...new Set(played.map(({ by }) => by))];
  return Object.fromEntries(
    names.map((name) => {
      const own = played.filter(({ by }) => by === name);
      const right = own.filter(({ complaints, changedOutside }) => complaints.length + changedOutside.length === 0);
      const value = (100 * right.length) / own.length;
      return [`hands.${name}.right.pct`, { value, unit: '%', n: own.length, label: 'measured' }];
    }),
  );
}

/** CPU time of this process, as on a busy machine a clock would measure the neighbours. */
async function stepFigures(): Promise<Figures> {
  const { 'orchestrator.step.overhead.ms': overhead } = await measureSteps();
  return overhead === undefined ? {} : { 'jobs.step.overhead.ms': overhead };
}

const isInstalled = (program: string): boolean => programFile(program) !== undefined;
