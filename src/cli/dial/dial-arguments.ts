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
  const own = [values.on, values.days, values['spend-at-most'], values['success-at-least']];
  const isOwn = own.some((given) => given !== undefined);
  refuseIdle(values, { isOwn, isOnePolicy: named !== undefined });
  return isOwn
    ? {
        days: numberIn('--days', values.days ?? '30', { least: 1, most: 3650 }),
        dayNanoUsd: dayNanoUsd(values['spend-at-most']),
        leastSuccessRatio: successRatio(values['success-at-least']),
      }
    : undefined;
}

function refuseIdle(
  { calibrate, pool, on }: OwnValues,
  { isOwn, isOnePolicy }: { readonly isOwn: boolean; readonly isOnePolicy: boolean },
): void {
  if ((isOwn || pool !== undefined || calibrate) && !(calibrate && isOnePolicy)) {
    throw new PointsmanError('request-invalid', 'These options are for measuring the dial of one policy.', {
      hint: 'Write "pointsman policies ID --calibrate …".',
    });
  }
  if (on !== undefined && on !== 'records') {
    throw new PointsmanError('request-invalid', `--on ${on} is nothing to measure on.`, {
      hint: 'Write --on records.',
    });
  }
  if (isOwn && pool !== undefined) {
    throw new PointsmanError('request-invalid', 'Recorded steps bring their own pool.', { hint: 'Leave out --pool.' });
  }
}

function dayNanoUsd(given: string | undefined): OwnTarget['dayNanoUsd'] {
  if (given === undefined) return undefined;
  return nanoFromUsd(numberIn('--spend-at-most', given, { least: 0, most: 1e6 }));
}

function successRatio(given: string | undefined): OwnTarget['leastSuccessRatio'] {
  if (given === undefined) return undefined;
  return numberIn('--success-at-least', given.replace(/\s*%$/u, ''), { least: 0, most: 100 }) / 100;
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
