import { OUTPUT_COUNT } from '../../predict/need/need-outputs.ts';
import { packBytes } from '../../predict/need/pack-bytes.ts';

/** All but a few weights in a thousand lie under what a byte holds. */
const USUAL_SHARE = 0.9995;

/**
 * Weights of all outputs side by side as int8, in units of each output's own; the few beyond what a byte holds are cut.
 * @param quality of packing, as of `packBytes`
 * @param steps units up to the weight that nearly all others lie under, 127 at most
 */
export function packNeedWeights(
  weights: Float32Array,
  steps: number,
  quality?: number,
): { readonly rows: string; readonly scales: readonly number[] } {
  const columnCount = weights.length / OUTPUT_COUNT;
  const units = Array.from({ length: OUTPUT_COUNT }, (_, output) => {
    const sizes = Float32Array.from({ length: columnCount }, (__, column) =>
      Math.abs(weights[column * OUTPUT_COUNT + output] ?? 0),
    ).sort();
    return Number(Math.max(1e-9, (sizes[Math.floor(USUAL_SHARE * columnCount)] ?? 0) / steps).toPrecision(6));
  });
  const rows = Int8Array.from(weights, (weight, at) =>
    Math.max(-127, Math.min(127, Math.round(weight / (units[at % OUTPUT_COUNT] ?? 1)))),
  );
  return { rows: packBytes(rows, quality), scales: units };
}
