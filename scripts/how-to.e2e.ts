import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataOf } from '../src/testing/internal/json-data.ts';
import { copyTree, ROOT } from '../src/testing/internal/newcomer/copy-of-tree.ts';

/*
 * Follows the how-tos in a copy of the tree: what each page says must be there, be enough, and be refused where it says so.
 * The words of a page are read for the commands and files; what a person would write in between stands here.
 */
let copy: string;
beforeAll(() => {
  copy = mkdtempSync(path.join(os.tmpdir(), 'pointsman-how-to-'));
  copyTree(copy);
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const howTo = (name: string): string => readFileSync(path.join(ROOT, 'docs', 'how-to', `${name}.md`), 'utf8');

function write(file: string, text: string): void {
  writeFileSync(path.join(copy, file), text);
}

function edit(file: string, before: string, after: string): void {
  const text = readFileSync(path.join(copy, file), 'utf8');
  expect(text, `${file} has no ${before}`).toContain(before);
  write(file, text.replace(before, after));
}

/** One program of the copy; both of its outputs in one text, too. */
function run(
  program: string,
  ...args: readonly string[]
): { readonly code: number | null; readonly stdout: string; readonly text: string } {
  const ran = spawnSync(program, [...args], {
    cwd: copy,
    encoding: 'utf8',
    env: {
      PATH: [path.dirname(process.execPath), process.env['PATH'] ?? ''].join(path.delimiter),
      HOME: copy,
      NO_COLOR: '1',
    },
  });
  return { code: ran.status, stdout: ran.stdout, text: ran.stdout + ran.stderr };
}
const pointsman = (...args: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, 'src/cli/main.ts', ...args);
/** Files that have not changed since the last time are not looked through again. */
const types = (): string =>
  run(process.execPath, 'node_modules/typescript/bin/tsc', '--noEmit', '--incremental', '--tsBuildInfoFile', '.types')
    .text;
const unitTests = (...files: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', ...files);

describe('docs/how-to/command.md', () => {
  const NAME = 'greet';
  test('its steps make a command', () => {
    expect(howTo('command')).toContain('`command: CliCommand`');
    write(
      `src/cli/commands/${NAME}-command.ts`,
      `import { parseArgs } from 'node:util';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: '${NAME}',
  usage: '[--loudly] [--json]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { loudly: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
    });
    const words = values.loudly ? 'HELLO' : 'hello';
    io.stdout(values.json ? jsonText('${NAME}', { words }) : \`\${words}\\n\`);
    return EXIT.ok;
  },
};
`,
    );
    edit(
      'src/cli/registry.ts',
      '  demo: {',
      `  ${NAME}: { summary: 'Say hello.', load: () => import('./commands/${NAME}-command.ts') },\n  demo: {`,
    );
    expect(types()).toBe('');
    expect(pointsman(NAME, '--loudly')).toMatchObject({ code: 0, text: 'HELLO\n' });
    expect(dataOf(pointsman(NAME, '--json').text)).toEqual({ words: 'hello' });
    expect(pointsman(NAME, '--help').text).toMatch(/^Say hello\.\n\nUsage: pointsman greet/u);
    expect(pointsman(NAME, '--loudy')).toMatchObject({ code: 2, text: expect.stringContaining('--loudly') });
  });

  test('an option without a meaning fails, as it says, and passes with one', () => {
    expect(howTo('command')).toContain('`src/cli/text/option-help.ts`; `npm test` fails for one without');
    const failed = unitTests('src/cli/text/option-help.test.ts');
    expect(failed.text).toContain('--loudly');
    expect(failed.code).not.toBe(0);
    edit('src/cli/text/option-help.ts', "'--json'", "'--loudly': 'In capitals.',\n  '--json'");
    expect(unitTests('src/cli/text/option-help.test.ts')).toMatchObject({ code: 0 });
    expect(pointsman(NAME, '--help').text).toContain('In capitals.');
  });
});

describe('docs/how-to/policy.md', () => {
  test('a copied policy is checked with its examples, and what it names goes wrong with a line', () => {
    const page = howTo('policy');
    expect(page).toContain('policies FILE');
    cpSync(path.join(copy, 'policies', 'thrifty.policy.yaml'), path.join(copy, 'mine.policy.yaml'));
    edit('mine.policy.yaml', 'id: thrifty', 'id: mine');
    expect(pointsman('policies', 'mine.policy.yaml')).toMatchObject({ code: 0, text: expect.stringContaining('mine') });
    write(
      'misspelt.policy.yaml',
      readFileSync(path.join(copy, 'mine.policy.yaml'), 'utf8').replace(/^dial:/mu, 'dail:'),
    );
    const misspelt = pointsman('policies', 'misspelt.policy.yaml');
    expect(misspelt.code).not.toBe(0);
    expect(misspelt.text).toMatch(/line \d+|:\d+/u);
  });

  test('sessions are priced under it', () => {
    const priced = pointsman('replay', 'fixtures/sessions/pi', '--policy', 'mine.policy.yaml');
    expect(priced, priced.text).toMatchObject({ code: 0, text: expect.stringContaining('mine') });
  });
});

describe('docs/how-to/importer.md', () => {
  test('its four places make an importer, which the command that it names reads logs with', () => {
    const page = howTo('importer');
    for (const place of ['read-sessions.ts', 'find-logs.ts', 'session-trace.ts']) expect(page).toContain(place);
    write('src/sessions/importers/acme-importer.ts', ACME_IMPORTER);
    edit('src/sessions/session-trace.ts', "'claude-code',", "'claude-code',\n  'acme',");
    edit('src/sessions/read-sessions.ts', '  piImporter,\n', '  acmeImporter,\n  piImporter,\n');
    edit(
      'src/sessions/read-sessions.ts',
      'import { agentSessionsImporter }',
      "import { acmeImporter } from './importers/acme-importer.ts';\nimport { agentSessionsImporter }",
    );
    edit(
      'src/sessions/find-logs.ts',
      "    place('pi',",
      "    place('acme', join(home, '.acme/logs'), isJsonLines),\n    place('pi',",
    );
    expect(types()).toBe('');
    mkdirSync(path.join(copy, '.acme', 'logs'), { recursive: true });
    write('.acme/logs/one.jsonl', ACME_LOG);
    for (const args of [['.acme/logs'], []]) {
      const replayed = pointsman('replay', ...args, '--from', 'acme', '--json');
      expect(replayed.code, replayed.text).toBe(0);
      const { recorded } = dataOf(replayed.stdout) as {
        readonly recorded: { readonly callCount: number; readonly clients: readonly { readonly client: string }[] };
      };
      expect(recorded.callCount).toBe(1);
    }
  });
});

describe('docs/how-to/store.md', () => {
  test('a second store of records without its floor is refused, and with it keeps the contract', () => {
    const page = howTo('store');
    for (const place of ['`recorderContract`', 'src/architecture.test.ts', 'src/recorder/recorder.ts'])
      expect(page).toContain(place);
    mkdirSync(path.join(copy, 'src/recorder/lines'));
    write('src/recorder/lines/lines-recorder.ts', LINES_RECORDER);
    write('src/recorder/lines/lines-recorder.test.ts', LINES_RECORDER_TEST);
    const refused = unitTests('src/architecture.test.ts');
    expect(refused.text).toContain('recorder/lines is on no floor');
    edit(
      'src/architecture.test.ts',
      "recorder: [['packing'], ['postgres', 'sqlite']]",
      "recorder: [['packing'], ['lines', 'postgres', 'sqlite']]",
    );
    const kept = unitTests('src/architecture.test.ts', 'src/recorder/lines');
    expect(kept, kept.text).toMatchObject({ code: 0 });
  });

  test('a store that breaks a promise fails the contract', () => {
    edit('src/recorder/lines/lines-recorder.ts', 'redactor.record(record)', 'record');
    expect(unitTests('src/recorder/lines').text).toMatch(/FAIL.*secrets never come back/u);
  });

  test('a new form of address is asked for where the page says, by TypeScript', () => {
    edit(
      'src/config/config.ts',
      "  | { readonly kind: 'sqlite'; readonly dir: string; readonly isFound?: true }",
      "  | { readonly kind: 'sqlite'; readonly dir: string; readonly isFound?: true }\n  | { readonly kind: 'lines'; readonly file: string }",
    );
    const asked = types();
    expect(asked).not.toContain('recorder/lines');
    expect(asked).toContain('src/cli/doctor/store-checks.ts');
    expect(howTo('store')).toContain('src/cli/doctor/store-checks.ts');
    edit('src/config/config.ts', "\n  | { readonly kind: 'lines'; readonly file: string }", '');
  });
});

describe('docs/how-to/signal.md', () => {
  test('its steps make a signal that moves a decision, stands in its explanation and comes back from the record', () => {
    const page = howTo('signal');
    for (const place of ['src/domain/decision.ts', 'src/router/', 'src/router/explain/explain.ts'])
      expect(page).toContain(place);
    const TAKEN = 'step.waitingNanoUsdPerSecond ?? policy.waitingNanoUsdPerSecond';
    edit(
      'src/domain/decision.ts',
      '  readonly callGapMs: Ms;',
      '  readonly callGapMs: Ms;\n  /** What a second costs whoever waits for this step. Absent: what the policy says. */\n' +
        '  readonly waitingNanoUsdPerSecond?: NanoUsd;',
    );
    edit('src/router/candidates.ts', 'const waiting = policy.waitingNanoUsdPerSecond;', `const waiting = ${TAKEN};`);
    edit(
      'src/router/explain/explain.ts',
      '  lines.push(...mediaLines(input), ...gateLines(input)',
      '  const tau = input.step.waitingNanoUsdPerSecond;\n' +
        '  if (tau !== undefined) lines.push(`  · Somebody waits, at ${formatUsd(tau)} a second.`);\n' +
        '  lines.push(...mediaLines(input), ...gateLines(input)',
    );
    write('src/router/waiting.test.ts', WAITING_TEST);
    expect(types()).toBe('');
    const held = unitTests('src/router/waiting.test.ts', 'src/decisions/make-decision.test.ts');
    expect(held, held.text).toMatchObject({ code: 0 });
    edit('src/router/candidates.ts', TAKEN, 'policy.waitingNanoUsdPerSecond');
    expect(unitTests('src/router/waiting.test.ts').text).toMatch(/FAIL.*moves the choice/u);
  });
});

const LINES_RECORDER = `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { PointsmanError } from '../../domain/errors.ts';
import { createMemoryRecorder } from '../memory-recorder.ts';
import type { Recorder } from '../recorder.ts';
import { createRedactor } from '../redact.ts';

const KINDS = ['writeJob', 'writeStep', 'writeCall', 'writeOutcome'] as const;

/** Records as lines of a file, and in memory. */
export function openLinesRecorder(file: string, onWriteError: (error: PointsmanError) => void): Recorder {
  const redactor = createRedactor();
  const held = createMemoryRecorder({ redactor: { ...redactor, record: (record) => record }, onWriteError });
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\\n').slice(0, -1) : []) {
    const [kind, record] = JSON.parse(line) as [(typeof KINDS)[number], never];
    held[kind](record);
  }
  const write =
    (kind: (typeof KINDS)[number]) =>
    (record: object): void => {
      try {
        const safe = redactor.record(record);
        appendFileSync(file, \`\${JSON.stringify([kind, safe])}\\n\`);
        held[kind](safe as never);
      } catch (cause) {
        onWriteError(new PointsmanError('record-unwritable', 'A line cannot be written', { cause }));
      }
    };
  const [writeJob, writeStep, writeCall, writeOutcome] = [
    write('writeJob'),
    write('writeStep'),
    write('writeCall'),
    write('writeOutcome'),
  ];
  return { ...held, writeJob, writeStep, writeCall, writeOutcome };
}
`;

const LINES_RECORDER_TEST = `import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { aJobRecord } from '../../testing/record-builders.ts';
import { recorderContract } from '../../testing/recorder-contract.ts';
import { openLinesRecorder } from './lines-recorder.ts';

const aFile = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'lines-')), 'records.jsonl');
const noError = (error: Error): never => {
  throw error;
};

describe('the recorder in lines', () => {
  test.each(recorderContract(async () => openLinesRecorder(aFile(), noError)))('$name', ({ run }) => run());

  test('has what it wrote after it was opened again', async () => {
    const file = aFile();
    openLinesRecorder(file, noError).writeJob(aJobRecord());
    expect(await openLinesRecorder(file, noError).jobs({ limit: 2 })).toHaveLength(1);
  });
});
`;

const WAITING_TEST = `import { describe, expect, test } from 'vitest';
import { nanoFromUsd } from '../domain/money.ts';
import type { DecideInput } from '../domain/decision.ts';
import { createMemoryRecorder } from '../recorder/memory-recorder.ts';
import { aDecideInput, aStep } from '../testing/decision-builders.ts';
import { aModel, modelId } from '../testing/model-builders.ts';
import { aStepRecord } from '../testing/record-builders.ts';
import { decide } from './decide.ts';
import { explainDecision } from './explain/explain.ts';

const slow = aModel({ id: modelId('m/slow'), outputTokensPerSecond: 5 });
const fast = aModel({ id: modelId('m/fast'), outputTokensPerSecond: 500, frontier: true });
const asked = (step: object): DecideInput => {
  const input = aDecideInput({ models: [slow, fast], step: { ...aStep(), ...step } });
  return { ...input, policy: { ...input.policy, frontierPenaltyRatio: 0.5 } };
};
const chosen = (input: DecideInput): string => {
  const decision = decide(input);
  return decision.kind === 'refuse' ? 'none' : decision.to;
};

describe('a step that somebody waits for', () => {
  test.each([
    ['moves the choice', { waitingNanoUsdPerSecond: nanoFromUsd(0.1) }, 'm/fast'],
    ['does not where it is absent', {}, 'm/slow'],
    ['does not where it costs nothing', { waitingNanoUsdPerSecond: nanoFromUsd(0) }, 'm/slow'],
  ])('%s', (_name, step, model) => expect(chosen(asked(step))).toBe(model));

  test('says so, and is recorded', async () => {
    const input = asked({ waitingNanoUsdPerSecond: nanoFromUsd(0.1) });
    const decision = decide(input);
    expect(explainDecision(decision, input)).toContain('Somebody waits, at $0.10');
    expect(explainDecision(decide(asked({})), asked({}))).not.toContain('Somebody waits');
    const recorder = createMemoryRecorder();
    recorder.writeStep(aStepRecord({ input, decision }));
    const kept = await recorder.step(decision.decisionId);
    expect(JSON.stringify(decide(kept?.input ?? asked({})))).toBe(JSON.stringify(decision));
  });
});
`;

const ACME_LOG = `${[
  { app: 'acme', id: 's1' },
  { type: 'ask', at: '2026-11-20T10:00:00Z', text: 'Mend the test.' },
  { type: 'call', id: 'c1', at: '2026-11-20T10:00:01Z', model: 'claude-opus-5-5', input: 1200, output: 80 },
]
  .map((row) => JSON.stringify(row))
  .join('\n')}\n`;

const ACME_IMPORTER = `import { atOf, countAt, textAt } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { countUnknown } from '../session-draft.ts';
import { userSaid, type ThreadEvent } from '../thread-event.ts';
import { createRowImporter } from './row-importer.ts';

export const acmeImporter: Importer = createRowImporter(
  'acme',
  ([first]) => textAt(first, 'app') === 'acme',
  (draft) => {
    const events: ThreadEvent[] = [];
    draft.threads.push({ threadId: 'main', events });
    return {
      take(row) {
        const type = textAt(row, 'type');
        const at = atOf(row, 'at');
        if (type === 'ask') events.push(userSaid(at, textAt(row, 'text') ?? '', 1));
        else if (type === 'call')
          events.push({
            type: 'call',
            callId: textAt(row, 'id') ?? '',
            at,
            requestedModel: textAt(row, 'model') ?? 'unknown',
            usage: {
              uncachedTokens: countAt(row, 'input') ?? 0,
              cacheReadTokens: undefined,
              cacheWriteTokens: undefined,
              cacheWrite1hTokens: undefined,
              outputTokens: countAt(row, 'output') ?? 0,
              reasoningTokens: undefined,
            },
            finish: 'stop',
            textCharCount: 0,
            blockCount: 1,
            toolCalls: [],
          });
        else if (type !== undefined) countUnknown(draft, type);
      },
    };
  },
);
`;
