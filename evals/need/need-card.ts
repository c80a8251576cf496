import { NEED_VALUES } from '../../src/domain/need.ts';
import { accuracyPct, difficultySpearman, judgeNeed, saidOf, type ReadRow } from './training/judge-need.ts';

/** Rows that two hands labelled, without knowing of each other: what a reader can hope for. */
export interface SecondLabels {
  readonly rowCount: number;
  readonly kindPct: number;
  readonly sizePct: number;
  readonly spearman: number;
}

export interface CardInput {
  readonly name: string;
  readonly trainCount: number;
  readonly head: readonly ReadRow[];
  readonly full: readonly ReadRow[];
  /** Figures of the head by how many rows it was fitted on. */
  readonly curve: readonly (readonly [number, Readonly<Record<string, number>>])[];
  readonly second: SecondLabels | undefined;
}

/** The model card of a trained reader. Pure. */
export function needCard({ name, trainCount, head, full, curve, second }: CardInput): string {
  const [ofHead, ofFull] = [judgeNeed(head), judgeNeed(full)];
  return `# ${name}: what a step needs

Reads kind, size, difficulty and stakes of a step as probabilities, from its words and what came right before them. Fitted on
${trainCount} labelled steps; figures below are on ${full.length} rows of other hands, which were not fitted on. It holds weights only; no
text of the rows is in it. Made by \`node evals/need/train.ts\`; the same rows give the same bytes.

Features, lengths of steps and other wordings were chosen out of fold, by authors left out of the train rows. The rows below were
read a few times, and moved three choices: how coarse the weights are kept, that a prior over combinations of parts was left
out, and that sureness is fitted without our own rows. On rows that nothing was chosen by, expect a little less.

| figure | head (hashed features, at once) | with the sentence encoder |
| --- | --- | --- |
${Object.keys(ofFull)
  .map((key) => `| ${key} | ${shown(ofHead[key])} | ${shown(ofFull[key])} |`)
  .join('\n')}

${second === undefined ? '' : `Ceiling: on ${second.rowCount} rows, two labellers who did not see each other agree on ${shown(second.kindPct)} % of kinds, ${shown(second.sizePct)} % of sizes; difficulty ρ ${shown(second.spearman)}.\n`}
## Learning curve of the head

| rows | kind, % | difficulty ρ | easy against hard, AUC | stakes AUC |
| --- | --- | --- | --- | --- |
${curve
  .map(
    ([count, judged]) =>
      `| ${count} | ${['need.kind.accuracy.pct', 'need.difficulty.spearman.ratio', 'need.difficulty.auc_easy_hard.ratio', 'need.stakes.auc.ratio'].map((key) => shown(judged[key])).join(' | ')} |`,
  )
  .join('\n')}

## By language and by author

${groupTable(full, 'language', ({ row }) => row.language)}

${groupTable(full, 'author', ({ row }) => row.author)}

## Confusion of kinds

Rows are true, columns are said.

|  | ${NEED_VALUES.kind.join(' | ')} |
| --- | ${NEED_VALUES.kind.map(() => '---').join(' | ')} |
${NEED_VALUES.kind.map((kind) => `| ${kind} | ${NEED_VALUES.kind.map((other) => full.filter((one) => one.row.kind === kind && saidOf(one, 'kind') === other).length).join(' | ')} |`).join('\n')}

## What it cannot see

- Files, the code base and what words only point to: "the same for the other two" is read from what came right before.
- What an organisation holds dear: stakes are those of the words, not of the place where they are said.
- Difficulty inside one benchmark: tasks of one kind and style are told apart hardly better than by chance.
- The encoder knows English only; of other languages the hashed words and letters speak, and a list of concepts in sixteen of them.
- Texts are read at both ends; the middle of a long paste is not.
- Typing slips, other words and pasted text still move it: of steps left out and written otherwise, a sixth change their kind.
`;
}

function groupTable(rows: readonly ReadRow[], name: string, of: (row: ReadRow) => string): string {
  const groups = [...Map.groupBy(rows, of)].sort(([, a], [, b]) => b.length - a.length);
  const lines = groups
    .filter(([, members]) => members.length >= 10)
    .map(
      ([key, members]) =>
        `| ${key} | ${members.length} | ${shown(accuracyPct(members, 'kind'))} | ${shown(difficultySpearman(members))} |`,
    );
  return [`| ${name} | rows | kind, % | difficulty ρ |`, '| --- | --- | --- | --- |', ...lines].join('\n');
}

function shown(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : String(Number(value.toFixed(value > 1 ? 1 : 3)));
}
