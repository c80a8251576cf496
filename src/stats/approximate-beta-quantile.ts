import type { BetaCounts } from '../domain/quality.ts';
import type { Ratio } from '../domain/time.ts';

/**
 * Quantile of a Beta(yes, no) posterior, to about a hundredth where both counts are at least 1. The logit of a Beta
 * variable is close to normal with mean ψ(yes) − ψ(no) and variance ψ′(yes) + ψ′(no).
 */
export function approximateBetaQuantile(counts: BetaCounts, quantile: Ratio): Ratio {
  const yes = Math.max(counts.yes, 1e-3);
  const no = Math.max(counts.no, 1e-3);
  const mean = digamma(yes) - digamma(no);
  const deviation = Math.sqrt(trigamma(yes) + trigamma(no));
  return 1 / (1 + Math.exp(-(mean + deviation * normalQuantile(quantile))));
}

function digamma(value: number): number {
  let x = value;
  let shift = 0;
  while (x < 6) {
    shift -= 1 / x;
    x += 1;
  }
  const inverse = 1 / (x * x);
  return shift + Math.log(x) - 0.5 / x - inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252));
}

function trigamma(value: number): number {
  let x = value;
  let shift = 0;
  while (x < 6) {
    shift += 1 / (x * x);
    x += 1;
  }
  const inverse = 1 / (x * x);
  return shift + 1 / x + inverse / 2 + (inverse / x) * (1 / 6 - inverse * (1 / 30 - inverse / 42));
}

/** Abramowitz and Stegun 26.2.23: within 4.5e-4. */
function normalQuantile(quantile: Ratio): number {
  const q = Math.min(1 - 1e-9, Math.max(1e-9, quantile));
  const tail = q < 0.5 ? q : 1 - q;
  const t = Math.sqrt(-2 * Math.log(tail));
  const size = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return q < 0.5 ? -size : size;
}
