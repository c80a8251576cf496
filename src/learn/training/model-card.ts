import type { PredictorArtifact } from '../../predict/artifact.ts';
import type { Interval } from '../../stats/interval.ts';
import type { JudgedOwn } from './judge-own.ts';
import type { TrainResult } from './train.ts';

/** Below this many steps a comparison says little. */
const FEW_STEPS = 100;

/** What an artifact was made from, what it does, and what it must not be taken for, as Markdown. */
export function modelCard(
  { artifact, heads, intervals, choice }: TrainResult,
  inUse: PredictorArtifact | undefined,
  own?: JudgedOwn,
): string {
  const parts = [
    `# ${artifact.name}`,
    `Made by \`pointsman train\` from data as of ${artifact.asOf}, seed ${artifact.seed}. The same data, encoder and seed give the same bytes.`,
    '## Data',
    table(
      ['file', 'licence', 'rows'],
      artifact.sources.map((source) => [source.name, source.licence, String(source.rowCount)]),
    ),
    'It holds figures and weights only; no text of the data is in it.',
    '## Figures, on rows not fitted on, with 95 % intervals over tasks or texts',
    table(
      ['figure', 'value', 'artifact in use, by its own card'],
      Object.entries(artifact.figures).map(([name, value]) => [
        name,
        withInterval(value, intervals[name]),
        String(inUse?.figures[name] ?? '–'),
      ]),
    ),
    ...ownParts(own),
    ...choiceParts(choice),
    ...Object.entries(heads).flatMap(([name, head]) => [
      `## Confusion of ${name}`,
      'Rows are true, columns are said.',
      table(
        ['', ...head.head.classes],
        head.confusion.map((row, index) => [head.head.classes[index] ?? '', ...row.map(String)]),
      ),
    ]),
    ...gateParts(artifact.gates),
    '## Limits',
    'Labels of kinds come from categories of short prompts, and are easier than agent steps. Abilities are positions in a field of public benchmarks until own outcomes replace them. A shut gate means that the words of a task do not change which model is chosen.',
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The comparison that counts for a user: on their own steps, by the same rows. */
function ownParts(own: JudgedOwn | undefined): readonly string[] {
  if (own === undefined) return [];
  const row = (name: string, key: 'auc' | 'brier' | 'ece', better: string): readonly string[] => [
    name,
    own.inUse[key].toFixed(3),
    own.learned[key].toFixed(3),
    better,
  ];
  const few = own.stepCount < FEW_STEPS ? ` Fewer than ${FEW_STEPS} steps: these figures are mostly luck.` : '';
  return [
    '## On your own steps',
    `P(success) of ${own.stepCount} steps against what came of them; what was learned is judged on steps that it was not learned from.${few}`,
    table(
      ['figure', 'artifact in use', 'with what was learned', 'better is'],
      [row('AUC', 'auc', 'more'), row('Brier', 'brier', 'less'), row('ECE', 'ece', 'less')],
    ),
  ];
}

function gateParts(gates: PredictorArtifact['gates']): readonly string[] {
  const rows = Object.entries(gates).map(([name, gate]) => [name, gate.open ? 'open' : 'shut', gate.why]);
  return rows.length === 0 ? [] : ['## May it act?', table(['what', 'gate', 'why'], rows)];
}

/** R by the price of a failure: what routing by kind of task is worth on these rows. */
function choiceParts(choice: TrainResult['choice']): readonly string[] {
  if (choice === undefined) return [];
  const { overall, byGamma, modelCount, groupCount } = choice;
  return [
    '## What is choosing by kind of task worth?',
    `Bill of routing each of ${overall.taskCount} tasks by its kind (${groupCount} kinds, ${modelCount} models), over the bill of the best single model, both learned on other tasks. Below 1 is a gain; an interval that holds 1 is a tie.`,
    table(
      ['price of a failure', 'R', '95 %'],
      [
        ['USD 0.1 to 30, mean', overall.value.toFixed(3), rangeOf(overall)],
        ...byGamma.map(({ gammaUsd, ratio }) => [
          `USD ${gammaUsd.toPrecision(2)}`,
          ratio.value.toFixed(3),
          rangeOf(ratio),
        ]),
      ],
    ),
  ];
}

function withInterval(value: number, interval: Interval | undefined): string {
  return interval === undefined ? String(value) : `${value} (${rangeOf(interval)})`;
}

function rangeOf({ low, high }: Interval): string {
  return `${low.toFixed(3)}–${high.toFixed(3)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
