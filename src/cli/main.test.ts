import { spawn } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describe, expect, test } from 'vitest';
import { packageVersion } from '../config/package-version.ts';
import { errorLine } from './error-line.ts';
import { EXIT } from './input/exit-code.ts';
import { usageFault } from './input/usage-fault.ts';
import { commands } from './registry.ts';

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as the shell starts it; `hangUp` closes its output at once, as a reader that has seen enough does. */
async function pointsman(args: readonly string[], hangUp = false, ofNode: readonly string[] = []): Promise<Ran> {
  const child = spawn(process.execPath, [...ofNode, path.join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH: process.env['PATH'], HOME: import.meta.dirname },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  if (hangUp) child.stdout.destroy();
  else child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve));
  return { code, stdout, stderr };
}

describe('the program', () => {
  test('says its version', async () => {
    for (const word of ['--version', '-v', 'version'])
      expect(await pointsman([word])).toEqual({ code: EXIT.ok, stdout: `${packageVersion()}\n`, stderr: '' });
  });

  test('keeps to itself what Node 22 says of its SQLite with every command, and nothing else', async () => {
    const warnings = `const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = (text) => {
        process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
        process.emitWarning('Something else.');
        return write(text);
      };`;
    const { code, stderr } = await pointsman(['--version'], false, [
      '--import',
      `data:text/javascript,${encodeURIComponent(warnings)}`,
    ]);
    expect(code).toBe(EXIT.ok);
    expect(stderr).toContain('Warning: Something else.');
    expect(stderr).not.toContain('SQLite');
  });

  test('explains a command by "help COMMAND" and "COMMAND -h" as by --help', async () => {
    const [long, short, word] = await Promise.all([
      pointsman(['models', '--help']),
      pointsman(['models', '-h']),
      pointsman(['help', 'models']),
    ]);
    expect(long.stdout).toContain('Usage: pointsman models');
    expect(short).toEqual(long);
    expect(word).toEqual(long);
  });

  test('lists every command once, under what it is for', async () => {
    const { stdout } = await pointsman(['--help']);
    const listed = [...stdout.matchAll(/^ {2}(\w+) +\S/gmu)].map(([, name]) => name);
    expect(listed).toEqual(Object.keys(commands));
    expect(new Set(listed).size).toBe(listed.length);
    expect(stdout).toMatch(/\n\nJobs\n {2}run +/u);
    expect(await pointsman(['help'])).toMatchObject({ stdout });
  });

  test('names the command that was meant', async () => {
    const { code, stderr } = await pointsman(['modles']);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toBe(
      'pointsman: [request-invalid] No command is called "modles". Did you mean\n  "models"? Run "pointsman --help" for the list.\n',
    );
  });

  test('says to machines, too, that there is no such command', async () => {
    const { code, stdout } = await pointsman(['modles', '--json']);
    expect(code).toBe(EXIT.usage);
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, command: 'modles', error: { code: 'request-invalid' } });
  });

  test('ends without a word when its reader goes away', async () => {
    expect(await pointsman(['models', '--json'], true)).toEqual({ code: EXIT.ok, stdout: '', stderr: '' });
  });
});

describe('arguments that are not understood', () => {
  const command = { name: 'run', usage: '"TASK" [--dial 0-10] [--json]' };
  test.each([
    [['--jsno'], 'There is no option "--jsno". Did you mean "--json"?'],
    [['--zzzzzz'], 'There is no option "--zzzzzz".'],
    [['-q'], 'There is no option "-q".'],
    [['--dial', '-1'], 'A value of --dial that begins with a dash is written --dial=VALUE.'],
    [['--dial'], '--dial needs a value.'],
    [['--json=1'], '--json takes no value.'],
    [['two\nlines'], '"pointsman run" does not take "two\nlines".'],
  ])('%j is told in a sentence, with where to look', (args, message) => {
    const error = fault(args);
    expect(error).toMatchObject({ code: 'request-invalid', message, hint: 'See "pointsman run --help".' });
  });

  test('other errors are none of its business', () => {
    expect(usageFault(new Error('disk'), command)).toBeUndefined();
    expect(usageFault('text', command)).toBeUndefined();
  });

  function fault(args: readonly string[]): unknown {
    try {
      parseArgs({ args: [...args], options: { dial: { type: 'string' }, json: { type: 'boolean' } } });
    } catch (thrown) {
      return usageFault(thrown, command);
    }
    return undefined;
  }
});

describe('an error on the terminal', () => {
  test('is one line: what is wrong, then how to mend it', () => {
    expect(errorLine({ code: 'request-invalid', message: 'Cannot read /x', hint: 'Give a path.' })).toBe(
      '[request-invalid] Cannot read /x. Give a path.',
    );
    expect(errorLine({ code: 'internal', message: 'first\n  second', hint: undefined })).toBe(
      '[internal] first second',
    );
  });
});
