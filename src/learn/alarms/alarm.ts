import type { At } from '../../domain/time.ts';

/**
 * `collapse`: the strongest model takes steps where a cheaper one was expected to do. `low-entropy`: sessions that went to several models all go to
 * one. `upgrades`: an access key gets far more dear models than it did or than others do. `failures`: steps of a model fail more. `misses`: what a
 * check accepted turns out wrong more. `cost`, `latency`: calls bill more than foretold, or begin to answer later. `cache`: foretold reads do not come.
 */
export const ALARM_CODES = [
  'collapse',
  'low-entropy',
  'upgrades',
  'failures',
  'misses',
  'cost',
  'latency',
  'cache',
] as const;
export type AlarmCode = (typeof ALARM_CODES)[number];

/** Something about the run of things that a person should look at. It holds names and figures, and no word of anybody's. */
export interface Alarm {
  readonly code: AlarmCode;
  /** A model, an access key or a check. Empty: all of them. */
  readonly of: string;
  readonly sinceAt: At;
  /** What it was before, and what it is: a ratio, of `cost` and `latency` how many times as much. */
  readonly usual: number;
  readonly now: number;
}

/** As a sentence. Pure. */
export function alarmText({ code, of, usual, now }: Alarm): string {
  const [from, to] = [percent(usual), percent(now)];
  switch (code) {
    case 'collapse':
      return `The strongest model took ${to} of the latest steps where a cheaper one was expected to do.`;
    case 'low-entropy':
      return `Nearly every session goes to ${of}, although others were chosen before.`;
    case 'upgrades':
      return `Access key "${of}" got the strongest model in ${to} of its latest sessions, usual is ${from}: somebody may be raising the bill.`;
    case 'failures':
      return `${to} of the latest steps of ${of} failed, usual is ${from}.`;
    case 'misses':
      return `Of what check "${of}" lets pass ${to} was wrong lately, usual is ${from}.`;
    case 'cost':
      return `Calls of ${of} bill ${now.toFixed(1)} times what they used to beside what is foretold.`;
    case 'latency':
      return `${of} takes ${now.toFixed(1)} times as long as usual until it begins to answer.`;
    case 'cache':
      return `${to} of the reads foretold of the prompt cache of ${of} did not come lately, usual is ${from}.`;
  }
}

/** In words, for people. Pure. */
export function alarmRows(
  alarms: readonly Alarm[],
): readonly { readonly code: AlarmCode; readonly sinceAt: At; readonly text: string; readonly hint: string }[] {
  return alarms.map((alarm) => ({
    code: alarm.code,
    sinceAt: alarm.sinceAt,
    text: alarmText(alarm),
    hint: alarmHint(alarm.code),
  }));
}

/** What to do about it, as a sentence. Pure. */
export function alarmHint(code: AlarmCode): string {
  switch (code) {
    case 'collapse':
      return 'See pointsman explain of such a step; what is believed of the cheaper models, or the need that was read, is off.';
    case 'low-entropy':
      return 'See pointsman explain of a late step: hosts that are ill or keys that are gone leave one model.';
    case 'upgrades':
      return 'Look at the calls of that key with pointsman tail or on the page; guards.maxUpgradeRatio in the policy bounds it.';
    case 'failures':
      return 'The vendor may have changed the model: leave it out with deny in the policy until it works again.';
    case 'misses':
      return 'Look at what it let pass, and mend the check.';
    case 'cost':
      return 'See pointsman spend --by model; the prices may be out of date: pointsman models refresh.';
    case 'latency':
      return 'Name a second host of the same model, or look at the health of hosts on the page.';
    case 'cache':
      return 'Something changes the head of prompts, or the vendor keeps less: see the pauses on the page.';
  }
}

function percent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`;
}
