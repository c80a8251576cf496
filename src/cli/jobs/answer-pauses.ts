import type { JobReport } from '../../orchestrator/model/job-report.ts';
import type { Pointsman, ResumeAnswer } from '../../orchestrator/model/pointsman.ts';
import { shownLines } from '../../trust/shown.ts';
import type { CommandIo } from '../input/command.ts';
import type { JobProgress } from '../text/job-progress.ts';

/** What a job is asked and answered with while it runs. */
interface Asking {
  readonly io: CommandIo;
  readonly pointsman: Pick<Pointsman, 'resumeJob'>;
  /** Absent: for a machine, which is asked nothing. */
  readonly progress: JobProgress | undefined;
}

/**
 * Asks the person at the terminal what the job asks, and goes on with the answers until it ends or they leave it paused.
 * Where nobody can answer it stays paused, and its report says how to go on.
 */
export async function answerPauses(report: JobReport, { io, pointsman, progress }: Asking): Promise<JobReport> {
  if (progress === undefined || io.ask === undefined) return report;
  let latest = report;
  while (latest.status === 'paused' && !io.signal.aborted) {
    progress.close();
    const answer = await answerTo(latest, io.ask, io);
    if (answer === undefined) return latest;
    const handle = await pointsman.resumeJob(latest.jobId, { signal: io.signal, onEvent: progress.onEvent, answer });
    latest = await handle.result;
  }
  return latest;
}

type AskPerson = NonNullable<CommandIo['ask']>;

async function answerTo({ pause }: JobReport, ask: AskPerson, io: CommandIo): Promise<ResumeAnswer | undefined> {
  if (pause === undefined || pause.code === 'aborted') return undefined;
  // The question itself has just been shown as an event, which may have scrolled away.
  const read = readers[pause.kind];
  const answer = await read?.(shownLines(pause.question), ask, io);
  return answer?.kind === 'all-permissions' ? answer : answer && { ...answer, subject: pause.subject };
}

const readers: Partial<
  Record<
    NonNullable<JobReport['pause']>['kind'],
    (question: string, ask: AskPerson, io: CommandIo) => Promise<ResumeAnswer | undefined>
  >
> = { permission: permissionAnswer, budget: budgetAnswer, question: replyToServer };

type PermissionAnswer = Extract<ResumeAnswer, { readonly kind: 'permission' }>;
type BudgetAnswer = Extract<ResumeAnswer, { readonly kind: 'budget' }>;

const PERMISSIONS: readonly (readonly [pattern: RegExp, answer: PermissionAnswer])[] = [
  [/^y(?:es)?$/iu, { kind: 'permission', allow: true, scope: 'job' }],
  [/^o(?:nce)?$/iu, { kind: 'permission', allow: true, scope: 'once' }],
  [/^a(?:lways)?$/iu, { kind: 'permission', allow: true, scope: 'always' }],
  [/^no?$/iu, { kind: 'permission', allow: false }],
];
const PERMISSION_HELP =
  'y: in this job · o: once · a: always in this folder · n: go on without it · Enter: leave it paused';

async function permissionAnswer(
  question: string,
  ask: AskPerson,
  io: CommandIo,
): Promise<PermissionAnswer | undefined> {
  io.stderr(`\n${question}\n${PERMISSION_HELP}\n`);
  for (;;) {
    const said = (await ask('[y/o/a/n] ')).trim();
    if (said === '' || io.signal.aborted) return undefined;
    const found = PERMISSIONS.find(([pattern]) => pattern.test(said));
    if (found !== undefined) return found[1];
    io.stderr(`${PERMISSION_HELP}\n`);
  }
}

const NO = '-';

async function replyToServer(question: string, ask: AskPerson, io: CommandIo): Promise<ResumeAnswer | undefined> {
  io.stderr(`\n${question}\n`);
  const said = (await ask(`Answer (${NO}: tell it no; Enter: leave it paused): `)).trim();
  if (said === '' || io.signal.aborted) return undefined;
  return { kind: 'reply', text: said === NO ? undefined : said };
}

async function budgetAnswer(question: string, ask: AskPerson, io: CommandIo): Promise<BudgetAnswer | undefined> {
  io.stderr(`\n${question}\n`);
  for (;;) {
    const said = (await ask('USD to add (Enter: leave it paused): ')).trim().replace(/^\$/u, '');
    if (said === '' || io.signal.aborted) return undefined;
    const addUsd = Number(said);
    if (Number.isFinite(addUsd) && addUsd > 0) return { kind: 'budget', addUsd };
    io.stderr('An amount above 0, such as 0.50.\n');
  }
}
