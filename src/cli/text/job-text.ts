import { formatUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { modeWord } from '../../domain/step.ts';
import type { Counterfactual, JobReport, StepReport } from '../../orchestrator/model/job-report.ts';
import { commandToGoOn } from '../../recorder/command-to-go-on.ts';
import type { JobPauseKind } from '../../recorder/record.ts';
import { counted } from '../../replay/report/amounts.ts';
import { shownDeep, shownLines } from '../../trust/shown.ts';
import type { CommandIo } from '../input/command.ts';
import { EXIT, exitCodeOf, type ExitCode } from '../input/exit-code.ts';
import { textTable } from '../width/text-table.ts';
import { colours } from './colours.ts';

/** A job as a person reads it: what was done, the steps with their tokens and USD, and what simple rules would have billed. */
export function jobText(given: JobReport, io: Pick<CommandIo, 'isTerminal' | 'columns'>): string {
  const report = shownDeep(given, shownLines);
  const parts = [
    headText(report, io),
    notesText(report),
    changedText(report),
    stepsText(report, io.columns),
    billText(report),
  ];
  if (report.storeDir !== undefined) parts.push(`Record  ${report.storeDir}\n`);
  return parts.filter((part) => part !== '').join('\n');
}

/** What the process returns for a job; one that Ctrl-C left paused, at a question too, was interrupted. */
export function exitOf(report: JobReport, { signal }: Pick<CommandIo, 'signal'>): ExitCode {
  switch (report.status) {
    case 'done':
      return EXIT.ok;
    case 'running':
    case 'paused':
      return signal.aborted || report.pause?.code === 'aborted' ? EXIT.interrupted : EXIT.paused;
    case 'cancelled':
      return EXIT.interrupted;
    case 'failed':
      return report.failure === undefined ? EXIT.failed : exitCodeOf(report.failure.code);
  }
}

/** Every model has had its tries: to go on with the job as it is asks nobody anew and says the same. */
function wayOn(code: string, { jobId }: JobReport): string {
  if (code !== 'no-eligible-model') return `Nothing is lost: pointsman resume ${jobId}`;
  return `Going on as it is would say the same. See why: pointsman explain ${jobId}; then have it tried again: pointsman resume --again ${jobId}`;
}

function headText(report: JobReport, io: Pick<CommandIo, 'isTerminal'>): string {
  const { bold, red, yellow } = colours(io.isTerminal);
  const scripted = report.scripted ? ' (words scripted)' : '';
  switch (report.status) {
    case 'done':
      return `${bold('Done')}${scripted}. ${report.summary ?? ''}\n`;
    case 'failed': {
      const { code, message, hint } = report.failure ?? { code: 'internal', message: 'unknown', hint: undefined };
      return `${red(`Failed [${code}]`)} ${message}${hint === undefined ? '' : ` ${hint}`}\n${wayOn(code, report)}\n`;
    }
    case 'paused':
    case 'running':
      return `${yellow('Paused.')} ${report.pause?.question ?? ''}\n${resumeHint(report)}\n`;
    case 'cancelled':
      return `${yellow('Cancelled.')}\n`;
  }
}

/** That it works where its user does is said of every job that does; a note says it of those that were not told to. */
function notesText({ notes, place }: JobReport): string {
  const text = placeText(place);
  const isNoted = text === undefined || notes.includes(text);
  return [...(isNoted ? [] : [text]), ...notes].map((note) => `Note    ${note}\n`).join('');
}

/** `undefined`: it works in a copy, or has not begun to work. */
export function placeText(place: JobReport['place']): string | undefined {
  return place?.kind === 'folder' ? `works in the folder itself: ${place.why}` : undefined;
}

const MOST_NAMES = 20;

/** What a person would look for in the folder, and how to take it back. What a demo did goes with its folder. */
function changedText({ changedFiles, jobId, scripted }: JobReport): string {
  if (changedFiles.length === 0) return '';
  const more = changedFiles.length - MOST_NAMES;
  const names = [...changedFiles.slice(0, MOST_NAMES), ...(more > 0 ? [`and ${more} more`] : [])];
  const ways = scripted ? '' : `See it: pointsman diff ${jobId}\nTake it back: pointsman undo ${jobId}\n`;
  return `Changed\n${names.map((name) => `  ${name}\n`).join('')}${ways}`;
}

function resumeHint({ jobId, pause }: JobReport): string {
  // One that was interrupted waits for nobody's yes.
  const kind = pause?.code === 'aborted' && pause.kind === 'permission' ? undefined : pause?.kind;
  return `Go on: ${commandToGoOn(jobId, kind)}${kind === undefined ? '' : (OTHER_ANSWERS[kind] ?? '')}`;
}

const OTHER_ANSWERS: Readonly<Partial<Record<JobPauseKind, string>>> = {
  permission: '   for this job (--once, --always here; --deny to go on without it, --yes to allow everything)',
  question: '   (--allow to say yes, --deny to say no)',
};

function stepsText({ steps, status }: JobReport, columns: number | undefined): string {
  if (steps.length === 0) return '';
  return textTable(
    [
      { title: 'STEP' },
      { title: 'MODE' },
      { title: 'MODEL' },
      { title: 'READ', align: 'right' },
      { title: 'WRITE', align: 'right' },
      { title: 'NEW', align: 'right' },
      { title: 'OUT', align: 'right' },
      { title: 'USD', align: 'right' },
      { title: '' },
    ],
    steps.map((step) => stepRow(step, status)),
    { width: columns, below: (index) => (steps[index] === undefined ? undefined : `  ${whyText(steps[index])}`) },
  );
}

function stepRow(step: StepReport, ofJob: JobReport['status']): readonly string[] {
  const { usage } = step;
  return [
    step.kind,
    step.mode === undefined ? '' : modeWord(step.mode, step.isFirst),
    step.model ?? 'none',
    tokens(usage.cacheReadTokens),
    tokens(usage.cacheWriteTokens),
    tokens(usage.uncachedTokens),
    tokens(usage.outputTokens),
    formatUsd(step.billNanoUsd),
    statusMark(step, ofJob),
  ];
}

function statusMark(step: StepReport, ofJob: JobReport['status']): string {
  if (failedCheck(step) !== undefined) return '✗';
  if (step.decision === 'refuse') return 'refused';
  // What nobody is at does not run: it is as far as its job is.
  if (step.status === 'running') return ofJob;
  return step.status === 'accepted' ? '✓' : step.status;
}

function failedCheck({ checks }: StepReport): StepReport['checks'][number] | undefined {
  return checks.find((check) => !check.passed);
}

function whyText(step: StepReport): string {
  const failed = failedCheck(step);
  return failed === undefined ? step.why : `${step.why} Rejected by ${failed.verifierId}.`;
}

/** Unknown is shown as unknown. */
function tokens(count: number | undefined): string {
  return count === undefined ? '-' : String(count);
}

function billText({ bill }: JobReport): string {
  const more =
    bill.mayHaveBilledNanoUsd === 0
      ? 'their bill is not known'
      : `they may have billed ${formatUsd(bill.mayHaveBilledNanoUsd)} more`;
  const unknown =
    bill.unknownBillCallCount === 0
      ? ''
      : `\n${counted(bill.unknownBillCallCount, 'call')} cut off or without a reported usage; ${more}.`;
  const reader =
    bill.reader === undefined
      ? []
      : [
          `  reader           ${formatUsd(bill.reader.billNanoUsd).padStart(9)}  of it: a small model said what steps need, in ${counted(bill.reader.callCount, 'call')}`,
        ];
  const advice =
    bill.advice === undefined
      ? []
      : [
          `  advice           ${formatUsd(bill.advice.billNanoUsd).padStart(9)}  of it: steps asked other models, in ${counted(bill.advice.callCount, 'call')}`,
        ];
  const rows = bill.counterfactuals.map((other) => `  ${compared(other, bill.spentNanoUsd)}`);
  const note =
    rows.length === 0
      ? ''
      : '\n  Modelled: the same prompts and answers at other prices with a simulated cache; rejected attempts are left out of both.';
  return [`Bill    ${formatUsd(bill.spentNanoUsd)}${unknown}`, ...reader, ...advice, ...rows].join('\n') + `${note}\n`;
}

function compared({ name, model, billNanoUsd, wasRejectedHere }: Counterfactual, ours: NanoUsd): string {
  const gap = toNanoUsd(Math.abs(billNanoUsd - ours));
  const doubt = wasRejectedHere ? '; but a check rejected its work here' : '';
  const verdict = billNanoUsd >= ours ? `${formatUsd(gap)} more than ours` : `${formatUsd(gap)} less: ours was dearer`;
  return `${name.replace('-', ' ').padEnd(16)} ${formatUsd(billNanoUsd).padStart(9)}  on ${model}, ${verdict}${doubt}`;
}
