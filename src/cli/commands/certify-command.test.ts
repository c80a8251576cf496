import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeArtifact } from '../../predict/artifact.ts';
import { shippedArtifact } from '../../predict/shipped-artifact.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import type { CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { command } from './certify-command.ts';
import { command as policiesCommand } from './policies-command.ts';

const cwd = mkdtempSync(path.join(tmpdir(), 'pointsman-certify-'));
afterAll(() => rmSync(cwd, { recursive: true }));

interface Said {
  readonly exit: number;
  readonly out: string;
}

async function said(which: typeof command, args: readonly string[], other: Partial<CommandIo> = {}): Promise<Said> {
  const out: string[] = [];
  const io: CommandIo = {
    stdout: (text) => out.push(text),
    stderr: () => undefined,
    env: { HOME: cwd },
    cwd,
    isTerminal: false,
    signal: new AbortController().signal,
    ...other,
  };
  const exit = await which.run(args, io);
  return { exit, out: out.join('') };
}

/** Tasks on which the small model is as good as the large one, or is not. */
function rowsFile(name: string, count: number, small: number, large = 100): string {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: `task/${index}`,
    task_type: 'code',
    prompt: `Rename the field ${index} of the form`,
    outcomes: {
      'claude-opus-4-8': { score: index % 100 < large ? 1 : 0, cost_usd: 1 },
      'claude-haiku-4-5': { score: index % 100 < small ? 1 : 0, cost_usd: 0.1 },
    },
  }));
  writeFileSync(path.join(cwd, name), rows.map((row) => JSON.stringify(row)).join('\n'));
  return name;
}

const equal = rowsFile('equal.jsonl', 300, 100);
const worse = rowsFile('worse.jsonl', 300, 40);

const server = await openTestPostgres();

test.skipIf(server === undefined)('keeps what holds in a PostgreSQL store, for all that work on it', async () => {
  const env = { HOME: cwd, POINTSMAN_STORE: server?.freshAddress() };
  expect((await said(policiesCommand, [], { env })).out).not.toContain('Proved');
  const { exit } = await said(command, ['--rows', equal, '--reference', 'claude-opus-4-8'], { env });
  expect(exit).toBe(EXIT.ok);
  const list = await said(policiesCommand, [], { env });
  expect(list.out).toContain('balanced: at most 5 % worse than always claude-opus-4-8');
});

test('policies are listed while a PostgreSQL store is away', async () => {
  const env = { HOME: cwd, POINTSMAN_STORE: 'postgres://u:horse@127.0.0.1:9/none' };
  const errorLines: string[] = [];
  const { exit, out } = await said(policiesCommand, [], { env, stderr: (text) => void errorLines.push(text) });
  expect(exit).toBe(EXIT.ok);
  expect(out).toContain('balanced');
  expect(errorLines.join('')).toMatch(/is not known: The PostgreSQL store 127\.0\.0\.1:9\/none/u);
});

describe('pointsman certify', () => {
  test('proves what holds, keeps it beside the records, and "policies" shows it until a model comes that it says nothing of', async () => {
    const { exit, out } = await said(command, ['--rows', equal, '--reference', 'claude-opus-4-8']);
    expect(exit).toBe(EXIT.ok);
    expect(out).toContain(
      'balanced at dial 5, code: at most 5 % worse than always claude-opus-4-8, with 95 % confidence.',
    );
    expect(out).toContain('dial 0 to 10');
    const list = await said(policiesCommand, []);
    expect(list.out).toContain('balanced: at most 5 % worse than always claude-opus-4-8');
    expect(list.out).not.toContain('No longer');
    const json = JSON.parse((await said(policiesCommand, ['--json'])).out) as {
      readonly data: { readonly certificates: readonly object[] };
    };
    expect(json.data.certificates).toMatchObject([{ policyId: 'balanced', kinds: [{ kind: 'code', notch: 10 }] }]);
  });

  test('says what is not proved, with the bill of more thrift beside it, and exits with a failure', async () => {
    const { exit, out } = await said(command, [
      '--rows',
      worse,
      '--worse-by',
      '10%',
      '--reference',
      'claude-opus-4-8',
      '--policy',
      'thrifty',
    ]);
    expect(out).toContain('Not proved for thrifty at dial 7');
    expect(out).toMatch(/40 %, \$0\.10/u);
    const { data } = JSON.parse(
      (await said(command, ['--rows', worse, '--json', '--policy', 'thrifty', '--reference', 'claude-opus-4-8'])).out,
    ) as {
      readonly data: { readonly certificates: readonly { readonly notch?: number }[] };
    };
    expect(exit).toBe(data.certificates.some(({ notch }) => notch !== undefined) ? EXIT.ok : EXIT.failed);
  });

  test('what was promised falls with a run that asks no more and does not prove it, and stands where the run says nothing', async () => {
    const at = ['--reference', 'claude-haiku-4-5', '--policy', 'quality-first'];
    const none = rowsFile('none.jsonl', 300, 100, 30);
    const policies = async (): Promise<string> => (await said(policiesCommand, [])).out;
    await said(command, ['--rows', equal, ...at]);
    expect(await policies()).toContain('quality-first: at most 5 %');
    const few = rowsFile('too-few.jsonl', 20, 100);
    expect((await said(command, ['--rows', few, ...at])).out).toMatch(/promise of \S+ stands: .*too few rows/u);
    const stricter = await said(command, ['--rows', none, '--worse-by', '1', ...at]);
    expect(stricter.out).toMatch(/stands: this run asked for more/u);
    expect(await policies()).toContain('quality-first: at most 5 %');
    const json = await said(command, ['--rows', none, '--json', ...at]);
    expect(JSON.parse(json.out)).toMatchObject({ data: { earlier: { kind: 'taken-back' } } });
    expect(await policies()).not.toContain('quality-first: at most');
    expect((await said(command, ['--rows', none, ...at])).out).not.toContain('The promise of');
  });

  test('a promise is made as the product reads, and says so where the encoder is missing', async () => {
    const env = { HOME: cwd, POINTSMAN_EMBEDDING_MODEL: '/no/model.onnx', POINTSMAN_EMBEDDING_TOKENIZER: '/no/t.json' };
    const { out } = await said(command, ['--rows', equal, '--reference', 'claude-opus-4-8'], { env });
    expect(out).toContain('Read without the sentence encoder');
    expect((await said(policiesCommand, [])).out).toContain('without the sentence encoder)');
  });

  test('too few rows are refused by number, not by a wide interval', async () => {
    const { exit, out } = await said(command, [
      '--rows',
      rowsFile('few.jsonl', 20, 100),
      '--reference',
      'claude-opus-4-8',
    ]);
    expect(exit).toBe(EXIT.failed);
    expect(out).toMatch(/no: at least \d+ rows/u);
  });

  test('the same task again, by its name or word for word, is no further evidence', async () => {
    const few = readFileSync(path.join(cwd, rowsFile('once.jsonl', 20, 100)), 'utf8');
    const renamed = (round: number): string => few.replaceAll('"task/', `"again-${round}/`);
    const again = Array.from({ length: 20 }, (_, round) => (round % 2 === 0 ? few : renamed(round)));
    writeFileSync(path.join(cwd, 'again.jsonl'), again.join('\n'));
    const { exit, out } = await said(command, ['--rows', 'again.jsonl', '--reference', 'claude-opus-4-8']);
    expect(exit).toBe(EXIT.failed);
    expect(out).toContain('380 rows say nothing here');
  });

  test('a promise falls with the predictor that it was made with', async () => {
    await said(command, ['--rows', equal, '--reference', 'claude-opus-4-8']);
    const { sha256: _, ...shipped } = shippedArtifact();
    const own = path.join(cwd, 'own-predictor.json');
    writeFileSync(own, writeArtifact({ ...shipped, seed: shipped.seed + 1 }));
    const { out } = await said(policiesCommand, [], { env: { HOME: cwd, POINTSMAN_PREDICTOR: own } });
    expect(out).toContain('No longer: another predictor chooses now.');
  });

  test.each([
    [[], /known/u],
    [['--rows', 'nowhere.jsonl'], /Cannot read/u],
    [['--rows', equal, '--worse-by', '0'], /--worse-by 0/u],
    [['--rows', equal, '--worse-by', 'five'], /--worse-by five/u],
    [['--rows', equal, '--confidence', '100'], /--confidence 100/u],
    [['--rows', equal, '--confidence', ''], /--confidence/u],
    [['--rows', equal, '--reference', 'gpt-5.5'], /"gpt-5\.5"/u],
    [['--rows', equal, '--policy', 'local-only'], /fewer than two/u],
  ])('%j is an error with a hint', async (args, message) => {
    await expect(said(command, args)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringMatching(/\w/u) }),
    );
  });

  test.each(['openhands_index.jsonl.gz', 'openhands_index.jsonl'])(
    'rows that the predictor in use learned from certify nothing, packed or not: %s',
    async (name) => {
      const own = rowsFile(name, 300, 100);
      await expect(said(command, ['--rows', own])).rejects.toThrow(/learned from openhands_index/u);
    },
  );

  test('where the store cannot keep it, it says so, and shows it all the same', async () => {
    let errors = '';
    const stderr = (text: string): void => void (errors += text);
    const env = { HOME: cwd, POINTSMAN_STORE: 'postgres://127.0.0.1:9/none' };
    const { exit } = await said(command, ['--rows', equal, '--reference', 'claude-opus-4-8'], { env, stderr });
    expect(exit).toBe(EXIT.ok);
    expect(errors).toContain('Kept nowhere');
  });

  test('where an earlier promise cannot be read or taken back, it says so, and shows its figures all the same', async () => {
    const at = ['--rows', rowsFile('none-again.jsonl', 300, 100, 30), '--reference', 'claude-haiku-4-5'];
    const certified = async (env: CommandIo['env']): Promise<Said & { readonly errors: string }> => {
      let errors = '';
      return { ...(await said(command, at, { env, stderr: (text) => void (errors += text) })), errors };
    };
    const away = await certified({ HOME: cwd, POINTSMAN_STORE: 'postgres://127.0.0.1:9/none' });
    const home = mkdtempSync(path.join(cwd, 'home-'));
    await said(command, ['--rows', equal, '--reference', 'claude-haiku-4-5'], { env: { HOME: home } });
    // Nobody gets the lock that is a folder.
    const store = path.join(home, '.local/share/pointsman/store');
    rmSync(path.join(store, 'certificates.lock'));
    mkdirSync(path.join(store, 'certificates.lock'));
    const unwritable = await certified({ HOME: home });
    writeFileSync(path.join(store, 'certificates.json'), '{');
    const damaged = await certified({ HOME: home });
    for (const { exit, out, errors } of [away, unwritable, damaged]) {
      expect(exit).toBe(EXIT.failed);
      expect(out).toContain('Not proved for balanced');
      expect(errors).toMatch(/promised before, if anything was, is left as it is: \S/u);
    }
    expect(damaged.errors).toContain('cannot be read as certificates');
  });

  test('Ctrl-C ends it with nothing written', async () => {
    rmSync(path.join(cwd, '.local'), { recursive: true, force: true });
    await expect(said(command, ['--rows', equal], { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(existsSync(path.join(cwd, '.local'))).toBe(false);
  });
});
