import type { JudgedTrial } from '../../app/learning/judge-trials.ts';
import type { LearnedPolicy, TriedSettings } from '../../decisions/learn-policy.ts';
import type { LearnedSettings } from '../../domain/router-policy.ts';
import { settingLines } from '../../policy/learned-settings.ts';
import type { LockedPolicy } from '../../policy/policy-lock.ts';
import { textTable } from '../width/text-table.ts';

/** What was learned, and of what it cannot be told. */
export interface LearnedView extends LearnedPolicy {
  readonly policyId: string;
  readonly reward: string;
  readonly locked: LockedPolicy | undefined;
  /** Of what share of the sessions the steps are; 1: all of them. */
  readonly sessionRatio: number;
}

const MOST_ROWS = 8;

/** The verdict first, then what was tried. */
export function learnText(view: LearnedView): string {
  const { policyId, reward, stepCount, rewardedCount, tried, best, locked, sessionRatio } = view;
  const lines = [
    verdictLine(view),
    '',
    `${policyId}: ${stepCount} steps of yours, ${rewardedCount} of them with a reward (${reward}).${sampleText(sessionRatio)}`,
    ...statusLines(locked),
    ...(best === undefined ? [] : ['', bestLines(best)]),
  ];
  if (tried.length === 0) return `${lines.join('\n')}\n`;
  const rows = tried
    .slice(0, MOST_ROWS)
    .map((one) => [
      settingsText(one.settings),
      `${one.unknownWhy === undefined ? '' : '? '}${signed(one.estimate.gain)}`,
      one.unknownWhy === undefined ? range(one.estimate.interval) : `cannot tell: ${one.unknownWhy}`,
    ]);
  const columns = [{ title: 'SETTINGS' }, { title: 'GAIN A STEP', align: 'right' as const }, { title: '95 %' }];
  const more = tried.length > MOST_ROWS ? `${tried.length - MOST_ROWS} more were tried. ` : '';
  return `${lines.join('\n')}\n\n${textTable(columns, rows)}\n${more}Chosen on one half of the sessions; a gain counts on the other half alone. Each step is judged as it came. "?": by a model of rewards alone.\n`;
}

function sampleText(ratio: number): string {
  return ratio === 1
    ? ''
    : ` There are more: these are ${Math.round(100 * ratio)} % of the sessions, drawn by their ids.`;
}

function verdictLine({ best, tried, rewardedCount, locked }: LearnedView): string {
  if (best?.unknownWhy !== undefined) return `Cannot tell: ${best.unknownWhy}.`;
  if (best !== undefined && best.estimate.interval.low > 0)
    return `${settingsText(best.settings)} earns more: ${signed(best.estimate.gain)} a step, at least ${signed(best.estimate.interval.low)} with 95 % confidence.`;
  if (best !== undefined)
    return `No proof of a gain: ${settingsText(best.settings)} earns ${signed(best.estimate.gain)} a step, ${range(best.estimate.interval)}.`;
  if (tried.length > 0 && tried.every(({ unknownWhy }) => unknownWhy !== undefined)) {
    const most = Math.max(...tried.map(({ estimate }) => estimate.effectiveCount));
    return `Cannot tell: ${rewardedCount} steps, effective sample ${Math.floor(most)}. ${HOW_TO_KNOW}`;
  }
  return `Nothing better than ${locked === undefined || isEmpty(locked.current) ? 'the policy as it is' : 'what is in force'} was found.`;
}

const HOW_TO_KNOW = 'Let ties be drawn (learn.explore), or put a candidate on a canary (--propose --set …).';

function bestLines({ estimate }: TriedSettings): string {
  const { selfNormalised, effectiveCount, differingCount, stepCount } = estimate;
  const other =
    selfNormalised === undefined
      ? ''
      : ` Self-normalised: ${signed(selfNormalised.gain)}, ${range(selfNormalised.interval)}.`;
  return `Doubly robust: ${signed(estimate.gain)}, ${range(estimate.interval)}; it would move ${differingCount} of ${stepCount} steps, effective sample ${Math.floor(effectiveCount)}.${other}`;
}

function statusLines(locked: LockedPolicy | undefined): readonly string[] {
  if (locked === undefined) return [];
  const { current, candidate } = locked;
  return [
    ...(isEmpty(current) ? [] : [`In force: ${settingsText(current)}.`]),
    ...(candidate === undefined
      ? []
      : [`On trial (${candidate.stage} since ${candidate.since.slice(0, 10)}): ${settingsText(candidate.settings)}.`]),
  ];
}

const isEmpty = (settings: LearnedSettings): boolean => settingLines(settings).length === 0;

export function settingsText(settings: LearnedSettings): string {
  const lines = settingLines(settings);
  return lines.length === 0 ? 'as its file has it' : lines.join(', ');
}

/** A line for each canary: what it has shown, and what followed. */
export function trialsText(judged: readonly JudgedTrial[]): string {
  if (judged.length === 0) return 'No candidate is on a canary.\n';
  return judged
    .map(({ policyId, candidate, verdict, refusedCount, unreadableWhy, act }) => {
      const { kind, sessionCount, gain, low, high } = verdict;
      const followed = {
        none: kind === 'better' ? 'promote it with --promote' : 'it goes on',
        promoted: 'promoted',
        retreated: 'taken back',
        widened: 'obeyed in half of the sessions from now on',
      }[act];
      const shown = Number.isFinite(low) ? `${signed(gain)} a session, ${range({ low, high })}` : 'nothing yet';
      if (unreadableWhy !== undefined)
        return `${policyId}, ${settingsText(candidate.settings)}: nobody can judge it; ${followed}. ${unreadableWhy}\n`;
      if (refusedCount > 0)
        return `${policyId}, ${settingsText(candidate.settings)}: it would refuse ${refusedCount} steps that the policy serves; ${followed}.\n`;
      return `${policyId}, ${settingsText(candidate.settings)}: ${kind} after ${sessionCount} sessions that differ (${shown}); ${followed}.\n`;
    })
    .join('');
}

function signed(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'any' : 'unknown';
  const digits = Number(value.toPrecision(3));
  return digits > 0 ? `+${digits}` : String(digits);
}

function range({ low, high }: { readonly low: number; readonly high: number }): string {
  return Number.isFinite(low) && Number.isFinite(high) ? `${signed(low)} to ${signed(high)}` : 'no bounds yet';
}
