import path from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { messageText } from '../../domain/transcript.ts';
import type { ScriptedAnswer, ScriptedRequest } from '../../providers/scripted/script.ts';

/** What the models of the demo say: the only thing in it that is not real. */
export function demoWords(request: ScriptedRequest): ScriptedAnswer | undefined {
  const at = request.messages.findLastIndex((message) => message.role === 'user' && HEADING.test(messageText(message)));
  const instruction = request.messages[at];
  if (instruction === undefined) return undefined;
  const text = messageText(instruction);
  const kind = HEADING.exec(text)?.[1] ?? '';
  const workspace = /The workspace is the folder (\S+?)\. /u.exec(request.system)?.[1] ?? '';
  const turn = request.messages.slice(at + 1).filter((message) => message.role === 'assistant').length;
  const answers = wordsOf(kind, {
    file: (name) => path.join(workspace, name),
    again: /^## Attempt \d+ was rejected/mu.test(text),
  });
  return { chunkDelayMs: 4, ...answers[turn] };
}

const HEADING = /^# Step \d+ of \d+: (\w+),/mu;

interface Scene {
  readonly file: (name: string) => string;
  /** An earlier attempt failed its tests. */
  readonly again: boolean;
}

function wordsOf(kind: string, scene: Scene): readonly ScriptedAnswer[] {
  switch (kind) {
    case 'plan':
      return plan(scene);
    case 'code':
      return scene.again ? secondPatch(scene) : firstPatch(scene);
    case 'review':
      return review(scene);
    case 'test':
      return testing(scene);
    case 'summarize':
      return [{ text: json(SUMMARY) }];
    default:
      return [];
  }
}

const read = (file: string): NonNullable<ScriptedAnswer['toolCalls']>[number] => ({
  name: '~read_text_file',
  input: { path: file },
});

const json = (value: object): string => `\`\`\`json\n${JSON.stringify(value, undefined, 2)}\n\`\`\``;

function plan({ file }: Scene): readonly ScriptedAnswer[] {
  return [
    {
      text: 'I look at what there is first.\n',
      toolCalls: [
        { name: '~directory_tree', input: { path: file('.') } },
        read(file('README.md')),
        read(file('src/rates.js')),
        read(file('src/cart.js')),
      ],
    },
    { toolCalls: [read(file('test/rates.test.js')), read(file('test/cart.test.js'))] },
    {
      text: `The README and the code disagree in two places.\n\n${json({
        steps: [
          {
            id: 'mend',
            kind: 'code',
            title: 'make prices follow the README',
            goal:
              'src/rates.js rounds weights up to the next half kilogram, and src/cart.js gives 10 % off the parcels ' +
              'from the tenth parcel on and never off the insurance. All tests pass.',
            inputs: ['src/rates.js', 'src/cart.js', 'README.md'],
            size: 'small',
            difficulty: 2,
            stakes: 1,
            dependsOn: [],
            check: 'tests',
          },
          {
            id: 'review',
            kind: 'review',
            title: 'judge the change',
            goal: 'The change does what the README says for every weight, zone and cart, and breaks nothing else.',
            inputs: ['mend'],
            size: 'small',
            difficulty: 3,
            stakes: 1,
            dependsOn: ['mend'],
          },
          {
            id: 'hold',
            kind: 'test',
            title: 'hold the borders by tests',
            goal: 'A test fails if nine parcels get the discount or if a weight is rounded down. All tests pass.',
            inputs: ['mend'],
            size: 'small',
            difficulty: 2,
            stakes: 1,
            dependsOn: ['mend'],
            check: 'tests',
          },
        ],
        decisions: ['The README is right where it and the code disagree, because the tests agree with it.'],
        openQuestions: [],
      })}`,
    },
  ];
}

const roundedUp = (place: string): JsonObject => ({
  path: place,
  edits: [{ oldText: 'Math.round(grams / HALF_KILOGRAM)', newText: 'Math.ceil(grams / HALF_KILOGRAM)' }],
});

/** Looks right, and takes the discount off the insurance too. */
function firstPatch({ file }: Scene): readonly ScriptedAnswer[] {
  return [
    { toolCalls: [read(file('src/rates.js')), read(file('src/cart.js'))] },
    {
      text: 'Rounding must go up, and the discount must start at ten.',
      toolCalls: [
        {
          name: '~edit_file',
          input: roundedUp(file('src/rates.js')),
        },
        {
          name: '~edit_file',
          input: {
            path: file('src/cart.js'),
            edits: [{ oldText: 'parcels.length > DISCOUNT_FROM', newText: 'parcels.length >= DISCOUNT_FROM' }],
          },
        },
      ],
    },
    {
      text: json({
        summary: 'Weights are rounded up; the discount starts with the tenth parcel.',
        changedFiles: ['src/rates.js', 'src/cart.js'],
        decisions: [],
        openQuestions: [],
      }),
    },
  ];
}

const LOOP = `  let cents = 0;
  for (const parcel of parcels) {
    cents += parcelCents(parcel.grams, parcel.zone) + insuranceCents(parcel.insuredCents ?? 0);
  }
  return parcels.length > DISCOUNT_FROM ? Math.round(cents * (1 - DISCOUNT_SHARE)) : cents;`;

const LOOP_FIXED = `  let parcelsCents = 0;
  let insurance = 0;
  for (const parcel of parcels) {
    parcelsCents += parcelCents(parcel.grams, parcel.zone);
    insurance += insuranceCents(parcel.insuredCents ?? 0);
  }
  const discount = parcels.length >= DISCOUNT_FROM ? Math.round(parcelsCents * DISCOUNT_SHARE) : 0;
  return parcelsCents - discount + insurance;`;

/** What the first one did was taken back. */
function secondPatch({ file }: Scene): readonly ScriptedAnswer[] {
  return [
    {
      text: 'The test that fails insures ten parcels: the discount is taken from a sum that already holds the insurance.',
      toolCalls: [read(file('src/cart.js'))],
    },
    {
      toolCalls: [
        { name: '~edit_file', input: roundedUp(file('src/rates.js')) },
        { name: '~edit_file', input: { path: file('src/cart.js'), edits: [{ oldText: LOOP, newText: LOOP_FIXED }] } },
      ],
    },
    { toolCalls: [{ name: '~commands__run', input: { program: 'npm', args: ['test', '--silent'] } }] },
    {
      text: json({
        summary: 'Parcels and insurance are added up apart; the discount is taken from the parcels only.',
        changedFiles: ['src/rates.js', 'src/cart.js'],
        decisions: ['The discount is rounded once, on the sum of the parcels.'],
        openQuestions: [],
      }),
    },
  ];
}

function review({ file }: Scene): readonly ScriptedAnswer[] {
  return [
    { toolCalls: [read(file('src/rates.js')), read(file('src/cart.js')), read(file('README.md'))] },
    {
      text: json({
        summary: 'The change does what the README says; nothing else is touched.',
        verdict: 'approve',
        findings: [
          {
            severity: 'minor',
            file: 'src/cart.js',
            text: 'A cart may hold more than ten thousand parcels; nobody says whether that is meant.',
          },
        ],
        decisions: [],
        openQuestions: [],
      }),
    },
  ];
}

const NEW_TESTS = `test('nine parcels bring no discount', () => {
  assert.equal(cartCents(Array.from({ length: 9 }, () => parcel)), 3510);
});

test('the discount leaves the insurance alone'`;

function testing({ file }: Scene): readonly ScriptedAnswer[] {
  return [
    { toolCalls: [read(file('test/cart.test.js')), read(file('test/rates.test.js'))] },
    {
      text: 'No test would notice a discount at nine parcels.',
      toolCalls: [
        {
          name: '~edit_file',
          input: {
            path: file('test/cart.test.js'),
            edits: [{ oldText: "test('the discount leaves the insurance alone'", newText: NEW_TESTS }],
          },
        },
        { name: '~commands__run', input: { program: 'npm', args: ['test', '--silent'] } },
      ],
    },
    {
      text: json({
        summary: 'One test added for the border at nine parcels; all tests pass.',
        passed: true,
        addedTests: ['test/cart.test.js: nine parcels bring no discount'],
        decisions: [],
        openQuestions: [],
      }),
    },
  ];
}

const SUMMARY = {
  summary:
    'The failing tests pass. src/rates.js now rounds weights up to the next half kilogram, and src/cart.js adds up parcels and ' +
    'insurance apart, so that the discount starts with the tenth parcel and leaves the insurance alone. A first patch still ' +
    'took the discount off the insurance; the tests caught it. test/cart.test.js has a new test for nine parcels.',
  followUps: ['The README does not say whether a cart has a largest size.'],
};
