import type { Ratio } from '../../domain/time.ts';
import type { JudgedStep } from '../training/judge-ladder.ts';
import { RECORDS, type Saying } from './bounded-weights.ts';
import type { VerifierObservation } from './verifier-posteriors.ts';

/** Both halves of an escalation tell of the check, but the check is also what they are judged by. */
const ESCALATION_WEIGHT: Ratio = 0.25;
/** Of two changes that are the same one is hardly ever right alone. */
const ALIKE_WEIGHT: Ratio = 0.99;

/** What a check said where something tells whether it was right. */
export type SeenCheck = VerifierObservation & Omit<Saying, 'cell'>;

/**
 * A check that refused one attempt and let a later one of the same step through: what that says of the check itself. Where the two
 * changes are the same, the first was as right as the second, and the refusal is told by that.
 */
export function escalationsOf(judged: readonly JudgedStep[]): readonly SeenCheck[] {
  return [...Map.groupBy(judged, ({ fact }) => fact.ladder).values()].flatMap((attempts) =>
    attempts.flatMap((one, index) =>
      one.checks
        .filter((check) => check.verifier !== 'contract' && !check.passed)
        .flatMap(({ verifier }) => {
          const same = sameChange(attempts.slice(index + 1), one);
          if (same !== undefined && verifier !== 'contract')
            return inParts({ ...one, rightRatio: same.rightRatio }, verifier, { rejected: true, weight: ALIKE_WEIGHT });
          const passed = attempts
            .slice(index + 1)
            .find(({ checks }) => checks.some((c) => c.verifier === verifier && c.passed));
          if (passed === undefined || verifier === 'contract') return [];
          return [
            ...inParts(one, verifier, { rejected: true, weight: ESCALATION_WEIGHT }),
            ...inParts(passed, verifier, { rejected: false, weight: ESCALATION_WEIGHT }),
          ];
        }),
    ),
  );
}

function sameChange(later: readonly JudgedStep[], { fact }: JudgedStep): JudgedStep | undefined {
  return later.find((one) => one.fact.alike?.some(({ attempt }) => attempt === fact.attempt) === true);
}

/** An observation whose truth is only likely counts on both sides. */
function inParts(
  { fact, rightRatio }: JudgedStep,
  verifier: VerifierObservation['verifier'],
  { rejected, weight }: { readonly rejected: boolean; readonly weight: Ratio },
): readonly SeenCheck[] {
  const base = { kind: fact.kind, verifier, family: fact.family, rejected, principal: RECORDS, at: fact.at };
  return [
    { ...base, truth: 'right', weight: weight * rightRatio },
    { ...base, truth: 'wrong', weight: weight * (1 - rightRatio) },
  ];
}
