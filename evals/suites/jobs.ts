import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Figures } from '../../src/domain/figure.ts';
import { run as measureSteps } from '../bench/orchestrator.bench.ts';
import { jobCases } from '../jobs/job-cases.ts';
import { LANGUAGES, type Language } from '../jobs/languages.ts';
import { measureCopies } from '../jobs/measure-copies.ts';
import { playJob, type PlayedJob } from '../jobs/play-job.ts';
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
    for (const { name, programs } of LANGUAGES.filter((language) => !languages.includes(language)))
      context.print(
        `  skipped: ${name}: not installed: ${programs.filter((program) => !isInstalled(program)).join(', ')}`,
      );
    const played = await playAll(context, languages);
    for (const { name, complaints, changedOutside } of played)
      for (const words of [...complaints, ...changedOutside.map((file) => `${file} changed, too`)])
        context.print(`  ${name}: ${words}`);
    const figures = { ...figuresOf(played, languages), ...(await measureCopies()), ...(await stepFigures()) };
    return { kind: 'ran', figures };
  },
};

async function playAll(context: SuiteContext, languages: readonly Language[]): Promise<readonly PlayedJob[]> {
  const cases = jobCases(languages, context.quick);
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

/** CPU time of this process, as on a busy machine a clock would measure the neighbours. */
async function stepFigures(): Promise<Figures> {
  const { 'orchestrator.step.overhead.ms': overhead } = await measureSteps();
  return overhead === undefined ? {} : { 'jobs.step.overhead.ms': overhead };
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
