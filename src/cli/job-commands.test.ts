import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { Decision } from '../domain/decision.ts';
import { messageText } from '../domain/transcript.ts';
import type { JobReport } from '../orchestrator/model/job-report.ts';
import type { JobForesight, PlanPreview } from '../orchestrator/model/pointsman.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import type { JobRecord } from '../recorder/record.ts';
import { dataOf } from '../testing/internal/json-data.ts';
import { fine } from '../testing/internal/test-bed.ts';
import { command as demo } from './commands/demo-command.ts';
import { command as explain } from './commands/explain-command.ts';
import { command as exportJob } from './commands/export-command.ts';
import { command as jobs } from './commands/jobs-command.ts';
import { command as plan } from './commands/plan-command.ts';
import { command as replay } from './commands/replay-command.ts';
import { command as resume } from './commands/resume-command.ts';
import { command as run } from './commands/run-command.ts';
import type { CliCommand, CommandIo } from './input/command.ts';
import { EXIT } from './input/exit-code.ts';

let server: ScriptedServer;
let folder: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-cli-')));
  writeFileSync(path.join(folder, 'hello.js'), "console.log('hello')\n");
  // No tool servers, except where a test asks for them: jobs start at once.
  writeFileSync(path.join(folder, 'pointsman.config.yaml'), 'tools: { defaults: never }\n');
  writeFileSync(path.join(folder, 'tools.yaml'), 'tools: { defaults: always }\n');
  const models = loadCatalog().models.filter((model) => model.endpoint === 'anthropic');
  server = await createScriptedServer({
    models,
    script: (request) => {
      const heading = /^# Step \d+ of \d+: (\w+),/mu;
      const at = request.messages.findLastIndex((message) => heading.test(messageText(message)));
      const instruction = request.messages[at];
      const kind = instruction === undefined ? '' : (heading.exec(messageText(instruction))?.[1] ?? '');
      const hasRunner = request.tools.some((tool) => tool.name === 'commands__run');
      const isFirst = !request.messages.slice(at + 1).some((message) => message.role === 'assistant');
      return kind === 'code' && hasRunner && isFirst
        ? { text: '', toolCalls: [{ name: 'commands__run', input: { program: 'node', args: ['hello.js'] } }] }
        : fine({ kind });
    },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function environment(store: string, data: string): CommandIo['env'] {
  return {
    PATH: process.env['PATH'],
    POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
    POINTSMAN_ANTHROPIC_BASE_URL: server.url,
    POINTSMAN_STORE: store,
    HOME: path.join(folder, 'home'),
    XDG_DATA_HOME: path.join(folder, data),
  };
}

async function cli(command: CliCommand, ...args: readonly string[]): Promise<Ran> {
  return cliIn(path.join(folder, 'store'), command, ...args);
}

async function cliIn(store: string, command: CliCommand, ...args: readonly string[]): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await command.run(args, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    env: environment(store, 'data'),
    cwd: folder,
    isTerminal: false,
    trustFolders: true,
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

const withoutAmounts = (line: string): string =>
  line
    .replaceAll(/\$[\d.]+/gu, '$')
    .replaceAll(/\s+/gu, ' ')
    .trim();

describe('run', () => {
  test.each([
    ['claude-code', 'claude'],
    ['code=codex,review=acp:gemini', 'codex'],
    ['code=acp:my-agent --acp', 'my-agent'],
  ] as const)(
    '--hands %s gives the step that writes code to %s, and says where it is not here',
    async (hands, program) => {
      let said = '';
      const running = run.run(['Do it.', '--hands', hands], {
        stdout: (text) => void (said += text),
        stderr: (text) => void (said += text),
        // No program can be found.
        env: { ...environment(path.join(folder, 'hands'), 'data'), PATH: '' },
        cwd: folder,
        isTerminal: false,
        trustFolders: true,
        signal: new AbortController().signal,
      });
      await expect(running).rejects.toMatchObject({
        code: 'tool-unavailable',
        message: expect.stringContaining(`The program "${program}" is not installed`) as string,
        hint: expect.stringContaining('No other harness was found') as string,
      });
      expect(said).not.toContain('plan');
    },
  );

  test('prints one JSON object for machines', async () => {
    const { code, stdout } = await cli(run, 'Do it.', '--json');
    expect(code).toBe(EXIT.ok);
    const report = dataOf(stdout) as JobReport;
    expect(report).toMatchObject({ status: 'done', task: 'Do it.', workspace: folder });
  });

  test.each([
    ['as its user wants', ['--in-place'], 'its user wants it so (--in-place or tools.inPlace)'],
    // The home of these jobs, where copies would be, lies in the folder.
    ['where no copy can be made', [], 'it holds the folder in which copies are made'],
  ])('says that a job works in the folder itself, and why: %s', async (_what, flags, why) => {
    const words = `works in the folder itself: ${why}`;
    const text = await cli(run, 'Do it.', ...flags);
    expect(text.stdout.split('\n').filter((line) => line === `Note    ${words}`)).toHaveLength(1);
    const report = dataOf((await cli(run, 'Do it.', '--json', ...flags)).stdout) as JobReport;
    expect(report.place).toEqual({ kind: 'folder', why });
    expect((await cli(jobs, '--limit', '1')).stdout).toContain(`\n  ${words}\n`);
    expect(dataOf((await cli(jobs, '--limit', '1', '--json')).stdout)).toMatchObject([{ place: report.place }]);
  });

  test('tells people each step, its model and why, what it billed, and where the record is, without colours', async () => {
    const { code, stdout } = await cli(
      run,
      'Do it.',
      '--model',
      'claude-haiku-4-5',
      '--step-model',
      'code=claude-opus-5-5',
    );
    expect(code).toBe(EXIT.ok);
    // Nothing came before the plan that a brief could hand on.
    expect(stdout).toMatch(/^ {4}plan: claude-haiku-4-5 \(fresh\)/mu);
    expect(stdout).toMatch(/^plan +fresh +claude-haiku-4-5 .*\$0\.\d+ +✓/mu);
    expect(stdout).toMatch(/^code +\w+ +claude-opus-5-5 /mu);
    expect(stdout).toMatch(/^Bill {4}\$0\.\d+$/mu);
    expect(stdout).toContain('always frontier');
    expect(stdout).toContain('never switch');
    expect(stdout).toContain(path.join(folder, 'store'));
    expect(stdout).not.toContain('\u001B');
  });

  test.each<readonly [readonly string[], string]>([
    [[], 'request-invalid'],
    [['a', 'b'], 'request-invalid'],
    [['x', '--dial', 'high'], 'request-invalid'],
    [['x', '--budget', 'some'], 'request-invalid'],
    [['x', '--step-model', 'review'], 'request-invalid'],
    [['x', '--step-model', 'dance=claude-opus-5-5'], 'request-invalid'],
    [['x', '--model', 'opus'], 'not-found'],
    [['x', '--workspace', 'nowhere'], 'not-found'],
    [['x', '--policy', 'cheap'], 'not-found'],
  ])('refuses %j with a code and spends nothing', async (args, code) => {
    const before = server.calls.length;
    await expect(cli(run, ...args)).rejects.toMatchObject({ code });
    expect(server.calls.length).toBe(before);
  });
});

test('a job that asks says how to answer; the answer goes on with it', async () => {
  const asked = await cli(run, 'Run it.', '--config', path.join(folder, 'tools.yaml'));
  expect(asked.code).toBe(EXIT.paused);
  const job = /pointsman resume (\S+) --allow/u.exec(asked.stdout)?.[1] ?? '';
  expect(asked.stdout).toContain('node hello.js');
  for (const answer of [
    ['--allow', '--deny'],
    ['--yes', '--once'],
    ['--add-budget', '1', '--always'],
  ]) {
    await expect(cli(resume, job, ...answer)).rejects.toMatchObject({ code: 'request-invalid' });
  }
  const done = await cli(resume, job, '--allow', '--config', path.join(folder, 'tools.yaml'));
  expect(done.code).toBe(EXIT.ok);
  await expect(cli(resume, job)).rejects.toMatchObject({ code: 'request-invalid' });
  await expect(cli(resume, 'job-none')).rejects.toMatchObject({ code: 'not-found' });
});

describe('at a terminal', () => {
  const CTRL_C = '^C';
  /** Answers in order, then nothing, as at the end of input. */
  async function withPerson(answers: readonly string[], command: CliCommand, ...args: readonly string[]) {
    const asked: string[] = [];
    const left = [...answers];
    const interrupt = new AbortController();
    let [stdout, stderr] = ['', ''];
    const code = await command.run(args, {
      stdout: (text) => void (stdout += text),
      stderr: (text) => void (stderr += text),
      env: environment(path.join(folder, 'asking'), `data-${answers.join('')}`),
      cwd: folder,
      isTerminal: true,
      trustFolders: true,
      signal: interrupt.signal,
      ask: async (question) => {
        asked.push(question);
        const answer = left.shift() ?? '';
        if (answer !== CTRL_C) return answer;
        interrupt.abort();
        return '';
      },
    });
    return { code, stdout, stderr, asked };
  }
  const tools = (): readonly string[] => ['--config', path.join(folder, 'tools.yaml')];

  test.each(['y', 'YES', 'o', 'always', 'n'])('"%s" goes on with the job at once', async (answer) => {
    const { code, stderr, asked } = await withPerson([answer], run, 'Run it.', ...tools());
    expect(code).toBe(EXIT.ok);
    expect(asked).toEqual(['[y/o/a/n] ']);
    expect(stderr).toContain('node hello.js');
  });

  test('what is no answer is asked for again; none leaves the job paused, and resume takes the latest and asks, too', async () => {
    const paused = await withPerson(['maybe', 'q'], run, 'Run it.', ...tools());
    expect(paused.code).toBe(EXIT.paused);
    // The step that waits does not run.
    expect(paused.stdout).toMatch(/^code .* paused$/mu);
    expect(paused.stdout).not.toMatch(/ running$/mu);
    expect(paused.asked).toHaveLength(3);
    const job = /pointsman resume (\S+) --allow/u.exec(paused.stdout)?.[1] ?? '';
    const resumed = await withPerson(['y'], resume, ...tools());
    expect(resumed.stderr).toContain(`The latest job, ${job}`);
    expect(resumed.code).toBe(EXIT.ok);
    expect((await withPerson([], explain)).stdout).toContain(job);
  });

  test('a budget that is spent is asked about in dollars', async () => {
    const { code, stderr, asked } = await withPerson(['some', '0', '$5'], run, 'Do it.', '--budget', '0.000001');
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(asked[0]).toContain('USD to add');
    // What is left, and what the step needs.
    expect(stderr.replaceAll(/\s+/gu, ' ')).toMatch(
      /within the \$0\.000001 that is left of the budget\. It needs about \$0\.\d*[1-9]\d* \(claude-\S+\)\. How much/u,
    );
    expect(code).toBe(EXIT.ok);
    // Where nobody can be asked it is a pause with a question, as README says.
    const unasked = await cli(run, 'Do it.', '--budget', '0.000001');
    expect(unasked.code).toBe(EXIT.paused);
    expect(unasked.stdout).toMatch(/^Go on: pointsman resume \S+ --add-budget USD/mu);
  });

  test.each([
    ['a permission', 'Run it.', [], /pointsman resume (\S+) --allow/u],
    ['dollars', 'Do it.', ['--budget', '0.000001'], /pointsman resume (\S+) --add-budget USD/u],
  ] as const)(
    'Ctrl-C at a question for %s leaves the job paused and says how to go on',
    async (_what, task, more, hint) => {
      const left = await withPerson([CTRL_C], run, task, ...more, ...tools());
      expect(left.code).toBe(EXIT.interrupted);
      const job = hint.exec(left.stdout)?.[1] ?? '';
      expect(left.stdout).toContain('Paused.');
      expect(left.asked).toHaveLength(1);
      const again = await withPerson([CTRL_C], resume, job, ...tools());
      expect([again.code, hint.exec(again.stdout)?.[1]]).toEqual([EXIT.interrupted, job]);
    },
  );

  test('a machine is asked nothing', async () => {
    const { code, asked } = await withPerson(['y'], run, 'Run it.', '--json', ...tools());
    expect([code, asked]).toEqual([EXIT.paused, []]);
  });

  test('without a job there is no latest one', async () => {
    for (const command of [resume, explain, exportJob]) {
      await expect(cliIn(path.join(folder, 'empty'), command)).rejects.toMatchObject({ code: 'not-found' });
      await expect(cliIn(path.join(folder, 'empty'), command, 'a', 'b')).rejects.toMatchObject({
        code: 'request-invalid',
      });
    }
  });
});

test('a plan is shown with its routes and what it should cost, and its job is run by resuming it', async () => {
  const { code, stdout } = await cli(plan, 'Do it.', '--ask');
  expect(code).toBe(EXIT.ok);
  expect(stdout).toMatch(/^one +code +\w+ +claude-\S+ +\$\d/mu);
  expect(stdout).toMatch(
    /^Expected \$0\.\d+, 90 % between \$0\S* and \$0\.\d+ \(modelled\)\. A model was asked for it, which billed \$0/mu,
  );
  const machine = dataOf((await cli(plan, 'Do it.', '--ask', '--json')).stdout) as PlanPreview;
  expect(machine.lowNanoUsd).toBeLessThan(machine.expectedNanoUsd);
  expect(machine).toMatchObject({ label: 'modelled', highNanoUsd: expect.any(Number) as number });
  const job = /pointsman resume (\S+)/u.exec(stdout)?.[1] ?? '';
  expect((await cli(jobs)).stdout).toMatch(new RegExp(`^${job} .* planned, not run `, 'mu'));
  expect((await cli(resume, job)).code).toBe(EXIT.ok);
  expect((await cli(jobs)).stdout).toMatch(new RegExp(`^${job} .* done `, 'mu'));
});

test('unasked, no model is: the usual steps are shown with their routes, and no job is begun', async () => {
  const before = (await cli(jobs)).stdout;
  const calls = server.calls.length;
  const { code, stdout } = await cli(plan, 'Fix the parser.');
  expect(code).toBe(EXIT.ok);
  expect(server.calls).toHaveLength(calls);
  expect(stdout).toContain('no model was asked and nothing was billed');
  expect(stdout).toMatch(/^plan .*\n^code .*claude-\S+ +\$\d.*\n^review .*\n^summarize /mu);
  expect(stdout).toMatch(/^Expected \$0\.\d+, 90 % between/mu);
  expect((await cli(jobs)).stdout).toBe(before);
  expect(dataOf((await cli(plan, 'Review the diff.', '--json')).stdout)).toMatchObject({
    label: 'modelled',
    steps: [{ kind: 'plan' }, { kind: 'review' }, { kind: 'summarize' }],
  });
});

test('unasked, a plan shows the models that were named for its steps', async () => {
  const [one, other] = ['claude-opus-5-5', 'claude-haiku-4-5'];
  const modelsOf = async (...args: readonly string[]): Promise<readonly unknown[]> => {
    const { steps } = dataOf((await cli(plan, 'Review the diff.', '--json', ...args)).stdout) as JobForesight;
    return steps.map(({ model }) => model);
  };
  expect(await modelsOf('--model', one, '--step-model', `review=${other}`)).toEqual([one, other, one]);
  expect((await modelsOf('--step-model', `review=${one}`))[1]).toBe(one);
  expect((await modelsOf('--step-model', `review=${other}`))[1]).toBe(other);
  await expect(modelsOf('--step-model', 'review=claude-hiaku')).rejects.toMatchObject({ code: 'not-found' });
});

test('a job whose process was killed is not shown as running, and says how to go on', async () => {
  const { jobId } = dataOf((await cli(run, 'Be killed.', '--json')).stdout) as JobReport;
  const journal = new DatabaseSync(path.join(folder, 'store/jobs.db'));
  journal
    .prepare("UPDATE job SET entry = json_set(json_remove(entry, '$.endedAt'), '$.status', 'running') WHERE job_id = ?")
    .run(jobId);
  const hold = journal.prepare('INSERT OR REPLACE INTO lease (job_id, host, pid, renewed_at) VALUES (?, ?, ?, ?)');
  // Held by a living process, as while another terminal runs it: ours is alive, and so is the first of all.
  hold.run(jobId, hostname(), 1, Date.now());
  expect((await cli(jobs)).stdout).toMatch(new RegExp(`^${jobId} .* running `, 'mu'));
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  hold.run(jobId, hostname(), dead, Date.now());
  journal.close();
  expect((await cli(jobs)).stdout).toMatch(new RegExp(`^${jobId} .* stopped: its process is gone `, 'mu'));
  const [record] = dataOf((await cli(jobs, '--limit', '1', '--json')).stdout) as readonly JobRecord[];
  expect(record).toMatchObject({
    status: 'paused',
    pause: { kind: 'gone', question: expect.stringContaining('Resume') },
  });
  expect((await cli(resume, jobId)).code).toBe(EXIT.ok);
});

test.each(['0', '-1', '1.5', 'x', ''])('jobs --limit %j is refused with what it takes', async (limit) => {
  await expect(cli(jobs, `--limit=${limit}`)).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringContaining('--limit takes'),
  });
});

describe('export', () => {
  const jobOf = async (task: string): Promise<JobReport> =>
    dataOf((await cli(run, task, '--json')).stdout) as JobReport;

  test('writes the records of a job where replay finds them, and replay prices what the job billed', async () => {
    const { jobId, bill } = await jobOf('Export me.');
    const { stdout } = await cli(exportJob, jobId, '--json');
    const { file, recordCount } = dataOf(stdout) as { readonly file: string; readonly recordCount: number };
    expect(file).toBe(path.join(folder, 'data', 'pointsman', 'exports', `${jobId}.jsonl`));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({ format: 'pointsman-records', v: 1 });
    expect(lines.length - 1).toBe(recordCount);
    const kinds = lines.slice(1).map((line) => (JSON.parse(line) as { readonly kind: string }).kind);
    expect([...new Set(kinds)]).toEqual(['job', 'step', 'call']);

    const replayed = await cli(replay, '--json');
    expect(replayed.stderr).toContain('pointsman: 1 file');
    expect(replayed.code).toBe(EXIT.ok);
    expect(bill.spentNanoUsd).toBeGreaterThan(0);
    expect(replayed.stdout).toContain(`"loggedNanoUsd": ${bill.spentNanoUsd}`);
  });

  test('goes to a file or to standard output where it is told to, the same lines each time', async () => {
    const { jobId } = await jobOf('Export me elsewhere.');
    const printed = await cli(exportJob, jobId, '--out', '-');
    const file = path.join(folder, 'deep', 'out.jsonl');
    const written = await cli(exportJob, jobId, '--out', 'deep/out.jsonl');
    expect(written.stdout).toContain(`records of ${jobId} to ${file}.\nPrice them: pointsman replay ${file}\n`);
    expect(readFileSync(file, 'utf8')).toBe(printed.stdout);
    expect(readdirSync(path.dirname(file))).toEqual(['out.jsonl']);
  });

  test.each([
    [['a', 'b'], 'request-invalid', 'pointsman jobs'],
    [['job-none'], 'not-found', 'pointsman jobs'],
    [['../../etc'], 'not-found', 'pointsman jobs'],
    [['a', '--out', '-', '--json'], 'request-invalid', 'one of them'],
    [['a', '--out', ''], 'not-found', 'pointsman jobs'],
  ])('%j is refused', async (args, code, hint) => {
    await expect(cli(exportJob, ...args)).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(hint) as string,
    });
  });

  test('says so where nothing can be written, and leaves no half file', async () => {
    const { jobId } = await jobOf('Export me nowhere.');
    writeFileSync(path.join(folder, 'no-folder'), '');
    const refused = { code: 'record-unwritable', hint: expect.stringContaining('--out') as string };
    await expect(cli(exportJob, jobId, '--out', 'no-folder/out.jsonl')).rejects.toMatchObject(refused);
    await expect(cli(exportJob, jobId, '--out', folder)).rejects.toMatchObject(refused);
    expect(readdirSync(path.dirname(folder)).filter((name) => name.startsWith(`${path.basename(folder)}.`))).toEqual(
      [],
    );
    await expect(cli(exportJob, jobId, '--out', ' ')).rejects.toMatchObject({ code: 'request-invalid' });
  });
});

test('jobs are listed, and each of their decisions is explained with why the others lost', async () => {
  const { stdout } = await cli(run, 'Explain me.', '--json');
  const { jobId, steps } = dataOf(stdout) as JobReport;
  expect((await cli(jobs)).stdout).toMatch(new RegExp(`^${jobId} .* done .*\n .*Explain me\\.$`, 'mu'));
  const all = await cli(explain, jobId);
  expect(all.stdout.match(/^model +mode/gmu)).toHaveLength(3);
  expect(all.stdout).toMatch(/^The plan step starts on \S+ \((?:fresh|continue)\)\.$/mu);
  expect(all.stdout).not.toMatch(/^The summarize step .*\(fresh\)/mu);
  const plan = await cli(explain, steps[0]?.decisionId ?? '', '--why-not', 'claude-haiku-4-5/fresh');
  expect(plan.stdout).toContain('claude-haiku-4-5 in fresh mode');
  const one = await cli(explain, steps[1]?.decisionId ?? '', '--why-not', 'claude-haiku-4-5/isolate');
  expect(one.stdout).toContain('claude-haiku-4-5 in isolate mode');
  await expect(cli(explain, 'job-none')).rejects.toMatchObject({ code: 'not-found' });
});

test.each([
  ['a mistyped model', 'claude-hiaku-4-5', 'not-found', 'Did you mean "claude-haiku-4-5"?'],
  ['a mistyped model with a mode', 'claude-hiaku-4-5/isolate', 'not-found', 'Did you mean "claude-haiku-4-5"?'],
  ['a mistyped mode', 'claude-haiku-4-5/isolat', 'request-invalid', 'Did you mean "isolate"?'],
  ['nothing like a model', 'qqqqqqqqqqqqqqqq', 'not-found', 'The pool of this decision held'],
  ['a mode alone', '/isolate', 'not-found', 'The pool of this decision held'],
])('--why-not with %s says what was meant', async (_what, asked, code, hint) => {
  const { steps } = dataOf((await cli(run, 'Explain me.', '--json')).stdout) as JobReport;
  await expect(cli(explain, steps[1]?.decisionId ?? '', '--why-not', asked)).rejects.toMatchObject({
    code,
    hint: expect.stringContaining(hint),
  });
});

test('a mistyped job or decision is answered with the near one', async () => {
  const { jobId, steps } = dataOf((await cli(run, 'Name me.', '--json')).stdout) as JobReport;
  const decisionId = steps[0]?.decisionId ?? '';
  const wrong = `${jobId.slice(0, -1)}~`;
  const meant = (id: string): { code: string; message: unknown } => ({
    code: 'not-found',
    message: expect.stringContaining(`Did you mean "${id}"?`),
  });
  await expect(cli(resume, wrong)).rejects.toMatchObject(meant(jobId));
  await expect(cli(explain, wrong)).rejects.toMatchObject(meant(jobId));
  await expect(cli(explain, decisionId.replace('plan', 'paln'))).rejects.toMatchObject(meant(decisionId));
});

test('the ten best candidates are told, and all of them where they are asked for', async () => {
  const { steps } = dataOf((await cli(run, 'Weigh me.', '--json')).stdout) as JobReport;
  const decisionId = steps.find((step) => step.kind === 'code')?.decisionId ?? '';
  const rows = (text: string): number => text.match(/^\S+ +(?:continue|handoff|isolate|fresh) +0\.\d/gmu)?.length ?? 0;
  const [{ decision }] = dataOf((await cli(explain, decisionId, '--json')).stdout) as [{ readonly decision: Decision }];
  const some = (await cli(explain, decisionId)).stdout;
  expect(decision.candidates.length).toBeGreaterThan(10);
  expect(rows(some)).toBe(10);
  expect(some).toContain(`… and ${decision.candidates.length - 10} more candidates`);
  expect(rows((await cli(explain, decisionId, '--all')).stdout)).toBe(decision.candidates.length);
});

test('the demo says first that its words are scripted, then mends its workspace: a cheap patch fails, the step escalates', async () => {
  const { code, stdout, stderr } = await cli(demo);
  expect(code, stderr).toBe(EXIT.ok);
  const [first] = stdout.split('\n');
  expect(first).toContain('the words of the models are scripted');
  expect(stdout).toContain('set ANTHROPIC_API_KEY or OPENAI_API_KEY');
  expect(stdout).toMatch(/before the job the tests are red, 3 fail/u);
  // Nothing that was green broke; what was red and is meant by the task is still red.
  expect(stdout).toMatch(/^code +\w+ +\S+ .* ✗\n.*Rejected by\s+named-tests\./mu);
  expect(stdout).toMatch(/again, because check "named-tests" rejected it/u);
  expect(stdout).toMatch(/^Done \(words scripted\)\./mu);
  // Why a step went where it went stands below its row, indented.
  const rows = stdout
    .slice(stdout.indexOf('STEP '))
    .split('\n')
    .filter((row) => /^[a-z]/u.test(row));
  expect(rows.map((row) => row.split(/\s+/u)[0])).toEqual(['plan', 'code', 'code', 'review', 'test', 'summarize']);
  const models = rows.map((row) => row.split(/\s+/u)[2] ?? '');
  expect(models[1]).toBe('gpt-6-luna');
  // What failed is followed by a likelier model, and the table says how likely both are.
  expect(models[2]).toMatch(/^(?:gpt-6-sol|claude-(?:opus|sonnet))/u);
  expect(stdout).toMatch(/tries next, expected to succeed in \d+ % of such code steps, the one before in \d+ %/u);
  expect(models[3]).toMatch(/^gpt-/u);
  expect(stderr).toBe('');

  // README shows one decision of this job. Amounts depend on how long the path of its temporary folder is, words do not.
  const [, store = '', jobId = ''] = /POINTSMAN_STORE=(\S+) \\\n +npx pointsman explain (\S+)/u.exec(stdout) ?? [];
  const explained = await cliIn(store, explain, jobId);
  expect(explained.code).toBe(EXIT.ok);
  const explainedLines = new Set(explained.stdout.split('\n').map(withoutAmounts));
  const readme = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const [, block = ''] = /```text\n([\s\S]*?)```/u.exec(readme) ?? [];
  // A line that goes on with two spaces after no full stop was cut for the page.
  const shown = block.replaceAll(/([^.\s])\n {2}(?=\S)(?!·)/gu, '$1 ').split('\n');
  expect(shown.filter((line) => line.trim() !== '').length).toBeGreaterThan(10);
  expect(shown.filter((line) => line.trim() !== '' && !explainedLines.has(withoutAmounts(line)))).toEqual([]);
});
