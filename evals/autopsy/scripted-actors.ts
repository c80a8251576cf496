import path from 'node:path';
import { messageText } from '../../src/domain/transcript.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted/script.ts';
import { fine, json, type AskedStep, type Words } from '../../src/testing/internal/test-bed.ts';
import type { Draw } from '../trust/draw.ts';
import { needsTools, type Fault, type PlantedCase } from './faults.ts';
import { complaintOf, noise, readValue, saidOf } from './world.ts';

interface Stage {
  readonly draw: Draw;
  readonly workspace: string;
}

/**
 * Models that act on what they are really shown: who sees the value uses it, who does not takes the usual one. Faults change the world, or
 * who is weak in it; what then happens is the runner's.
 */
export function actorsFor(planted: PlantedCase, stage: Stage): Words {
  const { names } = planted;
  const memory: Memory = { made: '', madeBy: new Map(), hiccups: 0, slips: new Set() };
  return (asked) => {
    if (asked.text.includes('ReflectResult')) return json({ action: 'continue', why: 'Nothing else can be tried.' });
    if (asked.kind === 'plan') return planOf(planted, stage.draw);
    if (asked.title === names.look) return look(planted, stage, asked, memory);
    if (asked.title === names.make) return make(planted, stage, asked, memory);
    if (asked.title === names.judge) return judge(planted, stage, memory);
    const slip = herring(planted, asked, memory);
    if (slip !== undefined) return slip;
    if (asked.kind === 'summarize') return fine(asked);
    const said = asked.title.startsWith('look-') ? longWords(stage.draw) : noise(stage.draw, planted.noiseCount);
    return json({ summary: `Done. ${said}`, verdict: 'approve', findings: [] });
  };
}

interface Memory {
  made: string;
  readonly madeBy: Map<string, number>;
  hiccups: number;
  readonly slips: Set<string>;
}

function planOf({ names, fact, fault, checker, source }: PlantedCase, draw: Draw): ScriptedAnswer {
  const hasLook = source === 'look';
  const row = (id: string, kind: string, goal: string, dependsOn: readonly string[], check = 'none'): object => ({
    id,
    kind,
    title: id,
    goal,
    size: 'small',
    dependsOn,
    check,
  });
  const goal =
    fault === 'plan-says-wrong'
      ? `Put ${fact.wrong} into the configuration as the ${fact.key}.`
      : `Put the ${fact.key} into the configuration.`;
  const others = names.others.map((id) => row(id, 'review', `Look at ${id}.`, []));
  const extra = fault === 'too-long-to-hand-on' ? ['look-b', 'look-c', 'look-d', 'look-e'] : [];
  const looks = hasLook
    ? [
        ...extra.map((id) => row(id, 'review', 'Read the old papers.', [])),
        row(names.look, 'review', `Find out the ${fact.key} from specs.md.`, extra),
      ]
    : [];
  const from = hasLook && fault !== 'plan-forgets-link' ? [...extra, names.look] : [];
  // Without the link it must still come after.
  const order = fault === 'plan-forgets-link' ? ['bridge'] : [];
  const bridge = order.map((id) => row(id, 'review', 'See that nothing else is open.', [names.look]));
  const tests = checker === 'tests' ? 'tests' : 'none';
  const made = row(names.make, 'code', goal, [...from, ...order, ...draw.someOf(names.others)], tests);
  const judged = checker === 'review' ? [row(names.judge, 'review', 'Judge the change.', [names.make])] : [];
  return json({ steps: [...others, ...looks, ...bridge, made, ...judged], decisions: [] });
}

const read = (workspace: string, name: string): ScriptedAnswer => ({
  toolCalls: [{ name: 'filesystem__read_text_file', input: { path: path.join(workspace, name) } }],
});

const seen = ({ request }: AskedStep): string => request.messages.map(messageText).join('\n');

/** About what a result may hold. */
const longWords = (draw: Draw): string => `${noise(draw, 3)} `.repeat(100).slice(0, 7600);

/** Reads the specs and says what they say. */
function look(planted: PlantedCase, { workspace, draw }: Stage, asked: AskedStep, memory: Memory): ScriptedAnswer {
  const { fact, fault } = planted;
  const hasTools = needsTools(planted);
  if (hasTools && asked.turn === 0) return read(workspace, 'specs.md');
  if (fault === 'cut-context-before') {
    if (asked.turn === 1) return read(workspace, 'history.md');
    if (asked.turn === 2 && memory.hiccups++ === 0) return { failure: { kind: 'context-overflow' } };
  }
  const known = hasTools ? readValue(fact, seen(asked).replace(asked.text, '')) : fact.right;
  const value = fault === 'weak-model-before' ? fact.wrong : known;
  const isSaid = fault !== 'left-out' && value !== undefined;
  const filler = fault === 'too-long-to-hand-on' ? longWords(draw) : noise(draw, planted.noiseCount);
  const said = isSaid ? saidOf(fact, value, draw) : 'The specs were read; they are clear.';
  return json({ summary: `${filler} ${said}`, verdict: 'approve', findings: [] });
}

/** Puts what it takes the value to be into the configuration. */
function make(planted: PlantedCase, stage: Stage, asked: AskedStep, memory: Memory): ScriptedAnswer {
  const { fact, herring: beside } = planted;
  const hasTools = needsTools(planted);
  const failed = ENDINGS[planted.fault]?.({
    isEven: planted.seed % 2 === 0,
    workspace: stage.workspace,
    asked,
    memory,
  });
  if (failed !== undefined) return failed;
  if (beside === 'tool-slip' && hasTools && asked.turn === 0 && !memory.slips.has('make')) {
    memory.slips.add('make');
    return read(stage.workspace, 'no-such-file.md');
  }
  const value = valueOf(planted, asked, memory);
  memory.made = value;
  const words =
    beside === 'loud-words' ? 'This was hard; I am not sure and there were errors on the way.' : 'It is set.';
  if (!hasTools) return json({ summary: `${words} The ${fact.key} is ${value} now.`, changedFiles: [] });
  const isWritten =
    seen(asked).includes('config.txt') &&
    asked.request.messages
      .at(-1)
      ?.content.some((part) => part.type === 'tool-result' && part.toolName.includes('write'));
  if (isWritten === true) return json({ summary: words, changedFiles: ['config.txt'] });
  return {
    toolCalls: [
      {
        name: 'filesystem__write_file',
        input: { path: path.join(stage.workspace, 'config.txt'), content: `${fact.key}: ${value}\n` },
      },
    ],
  };
}

type Ending = (at: {
  readonly isEven: boolean;
  readonly workspace: string;
  readonly asked: AskedStep;
  readonly memory: Memory;
}) => ScriptedAnswer | undefined;

/** Ends that come before any value is written. */
const ENDINGS: Readonly<Partial<Record<Fault, Ending>>> = {
  'provider-down': ({ isEven }) => ({ failure: { kind: isEven ? 'server-error' : 'overloaded' } }),
  'provider-refuses': ({ isEven }) => ({ failure: { kind: isEven ? 'out-of-credit' : 'refused-key' } }),
  'cut-answer': () => ({ text: '```json\n{"summary": "It is set and', finish: 'length' }),
  'broken-form': ({ isEven }) => ({ text: isEven ? 'It is done.' : '```json\n{"result": "done"}\n```' }),
  'broken-tool': ({ workspace, asked: { turn } }) =>
    turn < 2 ? read(workspace, `/missing/${turn}.md`) : { text: 'The file cannot be read.' },
  'cut-context': ({ workspace, asked: { turn }, memory }) => {
    if (turn < 2) return read(workspace, turn === 0 ? 'specs.md' : 'history.md');
    return turn === 2 && memory.hiccups++ === 0 ? { failure: { kind: 'context-overflow' } } : undefined;
  },
};

function valueOf(planted: PlantedCase, asked: AskedStep, memory: Memory): string {
  const { fault, fact } = planted;
  const { model } = asked.request;
  memory.madeBy.set(model, (memory.madeBy.get(model) ?? 0) + 1);
  const isWeak = planted.isHopeless || model === [...memory.madeBy.keys()][0];
  if (fault === 'flaky-test') return fact.right;
  if (fault === 'mute-check' || (fault === 'weak-model' && isWeak)) return fact.wrong;
  if (asked.rejected) return afterRejection(planted, asked);
  // What was lost on the way is not in the task either.
  return fault === 'plan-says-wrong' ? fact.wrong : (readValue(fact, seen(asked)) ?? fact.wrong);
}

function afterRejection({ fact, isHopeless }: PlantedCase, { text }: AskedStep): string {
  const said = text.split(/^## Attempt \d+ was rejected/mu).at(-1) ?? '';
  return !isHopeless && said.includes(fact.right) ? fact.right : fact.wrong;
}

function judge({ fact, fault }: PlantedCase, { draw }: Stage, memory: Memory): ScriptedAnswer {
  if (memory.made === fact.right || fault === 'mute-person')
    return json({ summary: 'It is right.', verdict: 'approve', findings: [] });
  const text = complaintOf(fact, draw, fault === 'mute-check');
  return json({
    summary: 'Not yet.',
    verdict: 'request-changes',
    findings: [{ severity: 'blocking', file: 'config.txt', text }],
  });
}

/** What goes wrong beside the fault, and is got over. */
function herring({ herring: beside }: PlantedCase, asked: AskedStep, { slips }: Memory): ScriptedAnswer | undefined {
  if (slips.has(asked.title)) return undefined;
  slips.add(asked.title);
  if (beside === 'provider-hiccup') return { failure: { kind: 'overloaded' } };
  return beside === 'form-slip' ? { text: 'Done, I think.' } : undefined;
}
