import type { Environment } from '../domain/environment.ts';
import { createLocalNeedReader } from '../predict/need/local-reader.ts';
import { loadNeedArtifact } from '../predict/need/need-artifact.ts';
import type { NeedReader } from '../predict/need/need-reader.ts';
import { shippedNeed } from '../predict/need/shipped-need.ts';

/**
 * The reader that doors have, without its sentence encoder, which logs of a year would wait an hour for: the user's own where
 * `POINTSMAN_NEED` names its file, otherwise the shipped one.
 * @throws PointsmanError `artifact-invalid`
 */
export function recordedStepsReader(env: Environment): NeedReader {
  const file = env['POINTSMAN_NEED'];
  return createLocalNeedReader(file === undefined ? shippedNeed() : loadNeedArtifact(file));
}
