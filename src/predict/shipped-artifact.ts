import { checkArtifact, type PredictorArtifact } from './artifact.ts';
import data from './artifacts/shipped.json' with { type: 'json' };

let shipped: PredictorArtifact | undefined;

/** The artifact that comes with pointsman, checked once. Made by `pointsman train`; its card lies beside it. */
export function shippedArtifact(): PredictorArtifact {
  shipped ??= checkArtifact(data, 'shipped.json');
  return shipped;
}
