import path from 'node:path';
import { formatUsd } from '../../domain/money.ts';
import { modeWord } from '../../domain/step.ts';
import type { JobEvent } from '../../orchestrator/model/job-event.ts';
import { shownDeep } from '../../trust/shown.ts';
import type { CommandIo } from '../input/command.ts';
import { colours } from './colours.ts';
import { createWaitingLine } from './waiting-line.ts';

export interface JobProgress {
  readonly onEvent: (event: JobEvent) => void;
  /** Takes the line of the call under way from the screen. */
  readonly close: () => void;
}

/**
 * Tells a job as it goes, one line per event that a person wants to see; words of models are not shown. At a terminal the
 * calls under way stand below, with their time.
 */
export function createProgress(
  io: Pick<CommandIo, 'stdout' | 'stderr' | 'isTerminal' | 'erase' | 'columns'>,
  clock: () => number = Date.now,
): JobProgress {
  const waiting = createWaitingLine(io, clock);
  const report = createReport({
    ...io,
    stdout: (text) => {
      waiting.hide();
      io.stdout(text);
    },
  });
  return {
    onEvent: (event) => {
      waiting.follow(event);
      report(event);
    },
    close: waiting.close,
  };
}

function createReport(io: Pick<CommandIo, 'stdout' | 'isTerminal'>): (event: JobEvent) => void {
  const { bold, dim, green, red, yellow } = colours(io.isTerminal);
  const titles = new Map<string, string>();
  let workspace = '';
  const line = (text: string): void => io.stdout(`${text}\n`);
  return (given) => {
    // Titles, questions and summaries are a model's words.
    const event = shownDeep(given);
    switch (event.type) {
      case 'job-start':
        workspace = event.workspace;
        line(dim(`job ${event.jobId}${event.resumed ? ' goes on' : ''}`));
        return;
      case 'step-start':
        titles.set(event.stepId, event.kind);
        line(`${bold(`${event.position}/${event.plannedCount} ${event.kind}`)}  ${event.title}`);
        return;
      case 'decision':
        line(
          `    ${titles.get(event.stepId) ?? ''}: ${event.model ?? 'no model'} (${event.mode === undefined ? event.decision : modeWord(event.mode, event.isFirst)})  ${dim(event.why)}`,
        );
        return;
      case 'escalation':
        line(yellow(`    again, because ${event.why}`));
        return;
      case 'tool-call':
        line(dim(`    ${titles.get(event.stepId) ?? ''} · ${event.toolName} ${inputText(event.input, workspace)}`));
        return;
      case 'tool-result':
        if (event.isError) line(dim(`      ${event.summary}`));
        return;
      case 'check':
        line(`    ${event.passed ? green('✓') : red('✗')} ${event.verifierId}: ${event.summary}`);
        return;
      case 'note':
        line(dim(`    ${event.text}`));
        return;
      case 'pause':
        line(yellow(`  ? ${event.question}`));
        return;
      case 'call-end':
        if (event.errorCode !== undefined) line(red(`    ${event.model}: ${event.errorCode}`));
        return;
      case 'job-end':
        line(dim(`job ${event.status}, ${formatUsd(event.spentNanoUsd)}\n`));
        return;
      case 'call-start':
      case 'text-delta':
      case 'tool-output':
      case 'step-end':
        return;
    }
  };
}

/** The one argument that says most. A file is told as seen from the workspace, or in full where it lies outside. */
function inputText(input: Readonly<Record<string, unknown>>, workspace: string): string {
  const { program, args, path: file } = input;
  if (typeof program === 'string') return [program, ...(Array.isArray(args) ? args.map(String) : [])].join(' ');
  if (typeof file !== 'string') return '';
  const inside = path.relative(workspace, path.resolve(workspace, file));
  return inside.startsWith('..') ? file : inside || '.';
}
