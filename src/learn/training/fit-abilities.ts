import type { StepKind } from '../../domain/step.ts';
import { abilityKey, type LearnedAbility, type PredictorArtifact } from '../../predict/artifact.ts';
import { logit } from '../../predict/success/item-response.ts';
import { usualLevel } from '../../predict/success/model-success.ts';
import { mean } from '../../stats/mean.ts';
import type { OutcomeRow } from './outcome-row.ts';
import { rounded } from './rounded.ts';

/** Task types of outcome rows → the kind of step they speak of. Own records name the kind itself. */
const TASK_KINDS: Readonly<Record<string, StepKind>> = {
  plan: 'plan',
  code: 'code',
  'code-frontend': 'code',
  'library-from-scratch': 'code',
  review: 'review',
  test: 'test',
  summarize: 'summarize',
  explore: 'explore',
  'research-tools': 'explore',
  other: 'other',
};

/** The kind of step that a task type speaks of; `undefined`: of none. */
export function kindOfTask(taskType: string): StepKind | undefined {
  return TASK_KINDS[taskType];
}

/** How far a benchmark's field position may be from that at a user's own steps, one deviation on the logit scale. */
const TRANSFER_WIDTH = 0.4;
/** Source of rows that are the user's own steps: their rates count as they are, not as a position in a field. */
export const OWN_SOURCE = 'own';

/**
 * Ability per kind and model from outcomes. In public rows a model's rate counts as its distance from the field at the same
 * tasks, put on the kind's own level, because a benchmark is harder than most steps; in own rows as it is. Several sources
 * of one kind add up by their precision; rare models are drawn to the field by their own noise.
 */
export function fitAbilities(rows: readonly OutcomeRow[]): PredictorArtifact['abilities'] {
  const abilities: Partial<Record<StepKind, Record<string, LearnedAbility>>> = {};
  for (const group of groupsOf(rows).values()) {
    const kind = kindOfTask(group[0]?.taskType ?? '');
    if (kind === undefined) continue;
    const isOwn = group[0]?.source === OWN_SOURCE;
    const cells = cellsOf(group);
    const fieldLogit = mean([...cells.values()].map((cell) => cell.logit));
    const level = usualLevel(kind);
    const table = (abilities[kind] ??= {});
    for (const [model, cell] of cells) {
      const observed = isOwn ? cell.logit : level + cell.logit - fieldLogit;
      const width = isOwn ? cell.width : Math.hypot(cell.width, TRANSFER_WIDTH);
      table[model] = add(table[model], { mean: observed, width, taskCount: cell.count });
    }
  }
  return abilities;
}

interface Cell {
  readonly logit: number;
  readonly width: number;
  readonly count: number;
}

function cellsOf(rows: readonly OutcomeRow[]): ReadonlyMap<string, Cell> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const row of rows) {
    for (const [name, { score }] of Object.entries(row.outcomes)) {
      const cell = sums.get(abilityKey(name)) ?? { sum: 0, count: 0 };
      sums.set(abilityKey(name), { sum: cell.sum + score, count: cell.count + 1 });
    }
  }
  return new Map(
    [...sums].map(([model, { sum, count }]) => {
      const rate = (sum + 0.7) / (count + 1);
      const bounded = Math.min(0.995, Math.max(0.005, rate));
      return [model, { logit: logit(bounded), width: (count * bounded * (1 - bounded) + 0.25) ** -0.5, count }];
    }),
  );
}

function groupsOf(rows: readonly OutcomeRow[]): ReadonlyMap<string, readonly OutcomeRow[]> {
  const groups = new Map<string, OutcomeRow[]>();
  for (const row of rows) {
    const key = `${row.source} ${row.taskType}`;
    const list = groups.get(key) ?? [];
    list.push(row);
    groups.set(key, list);
  }
  return groups;
}

function add(known: LearnedAbility | undefined, seen: LearnedAbility): LearnedAbility {
  if (known === undefined) return roundedAbility(seen);
  const [a, b] = [known.width ** -2, seen.width ** -2];
  return roundedAbility({
    mean: (a * known.mean + b * seen.mean) / (a + b),
    width: (a + b) ** -0.5,
    taskCount: known.taskCount + seen.taskCount,
  });
}

function roundedAbility({ mean: middle, width, taskCount }: LearnedAbility): LearnedAbility {
  return { mean: rounded(middle), width: rounded(width), taskCount };
}
