import type { At } from '../../domain/time.ts';
import { abilityKey } from '../../predict/artifact.ts';
import type { CertificateStore, SavedCertificate } from './certificate-file.ts';

/** What became of an earlier promise for the same policy when a later run proved nothing, and why. */
export interface EarlierPromise {
  readonly kind: 'taken-back' | 'stands';
  readonly madeAt: At;
  readonly why: string;
}

/**
 * Holds an earlier promise against a run that proved nothing, and takes it back where that run was about the same choices, asked no more
 * than was promised and had rows enough to prove it. `undefined`: there is none.
 * @param leastRowCounts of each kind that was held, how many rows it would have taken
 * @throws PointsmanError `artifact-invalid` for a file that is none of ours
 */
export async function retryCertificate(
  store: CertificateStore,
  failed: SavedCertificate,
  leastRowCounts: ReadonlyMap<string, number>,
): Promise<EarlierPromise | undefined> {
  const earlier = (await store.read()).find(({ policyId }) => policyId === failed.policyId);
  if (earlier === undefined) return undefined;
  const stands = whyItStands(earlier, failed, leastRowCounts);
  const { madeAt } = earlier;
  if (stands !== undefined) return { kind: 'stands', madeAt, why: stands };
  await store.remove(earlier);
  return { kind: 'taken-back', madeAt, why: `the rows of ${failed.rowsName} do not bear it` };
}

/** Why a failure says nothing against what was promised. Pure. */
function whyItStands(
  earlier: SavedCertificate,
  failed: SavedCertificate,
  leastRowCounts: ReadonlyMap<string, number>,
): string | undefined {
  if (choosersOf(earlier) !== choosersOf(failed))
    return 'it was made of another state of the policy, other models or another predictor';
  if (abilityKey(earlier.referenceModel) !== abilityKey(failed.referenceModel))
    return `it was made against ${earlier.referenceModel}, and this run against ${failed.referenceModel}`;
  if (failed.worseByRatio < earlier.worseByRatio || failed.confidenceRatio > earlier.confidenceRatio)
    return 'this run asked for more than it promises';
  const promised = earlier.kinds.filter(({ notch }) => notch !== undefined).map(({ kind }) => kind);
  const isHeld = failed.kinds.some(
    ({ kind, rowCount }) => promised.includes(kind) && rowCount >= (leastRowCounts.get(kind) ?? 0),
  );
  return isHeld ? undefined : 'this run had too few rows of the kinds that it is about';
}

/** Who chose, and among whom. */
function choosersOf({ policyDigest, predictorVersion, models }: SavedCertificate): string {
  return [policyDigest, predictorVersion, ...models.map(abilityKey).toSorted()].join('\n');
}
