import { PointsmanError } from '../../domain/errors.ts';
import { nanoFromUsd } from '../../domain/money.ts';
import type { OwnTarget } from './own-calibration.ts';

/** Options of `policies --calibrate`, as they are written. */
interface OwnValues {
  readonly calibrate: boolean;
  readonly pool?: string | undefined;
  readonly on?: string | undefined;
  readonly days?: string | undefined;
  readonly 'spend-at-most'?: string | undefined;
  readonly 'success-at-least'?: string | undefined;
}

/**
 * What is asked of the dial on own steps; `undefined`: it is not measured on them.
 * @throws PointsmanError `request-invalid` for an option that would do nothing here
 */
export function ownTarget(values: OwnValues, named: string | undefined): OwnTarget | undefined {
  const { calibrate, pool, on, days } = values;
  const [spend, success] = [values['spend-at-most'], values['success-at-least']];
  const isOwn = on !== undefined || spend !== undefined || success !== undefined || days !== undefined;
  if ((isOwn || pool !== undefined || calibrate) && (!calibrate || named === undefined)) {
    throw new PointsmanError('request-invalid', 'These options are for measuring the dial of one policy.', {
      hint: 'Write "pointsman policies ID --calibrate …".',
    });
  }
  if (!isOwn) return undefined;
  if (on !== undefined && on !== 'records') {
    throw new PointsmanError('request-invalid', `--on ${on} is nothing to measure on.`, {
      hint: 'Write --on records.',
    });
  }
  if (pool !== undefined) {
    throw new PointsmanError('request-invalid', 'Recorded steps bring their own pool.', { hint: 'Leave out --pool.' });
  }
  return {
    days: numberIn('--days', days ?? '30', { least: 1, most: 3650 }),
    dayNanoUsd:
      spend === undefined ? undefined : nanoFromUsd(numberIn('--spend-at-most', spend, { least: 0, most: 1e6 })),
    leastSuccessRatio:
      success === undefined
        ? undefined
        : numberIn('--success-at-least', success.replace(/\s*%$/u, ''), { least: 0, most: 100 }) / 100,
  };
}

function numberIn(
  name: string,
  given: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const number = Number(given);
  if (given.trim() !== '' && number >= least && number <= most) return number;
  throw new PointsmanError('request-invalid', `${name} ${given} is not a number from ${least} to ${most}.`, {
    hint: `Write it as ${name} ${Math.min(most, 20)}.`,
  });
}
