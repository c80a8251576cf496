import { formatUsd } from '../../domain/money.ts';
import { HARNESSES } from '../../gateway/connect/harnesses.ts';
import { counted, tokens } from '../../replay/report/amounts.ts';
import type { SpendRow } from '../../spend/spend-table.ts';
import type { Machine } from '../input/machine.ts';
import { textTable } from '../width/text-table.ts';

/** What to type next, and what it is for. */
export interface NextStep {
  readonly command: string;
  readonly why: string;
}

/** At most 80 columns wide. */
export function overviewText(machine: Machine, days: number): string {
  return [
    'pointsman sends each step of agent work to the model that earns it.\n',
    'On this machine',
    ...found(machine).map(([what, names]) => `  ${what.padEnd(11)}${names}`),
    '',
    ...costs(machine, days),
    'Next',
    ...steps(machine),
    '',
    'Every command: pointsman --help\n',
  ].join('\n');
}

const NONE = 'none found';

function found({ logs, keyNames, harnesses }: Machine): readonly (readonly [what: string, names: string])[] {
  const counts = new Map<string, number>();
  for (const { client, paths } of logs) counts.set(client, (counts.get(client) ?? 0) + paths.length);
  return [
    ['logs of', listed([...counts].map(([client, count]) => `${client} (${count})`))],
    ['keys', listed(keyNames)],
    ['harnesses', listed(harnesses)],
  ];
}

const MOST_CHARS = 66;

/** In one line; what does not fit is counted. */
function listed(names: readonly string[]): string {
  let text = '';
  for (const [index, name] of names.entries()) {
    const longer = index === 0 ? name : `${text}, ${name}`;
    const rest = names.length - index;
    if (longer.length > MOST_CHARS - ' and 99 more'.length && rest > 1) return `${text} and ${rest} more`;
    text = longer;
  }
  return text === '' ? NONE : text;
}

function costs({ spent, sessionCount, isPartial, logs }: Machine, days: number): readonly string[] {
  if (spent.total.callCount === 0) return logs.length === 0 ? [] : [`Nothing in the last ${days} days.`, ''];
  const least = isPartial ? ' at least (time ran out)' : '';
  const rows = [...spent.rows, ...(spent.rows.length > 1 ? [spent.total] : [])];
  const columns = ['CALLS', 'INPUT', 'READ', 'WRITE', 'OUTPUT', 'USD'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  return [
    `What they cost in the last ${days} days: ${counted(sessionCount, 'session')}${least}, at list prices`,
    textTable([{ title: 'HARNESS' }, ...columns], rows.map(cells)),
  ];
}

function cells({ key, callCount, usage, billNanoUsd, unknownBillCallCount }: SpendRow): readonly string[] {
  const isUnknown = unknownBillCallCount === callCount && billNanoUsd === 0;
  return [
    key,
    String(callCount),
    tokens(usage.uncachedTokens),
    tokens(usage.cacheReadTokens ?? 0),
    tokens(usage.cacheWriteTokens ?? 0),
    tokens(usage.outputTokens),
    isUnknown ? '?' : `${formatUsd(billNanoUsd)}${unknownBillCallCount > 0 ? '+' : ''}`,
  ];
}

/** The three commands that are worth most here. */
export function nextSteps({ spent, keyNames, harnesses }: Machine): readonly NextStep[] {
  const harness = harnesses.find((name) => HARNESSES[name].launch !== undefined);
  const steps = [
    spent.total.callCount > 0 && { command: 'replay', why: 'what routing would have saved, or lost' },
    spent.total.callCount > 0 && { command: 'spend', why: 'the same bill by day, project or model' },
    keyNames.length > 0 && { command: 'run "TASK"', why: 'a job in this folder, step by step' },
    // Without a key of a vendor there is nowhere to send them.
    keyNames.length > 0 &&
      harness !== undefined && { command: HARNESSES[harness].program, why: 'its calls through a gateway, this once' },
    { command: 'demo', why: 'a job with scripted words: no key needed' },
    { command: 'doctor', why: 'what is missing, and how to get it' },
    { command: 'models', why: 'the models, their prices and cache rules' },
  ];
  return steps.filter((step) => step !== false).slice(0, 3);
}

function steps(machine: Machine): readonly string[] {
  return nextSteps(machine).map(({ command, why }) => `  npx pointsman ${command.padEnd(19)} ${why}`);
}
