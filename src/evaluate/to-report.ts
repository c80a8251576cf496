import type { ModelRow, OwnModelRow } from '../catalog/model-row.ts';
import type { RowAbilities } from '../domain/model.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import { SECOND_MS, type Ms, type Tokens } from '../domain/time.ts';
import type { Ability } from '../predict/success/ability-prior.ts';
import { estimateAbility, type AbilityEstimate } from './estimate-ability.ts';
import type { ProbeEntry, Timing } from './journal.ts';
import type { Evaluation } from './run-evaluation.ts';

/** What an evaluation says of a model. Every figure but the levels of the tasks was measured. */
export interface EvaluationReport {
  /** Per kind that was tried; its levels are assumed. */
  readonly abilities: Readonly<Partial<Record<StepKind, AbilityEstimate>>>;
  /** Medians; `undefined`: no answer was long enough, or no tokens were told. */
  readonly ttftMs: Ms | undefined;
  readonly outputTokensPerSecond: number | undefined;
  /** The longest prompt in which everything was found, and the shortest in which it was not. */
  readonly context: { readonly foundTokens: Tokens | undefined; readonly lostTokens: Tokens | undefined };
  readonly cutCount: number;
}

/** Fewer tokens say more of the network than of the model. */
const LEAST_SPEED_TOKENS = 20;

/** @param priorOf what was believed of the model at a kind before */
export function toReport({ tasks, probes }: Evaluation, priorOf: (kind: StepKind) => Ability): EvaluationReport {
  const byKind = Map.groupBy(tasks, ({ kind }) => kind);
  const abilities = STEP_KINDS.flatMap((kind) => {
    const graded = byKind.get(kind);
    return graded === undefined ? [] : [[kind, estimateAbility(kind, graded, priorOf(kind))] as const];
  });
  const timings = [...tasks, ...probes].flatMap(({ timing }) => timing ?? []);
  const sizes = probes.filter(({ id }) => id.startsWith('context-'));
  return {
    abilities: Object.fromEntries(abilities),
    ttftMs: medianOf(timings.map(({ ttftMs }) => ttftMs)),
    outputTokensPerSecond: medianOf(timings.flatMap(speedOf)),
    context: {
      foundTokens: largest(sizes.filter(({ state }) => state === 'yes').map(sizeOf)),
      lostTokens: sizes.filter(({ state }) => state === 'no' || state === 'refused').map(sizeOf)[0],
    },
    cutCount: tasks.filter(({ wasCut }) => wasCut).length,
  };
}

function speedOf({ ttftMs, durationMs, outputTokens = 0 }: Timing): readonly number[] {
  const span = durationMs - ttftMs;
  return outputTokens < LEAST_SPEED_TOKENS || span <= 0 ? [] : [(outputTokens / span) * SECOND_MS];
}

/** As the server counted it, else as it was meant to be. */
function sizeOf({ tokens, id }: ProbeEntry): Tokens {
  return tokens ?? Number(id.slice('context-'.length));
}

function largest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? undefined : Math.round(middle * 10) / 10;
}

/** A row without an evaluation; how long its window is may not be known yet. */
export type RowBase = Omit<OwnModelRow, 'contextTokens'> & Partial<Pick<OwnModelRow, 'contextTokens'>>;

/** How long a window is taken to be of which nobody says anything and nothing was found out. */
const UNKNOWN_CONTEXT: Tokens = 4096;

export interface RowFacts {
  /** As 2026-11-30. */
  readonly asOf: string;
  readonly seed: number;
  readonly taskCount: number;
}

/**
 * The row of the catalogue with what was found. What its user has stated stays: prices, names, and a window that was not tried to
 * its end; what was not tried stays as it was.
 */
export function toEvaluatedRow(
  base: RowBase,
  report: EvaluationReport,
  probes: readonly ProbeEntry[],
  facts: RowFacts,
): OwnModelRow {
  const { abilities, ttftMs, outputTokensPerSecond } = report;
  const found: Partial<ModelRow> = {
    contextTokens: contextOf(base.contextTokens, report.context),
    ...flag('toolCalling', 'tools', probes),
    ...flag('structuredOutput', 'schema', probes),
    ...(ttftMs === undefined ? {} : { ttftMs }),
    ...(outputTokensPerSecond === undefined || outputTokensPerSecond <= 0 ? {} : { outputTokensPerSecond }),
    abilities: { ...base.abilities, ...rowAbilities(abilities) },
    source: `pointsman evaluate, seed ${facts.seed}, ${facts.taskCount} tasks graded; levels of tasks assumed`,
    asOf: facts.asOf,
  };
  const row = { ...base, ...found };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as unknown as OwnModelRow;
}

function rowAbilities(abilities: EvaluationReport['abilities']): RowAbilities {
  return Object.fromEntries(
    Object.entries(abilities).map(([kind, { mean, width, taskCount }]) => [kind, { mean, width, taskCount }]),
  );
}

function flag(field: 'toolCalling' | 'structuredOutput', id: string, probes: readonly ProbeEntry[]): Partial<ModelRow> {
  const state = probes.find((probe) => probe.id === id)?.state;
  return state === undefined || state === 'unknown' ? {} : { [field]: state === 'yes' };
}

/** A window that gave out earlier than its user says is as long as what was found in it. */
function contextOf(stated: Tokens | undefined, { foundTokens, lostTokens }: EvaluationReport['context']): Tokens {
  if (lostTokens !== undefined && foundTokens !== undefined) return Math.min(stated ?? foundTokens, foundTokens);
  return Math.max(stated ?? foundTokens ?? UNKNOWN_CONTEXT, foundTokens ?? 0);
}
