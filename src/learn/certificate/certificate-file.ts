import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { At, Ratio } from '../../domain/time.ts';
import { abilityKey } from '../../predict/artifact.ts';

/** A promise that held-out rows allowed, kept so that whoever sees the policy sees it. */
export interface SavedCertificate {
  readonly madeAt: At;
  /** What the promise is about: another policy, pool or predictor chooses otherwise. */
  readonly policyId: string;
  readonly policyDigest: string;
  readonly models: readonly string[];
  readonly predictorVersion: string;
  readonly referenceModel: string;
  /** The file of rows by name and content. */
  readonly rowsName: string;
  readonly rowsSha256: string;
  readonly worseByRatio: Ratio;
  readonly confidenceRatio: Ratio;
  /** False: made without the sentence encoder, as where it cannot be had. Absent: with it, or in files of before. */
  readonly withEncoder?: boolean | undefined;
  /** `notch`: the thriftiest that the promise holds for; absent: none. */
  readonly kinds: readonly { readonly kind: string; readonly rowCount: number; readonly notch?: number | undefined }[];
}

const ratio = z.number().min(0).max(1);
const fileSchema = z.object({
  v: z.literal(1),
  certificates: z.array(
    z.object({
      madeAt: z.number().int(),
      policyId: z.string(),
      policyDigest: z.string(),
      models: z.array(z.string()),
      predictorVersion: z.string(),
      referenceModel: z.string(),
      rowsName: z.string(),
      rowsSha256: z.string(),
      worseByRatio: ratio,
      confidenceRatio: ratio,
      withEncoder: z.boolean().optional(),
      kinds: z.array(
        z.object({
          kind: z.string(),
          rowCount: z.number().int().nonnegative(),
          notch: z.number().int().min(0).max(10).optional(),
        }),
      ),
    }),
  ),
});

/** Where the latest promise of each policy is kept. */
export interface CertificateStore {
  /** None where nobody made one. @throws PointsmanError `artifact-invalid` for what is none of ours, `record-unreadable` */
  read(): Promise<readonly SavedCertificate[]>;
  /** Takes the place of an earlier promise for the same policy. Gives the name of the place. */
  save(certificate: SavedCertificate): Promise<string>;
  /** Takes back this promise; one that took its place meanwhile stays. */
  remove(certificate: SavedCertificate): Promise<void>;
}

/** @throws PointsmanError `artifact-invalid` for a text that is none of ours */
export function parseCertificates(text: string | undefined, place: string): readonly SavedCertificate[] {
  if (text === undefined) return [];
  try {
    return fileSchema.parse(JSON.parse(text)).certificates;
  } catch (cause) {
    throw new PointsmanError('artifact-invalid', `${place} cannot be read as certificates.`, {
      cause,
      hint: 'Remove it and certify again.',
    });
  }
}

/** The text with one promise more, in the place of an earlier one for the same policy. */
export function withCertificate(text: string | undefined, certificate: SavedCertificate, place: string): string {
  const others = parseCertificates(text, place).filter(({ policyId }) => policyId !== certificate.policyId);
  return toText([...others, certificate]);
}

/** The text without this promise. */
export function withoutCertificate(text: string | undefined, certificate: SavedCertificate, place: string): string {
  return toText(parseCertificates(text, place).filter((saved) => !isDeepStrictEqual(saved, certificate)));
}

function toText(certificates: readonly SavedCertificate[]): string {
  return `${JSON.stringify({ v: 1, certificates }, undefined, 1)}\n`;
}

/** All of a policy that decides, but for the notch at which the dial stands. What is on trial decides for nobody who was promised something. */
export function policyDigest(policy: RouterPolicy): string {
  const { version: _version, dial: _dial, trial: _trial, learned: _learned, ...rules } = policy;
  return createHash('sha256').update(canonicalJson(rules)).digest('hex').slice(0, 16);
}

/** Who chooses now, and among whom. */
interface ChoiceNow {
  readonly policy: RouterPolicy;
  /** Models that may be chosen. Empty: none can be, and a promise that was made elsewhere is not touched by it. */
  readonly pool: readonly Pick<Model, 'id'>[];
  readonly predictorVersion: string;
}

/** Why a promise says nothing of the choices made now; `undefined`: it stands. A model is the same at any of its hosts. */
export function whyOutOfDate(
  certificate: SavedCertificate,
  { policy, pool, predictorVersion }: ChoiceNow,
): string | undefined {
  if (certificate.policyDigest !== policyDigest(policy)) return 'the policy has changed since';
  if (certificate.predictorVersion !== predictorVersion) return 'another predictor chooses now';
  const known = new Set(certificate.models.map(abilityKey));
  const others = pool.filter(({ id }) => !known.has(abilityKey(id))).map(({ id }) => id);
  if (others.length > 0) return `the rows said nothing of ${firstOf(others)}`;
  const own = new Set(pool.map(({ id }) => abilityKey(id)));
  const gone = certificate.models.filter((id) => !own.has(abilityKey(id)));
  if (pool.length > 0 && gone.length > 0) return `${firstOf(gone)} cannot be chosen here`;
  return undefined;
}

const firstOf = (names: readonly string[]): string => names.slice(0, 3).join(', ');

/** A promise, and why it stands no longer where it does not. */
export interface StandingCertificate extends SavedCertificate {
  readonly outOfDate?: string | undefined;
}

/** Kept promises as they stand with these policies, and with the models and the predictor that they have now. */
export function standingCertificates(
  certificates: readonly SavedCertificate[],
  policies: ReadonlyMap<string, RouterPolicy>,
  now: {
    readonly poolOf: (policy: RouterPolicy) => ChoiceNow['pool'];
    /** Asked where there is a promise. */
    readonly predictorVersion: () => string;
  },
): readonly StandingCertificate[] {
  return certificates.map((saved) => {
    const policy = policies.get(saved.policyId);
    const outOfDate =
      policy === undefined
        ? 'there is no such policy any more'
        : whyOutOfDate(saved, { policy, pool: now.poolOf(policy), predictorVersion: now.predictorVersion() });
    return outOfDate === undefined ? saved : { ...saved, outOfDate };
  });
}
