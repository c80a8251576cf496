import { likeliestOf, type NeedGround, type NeedPart, type NeedSource, type StepNeed } from '../../domain/need.ts';

const COSTS = { 1: 'minutes', 2: 'hours', 3: 'production, data, money or worse' } as const;

const BY: Readonly<Record<NeedSource, string>> = {
  declared: 'declared',
  model: 'read by a small model',
  'local-encoder': 'read locally, with the sentence encoder,',
  'local-head': 'read locally',
  followed: 'taken over from the step that it follows',
};

const FROM: Readonly<Record<NeedGround, string>> = {
  words: 'the words',
  'follow-up': 'words that only follow up',
  task: 'what the harness asks for',
  'green tests': 'the green test run',
  'red tests': 'the red test run',
  error: 'the error shown',
  result: 'the last result',
  tools: 'the tools it requires',
};

/**
 * What a step needs in one line: "difficulty 2 of 5 (78 %), a failure costs minutes; read locally from the words and the
 * green test run". Shares are left out where somebody declared the part.
 */
export function needPhrase(need: StepNeed): string {
  const difficulty = likeliestOf(need, 'difficulty');
  const stakes = likeliestOf(need, 'stakes');
  const parts = [
    `difficulty ${difficulty.value} of 5${share(need.difficulty, difficulty.ratio)}`,
    `a failure costs ${COSTS[stakes.value]}${share(need.stakes, stakes.ratio)}`,
  ];
  return `${parts.join(', ')}; ${sourceOf(need)}`;
}

function share(part: NeedPart, ratio: number): string {
  return part.source === 'declared' ? '' : ` (${Math.round(100 * ratio)} %)`;
}

/** Who said the difficulty, from what; who said the stakes too, where it was somebody else. */
function sourceOf({ difficulty, stakes, grounds }: StepNeed): string {
  const from = grounds.map((ground) => FROM[ground]).join(' and ');
  const said = ({ source }: NeedPart): string =>
    source === 'declared' || source === 'followed' || from === '' ? BY[source] : `${BY[source]} from ${from}`;
  if (difficulty.source === stakes.source) return said(difficulty);
  return `difficulty ${said(difficulty)}, stakes ${said(stakes)}`;
}
