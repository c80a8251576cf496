import { examineSession } from '../../src/autopsy/examine-session.ts';
import type { Autopsy } from '../../src/autopsy/examine.ts';
import type { Figures } from '../../src/domain/figure.ts';
import { toSessionCase } from '../../src/orchestrator/service/read-session-case.ts';
import type { StepRecord } from '../../src/recorder/record.ts';
import { aDecideInput } from '../../src/testing/decision-builders.ts';
import { aDecision, aStepRecord } from '../../src/testing/record-builders.ts';
import { plantSessions, type PlantedSession } from './session-faults.ts';

interface ExaminedSession {
  readonly planted: PlantedSession;
  readonly autopsy: Autopsy;
  /** Whoever blames the last step that is complained about or failed, whatever the record says. */
  readonly lastFailed: string | undefined;
}

function examinePlanted(planted: PlantedSession): ExaminedSession {
  const steps = [...planted.beliefs].map(([decisionId, believed]): StepRecord => {
    const quality = believed.map((row) => ({ ...row, widthRatio: 0.1, basis: 'prior' as const }));
    return aStepRecord({
      jobId: undefined,
      decision: aDecision({ decisionId }),
      input: aDecideInput({ decisionId, quality }),
    });
  });
  const { id, calls, outcomes } = planted;
  const bad = outcomes.filter(({ verdict }) => verdict === 'failed' || verdict === 'underpowered').at(-1);
  const failed = calls.findLast(({ errorCode }) => errorCode !== undefined);
  return {
    planted,
    autopsy: examineSession(toSessionCase(id, { calls, steps, outcomes })),
    lastFailed: failed?.stepId ?? calls.find((call) => call.gateway?.decisionId === bad?.decisionId)?.stepId,
  };
}

export function sessionFigures(count: number, seed: number, name: string): Figures {
  const examined = plantSessions(count, seed).map(examinePlanted);
  const said = examined.filter(({ planted }) => planted.truth !== undefined);
  const silent = examined.filter(({ planted }) => planted.truth === undefined);
  const figure = (some: readonly ExaminedSession[], is: (one: ExaminedSession) => boolean): Figures[string] => ({
    value: Number(((100 * some.filter(is).length) / Math.max(1, some.length)).toFixed(2)),
    unit: '%',
    n: some.length,
    seed,
    label: 'measured',
  });
  return {
    [`${name}.step.pct`]: figure(
      said,
      ({ planted, autopsy }) => autopsy.kind === 'blamed' && autopsy.stepId === planted.truth?.stepId,
    ),
    [`${name}.cause.pct`]: figure(
      said,
      ({ planted, autopsy }) => autopsy.kind === 'blamed' && autopsy.cause === planted.truth?.cause,
    ),
    [`${name}.cannot_tell.pct`]: figure(silent, ({ autopsy }) => autopsy.kind === 'cannot-tell'),
    [`${name}.last_failed.step.pct`]: figure(said, ({ planted, lastFailed }) => lastFailed === planted.truth?.stepId),
  };
}
