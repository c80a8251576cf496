import type { Environment } from '../../domain/environment.ts';
import { createLocalNeedReader } from '../../predict/need/local-reader.ts';
import { loadNeedArtifact } from '../../predict/need/need-artifact.ts';
import type { NeedReader } from '../../predict/need/need-reader.ts';
import { shippedNeed } from '../../predict/need/shipped-need.ts';

/** Who reads recorded steps, as plain data. Without a file the shipped one does. */
export interface StepsReading {
  readonly artifactFile: string | undefined;
}

/** The user's own reader where `POINTSMAN_NEED` names its file. */
export function stepsReading(env: Environment): StepsReading {
  return { artifactFile: env['POINTSMAN_NEED'] };
}

/**
 * The reader that doors have, without its sentence encoder, which logs of a year would wait an hour for.
 * @throws PointsmanError `artifact-invalid`
 */
export function recordedStepsReader({ artifactFile }: StepsReading): NeedReader {
  return createLocalNeedReader(artifactFile === undefined ? shippedNeed() : loadNeedArtifact(artifactFile));
}
