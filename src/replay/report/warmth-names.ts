import { counted, percent, usd } from './amounts.ts';
import type { WarmthLoss, WarmthOptionName, WarmthReport } from './warmth-report.ts';

const LOSSES: Readonly<Record<WarmthLoss['cause'], string>> = {
  pause: 'pauses past the time to live',
  cut: 'compactions, clears and rewinds',
  'cold-start': 'first prompts',
  switch: 'switches of model',
  other: 'inside the time to live',
};

const OPTIONS: Readonly<Record<WarmthOptionName, string>> = {
  pings: 'pings, as long as they pay',
  'pings-and-hours': 'pings and one-hour writes',
  'pings-in-hindsight': 'pings, each pause known (hindsight)',
  timing: 'switches at better points (hindsight)',
  'fan-out': 'one of a wave before the others',
};

export const LOSS_HEADS = ['where', 'USD', 'of the bill', 'calls', 'label'] as const;
export const OPTION_HEADS = ['by', 'USD', 'on the bill', 'spent on it', 'label'] as const;

/** Rows under `LOSS_HEADS` and `OPTION_HEADS`, for people: what was lost is said as a share, what would be saved as a change. */
export function warmthRows({ losses, options }: Pick<WarmthReport, 'losses' | 'options'>): {
  readonly losses: readonly (readonly string[])[];
  readonly options: readonly (readonly string[])[];
} {
  return {
    losses: losses.map(({ cause, costNanoUsd, billRatio, callCount, label }) => [
      LOSSES[cause],
      usd(costNanoUsd),
      percent(billRatio),
      counted(callCount, 'call'),
      label,
    ]),
    options: options.map(({ name, savedNanoUsd, billRatio, spentNanoUsd, label }) => [
      OPTIONS[name],
      usd(-savedNanoUsd),
      percent(-billRatio),
      spentNanoUsd === 0 ? '' : usd(spentNanoUsd),
      label,
    ]),
  };
}
