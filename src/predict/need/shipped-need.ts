import shipped from '../artifacts/need.json' with { type: 'json' };
import { checkNeedArtifact, type NeedArtifact } from './need-artifact.ts';

let checked: NeedArtifact | undefined;

/** The reader of needs that comes with pointsman, checked once. Its card lies beside it. */
export function shippedNeed(): NeedArtifact {
  checked ??= checkNeedArtifact(shipped, 'need.json');
  return checked;
}
