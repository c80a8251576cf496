import { ofBest, type DialAnswer } from '../../decisions/own-dial.ts';
import type { PolicyEffect } from '../../decisions/policy-effect.ts';
import { formatUsd, roundNanoUsd } from '../../domain/money.ts';
import type { Ratio } from '../../domain/time.ts';
import { textTable } from '../width/text-table.ts';
import type { DialCalibration } from './calibrate-dial.ts';
import type { OwnCalibration } from './own-calibration.ts';

/** The scale as measured on modelled steps, and the line for a policy file. */
export function calibrationText({ factors, mixCount, stepCount, notches }: DialCalibration): string {
  const rows = notches.map((notch, at) => [
    String(at),
    String(factors[at]),
    formatUsd(notch.billNanoUsd),
    takersText(Object.entries(notch.mix).map(([model, stepCount]) => ({ model, stepCount }))),
  ]);
  const columns = ['DIAL', 'FACTOR', 'BILL', 'WHO TAKES HOW MANY STEPS'].map((title) => ({ title }));
  return `${textTable(columns, rows)}
${stepCount} modelled steps of every kind, easy to hard; ${mixCount} different mixes between the ends.
To use this scale, put this line into the policy file:

dialFactors: [${factors.join(', ')}]
`;
}

/** Each notch on the user's own steps, the answer to a target first. */
export function ownCalibrationText({ stepCount, days, effects, answer }: OwnCalibration): string {
  const aDay = ({ billNanoUsd }: PolicyEffect): string => formatUsd(roundNanoUsd(billNanoUsd / days));
  const rows = effects.map((effect) => [
    String(effect.dial),
    aDay(effect),
    percent(effect.successRatio),
    percent(ofBest(effect)),
    takersText([...effect.models, ...refusedBy(effect)]),
  ]);
  const columns = ['DIAL', 'BILL A DAY', 'SUCCESS', 'OF THE BEST', 'WHO TAKES HOW MANY STEPS'].map((title) => ({
    title,
  }));
  return `${answer === undefined ? '' : `${answerText(answer, aDay, effects[0]?.maxRungs)}\n\n`}${textTable(columns, rows)}
${stepCount} steps of yours, decided again: bills and success are modelled, not measured.
`;
}

function answerText(answer: DialAnswer, aDay: (effect: PolicyEffect) => string, ownRungs: number | undefined): string {
  const ladderOf = ({ maxRungs }: PolicyEffect): number | undefined => (maxRungs === ownRungs ? undefined : maxRungs);
  const about = (effect: PolicyEffect): string =>
    `dial ${effect.dial}${ladderOf(effect) === undefined ? '' : `, at most ${ladderOf(effect)} tries a step`}: ${aDay(effect)} a day at ${percent(ofBest(effect))} of the best model's success`;
  if (answer.kind === 'meets')
    return `${about(answer.effect)}. To use it, put "dial: ${answer.effect.dial}"${ladderOf(answer.effect) === undefined ? '' : ` and "ladder: { maxRungs: ${ladderOf(answer.effect)} }"`} into the policy.`;
  const why = {
    bill: 'no dial is as cheap as that',
    success: 'no dial reaches that success',
    both: 'what is cheap enough is not good enough',
  }[answer.lacks];
  return `Your traffic cannot: ${why}. Nearest is ${about(answer.nearest)}.`;
}

/** `luna 12, opus 3`, the most first. */
function takersText(takers: readonly { readonly model: string; readonly stepCount: number }[]): string {
  return takers
    .toSorted((a, b) => b.stepCount - a.stepCount || (a.model < b.model ? -1 : 1))
    .map(({ model, stepCount }) => `${model} ${stepCount}`)
    .join(', ');
}

function refusedBy({ refusedCount }: PolicyEffect): readonly { readonly model: string; readonly stepCount: number }[] {
  return refusedCount === 0 ? [] : [{ model: 'refused', stepCount: refusedCount }];
}

const percent = (ratio: Ratio | undefined): string =>
  ratio === undefined ? 'unknown' : `${Number((ratio * 100).toFixed(1))} %`;
