import { VERIFIER_KINDS, type Verifier } from '../../domain/quality.ts';
import type { Ratio } from '../../domain/time.ts';
import type { CheckFact, StepFact } from '../step-fact.ts';

/** Error rates of a check, as they are believed on average. */
export interface MeanRates {
  readonly sensitivityRatio: Ratio;
  readonly falseAlarmRatio: Ratio;
}

export type RatesOf = (fact: StepFact, verifier: Verifier['kind']) => MeanRates;

/** How one attempt turned out, as far as its checks can tell. */
export interface JudgedStep {
  readonly fact: StepFact;
  /** P(the result was right | everything that the checks of the step said). */
  readonly rightRatio: Ratio;
  /** How much the checks can tell apart: 0 for none, 1 for a perfect one. */
  readonly weight: Ratio;
  readonly checks: readonly CheckFact[];
}

/**
 * An answer without the asked form is of no use, and that is seen, not guessed. One that keeps it may be as wrong as any:
 * assumed (2026-11) that the form catches a tenth of what is wrong.
 */
const CONTRACT: MeanRates = { sensitivityRatio: 0.1, falseAlarmRatio: 0 };
/** P(a check refuses whatever it is shown): a broken test, an impossible demand. */
const BROKEN_RATIO: Ratio = 0.1;

/**
 * Judges the attempts of one step together, in their order. A check that let a later attempt through is not broken, so its
 * earlier no counts; one that refused everybody is probably broken, and then it says little of anybody. Pure.
 */
export function judgeLadder(attempts: readonly StepFact[], ratesOf: RatesOf): readonly JudgedStep[] {
  const settled = attempts.flatMap((fact, index) => {
    const checks = checksOf(fact, attempts.slice(index + 1));
    return fact.status === undefined || checks.length === 0 ? [] : [{ fact, checks }];
  });
  const judged = settled.map(({ fact, checks }) => {
    const prior = Math.min(0.95, Math.max(0.05, fact.believedRatio));
    const ifRight = likelihood(fact, checks, { ratesOf, right: true });
    const ifWrong = likelihood(fact, checks, { ratesOf, right: false });
    const evidence = prior * ifRight + (1 - prior) * ifWrong;
    const sharpest = Math.max(...checks.map((check) => sharpness(rates(fact, check, ratesOf))));
    const weight = ifRight === 0 ? 1 : sharpest;
    return { fact, checks, prior, evidence, weight, rightRatio: (prior * ifRight) / evidence };
  });
  const refusedAll = judged.length > 0 && judged.every(({ checks }) => checks.some(isRefusal));
  const product = judged.reduce((all, one) => all * one.evidence, 1);
  const broken = refusedAll ? BROKEN_RATIO / (BROKEN_RATIO + (1 - BROKEN_RATIO) * product) : 0;
  return judged.map(({ fact, checks, prior, rightRatio, weight }) => ({
    fact,
    checks,
    weight,
    rightRatio: broken * prior + (1 - broken) * rightRatio,
  }));
}

/** What its own checks said, and what sent it back later although they had let it through. */
function checksOf(fact: StepFact, later: readonly StepFact[]): readonly CheckFact[] {
  if (fact.status !== 'accepted') return fact.checks;
  const back = later.flatMap((one) => one.tried).find((row) => row.model === fact.model);
  if (back === undefined) return fact.checks;
  const verifier = verifierThatSentBack(back, fact.family);
  return [...fact.checks.filter((check) => check.verifier !== verifier), { verifier, passed: false }];
}

function verifierThatSentBack(back: StepFact['tried'][number], family: string): Verifier['kind'] {
  const named = VERIFIER_KINDS.find((kind) => kind === back.rejectedBy);
  if (named !== undefined) return named;
  const isOther = back.judgeFamily !== undefined && back.judgeFamily !== family;
  return isOther ? 'review-other-family' : 'review-same-family';
}

/** A broken contract is nobody's opinion: it does not tell a broken check. */
function isRefusal(check: CheckFact): boolean {
  return !check.passed && check.verifier !== 'contract';
}

function likelihood(
  fact: StepFact,
  checks: readonly CheckFact[],
  of: { readonly ratesOf: RatesOf; readonly right: boolean },
): number {
  return checks.reduce((product, check) => {
    const { sensitivityRatio, falseAlarmRatio } = rates(fact, check, of.ratesOf);
    const refused = of.right ? falseAlarmRatio : sensitivityRatio;
    return product * (check.passed ? 1 - refused : refused);
  }, 1);
}

function rates(fact: StepFact, check: CheckFact, ratesOf: RatesOf): MeanRates {
  return check.verifier === 'contract' ? CONTRACT : ratesOf(fact, check.verifier);
}

function sharpness({ sensitivityRatio, falseAlarmRatio }: MeanRates): Ratio {
  return Math.max(0, sensitivityRatio - falseAlarmRatio);
}

/** What checks say by themselves, without what was believed before them: P(they say so | right), of both together 1. */
export function likelihoodOf(rightRatio: Ratio, believedRatio: Ratio): Ratio {
  const before = Math.min(0.95, Math.max(0.05, believedRatio));
  const odds = (rightRatio * (1 - before)) / Math.max(1e-9, (1 - rightRatio) * before);
  return odds / (1 + odds);
}
