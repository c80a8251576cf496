import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadCatalog } from './catalog/load-catalog.ts';
import { messageText } from './domain/transcript.ts';
import type { ScriptedAnswer, ScriptedRequest } from './providers/scripted/script.ts';
import { createScriptedServer } from './providers/scripted/scripted-server.ts';

const root = path.resolve(import.meta.dirname, '..');

/** Documents that show the API, each with one whole program. */
const documents = ['README.md', 'docs/typescript.md'].flatMap((file) => {
  const place = path.join(root, file);
  const text = existsSync(place) ? readFileSync(place, 'utf8') : '';
  const program = /```ts\n(import \{ createPointsman[\s\S]*?)```/u.exec(text)?.[1];
  return program === undefined ? [] : [{ file, program }];
});

test('there is a document with an example', () => expect(documents.length).toBeGreaterThan(0));

test.each(documents)('the example of $file runs as it stands', async ({ program }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-example-'));
  const models = loadCatalog().models.filter((model) => model.endpoint === 'anthropic' || model.endpoint === 'openai');
  const server = await createScriptedServer({ script: words, models, strict: true });
  try {
    const workspace = path.join(folder, 'workspace');
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, 'README.md'), '# A folder\n');
    const file = path.join(folder, 'example.ts');
    writeFileSync(file, program.replace("'pointsman'", `'${pathToFileURL(path.join(root, 'src/index.ts')).href}'`));
    const { code, stdout, stderr } = await run(file, workspace, {
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: server.url,
      POINTSMAN_OPENAI_API_KEY: 'no-real-key-0001',
      POINTSMAN_OPENAI_BASE_URL: `${server.url}/v1`,
      POINTSMAN_STORE: path.join(folder, 'store'),
    });
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^claude-opus-5-5 continue \S/mu);
    expect(stdout).toMatch(/^done .*\d/mu);
    expect(server.unexpected).toEqual([]);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function words(request: ScriptedRequest): ScriptedAnswer {
  const isPlan = request.messages.some((message) => messageText(message).includes('(PlanResult)'));
  const isSummary = request.messages.some((message) => messageText(message).includes('(SummaryResult)'));
  const answer = isPlan && !isSummary ? { steps: [], decisions: ['It is a folder.'] } : { summary: 'It is a folder.' };
  return { text: JSON.stringify(answer) };
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(file: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const child = spawn(process.execPath, [file], { cwd, env: { PATH: process.env['PATH'], ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  return { code, stdout, stderr };
}

test('importing the package loads nothing native', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-import-'));
  const file = path.join(folder, 'import.ts');
  const index = pathToFileURL(path.join(root, 'src/index.ts')).href;
  writeFileSync(
    file,
    `await import('${index}');\nconst native = (process.report.getReport() as { sharedObjects: string[] }).sharedObjects.filter((name) => name.endsWith('.node'));\nconsole.log(JSON.stringify(native));\n`,
  );
  try {
    const { stdout, stderr } = await run(file, folder, {});
    expect(stderr).not.toContain('Error');
    expect(JSON.parse(stdout)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Packages that few of those who install pointsman ever need, and that take long to load. */
const HEAVY =
  /^(?:openai|pg|pg-boss|google-auth-library|js-tiktoken|undici|onnxruntime-node)$|^@(?:anthropic-ai|aws-sdk|azure|google|langchain|opentelemetry)\//u;

/** What of other packages a command loads, by Node's own hooks. */
async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-loads-'));
  const hook = path.join(folder, 'hook.mjs');
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({
      load(url, context, next) {
        const name = /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//u.exec(url)?.[1];
        if (name !== undefined) loaded.add(name);
        return next(url, context);
      },
    });
    process.on('exit', () => process.stderr.write('loaded ' + JSON.stringify([...loaded]) + '\\n'));`,
  );
  const child = spawn(process.execPath, ['--import', hook, path.join(root, 'src/cli/main.ts'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ANTHROPIC_API_KEY: 'no-real-key-0001' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.resume();
  await new Promise((resolve) => {
    child.on('close', resolve);
  });
  rmSync(folder, { recursive: true, force: true });
  return JSON.parse(/^loaded (.*)$/mu.exec(said)?.[1] ?? '[]') as readonly string[];
}

test.each([[[]], [['spend', 'SAMPLES']], [['replay', 'SAMPLES', '--no-dial']], [['models']], [['jobs']]])(
  'what only some need is loaded when it is used: not by %j',
  async (args) => {
    const samples = path.join(root, 'fixtures/sessions/pi');
    const loaded = await loadedBy(args.map((word) => (word === 'SAMPLES' ? samples : word)));
    // Something is.
    expect(loaded).toContain('pino');
    expect(loaded.filter((name) => HEAVY.test(name))).toEqual([]);
  },
  60_000,
);
