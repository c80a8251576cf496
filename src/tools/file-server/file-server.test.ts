import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileServer } from './file-server.ts';
import { searchText } from './search-files.ts';

let root = '';
let client: Client;

beforeEach(async () => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-files-')));
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await createFileServer(root, [path.join(root, 'closed')]).connect(theirs);
  client = new Client({ name: 'test', version: '1' });
  await client.connect(ours);
});
afterEach(async () => {
  await client.close();
  rmSync(root, { recursive: true, force: true });
});

interface Called {
  readonly text: string;
  readonly isError: boolean;
}

async function call(name: string, input: Record<string, unknown>): Promise<Called> {
  const result = await client.callTool({ name, arguments: input });
  const [first] = result.content as readonly { readonly text?: string }[];
  return { text: first?.text ?? '', isError: result.isError === true };
}

function put(name: string, bytes: string | Buffer): string {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}
const bytesOf = (name: string): string => readFileSync(path.join(root, name)).toString('latin1');
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('what is not changed stays as it was', () => {
  test.each<readonly [string, Buffer, string]>([
    ['line ends of DOS', latin('a = 1\r\nb = 2\r\n'), 'a = 1\r\nb = 3\r\n'],
    ['one-byte letters', latin('name = "M\xfcller"\nb = 2\n'), 'name = "M\xfcller"\nb = 3\n'],
    ['a byte order mark', latin('\xef\xbb\xbfb = 2\r\n'), '\xef\xbb\xbfb = 3\r\n'],
    ['no line end at the end', latin('x\nb = 2'), 'x\nb = 3'],
    ['two kinds of line ends', latin('x\r\ny\nb = 2\r\n'), 'x\r\ny\nb = 3\r\n'],
    ['UTF-16', Buffer.from('\ufeffb = 2\r\n', 'utf16le'), Buffer.from('\ufeffb = 3\r\n', 'utf16le').toString('latin1')],
  ])('%s', async (_what, before, after) => {
    put('f.txt', before);
    const edited = await call('edit_file', { path: 'f.txt', edits: [{ oldText: 'b = 2', newText: 'b = 3' }] });
    expect(edited.isError).toBe(false);
    expect(bytesOf('f.txt')).toBe(after);
  });

  test('the mode, of a program that is edited or written anew', async () => {
    const file = put('run.sh', '#!/bin/sh\necho a\n');
    chmodSync(file, 0o755);
    await call('edit_file', { path: 'run.sh', edits: [{ oldText: 'echo a', newText: 'echo b' }] });
    await call('write_file', { path: 'run.sh', content: '#!/bin/sh\necho c\n' });
    expect([statSync(file).mode & 0o777, readFileSync(file, 'utf8')]).toEqual([0o755, '#!/bin/sh\necho c\n']);
  });

  test('the other name of a file that has two', async () => {
    linkSync(put('one.txt', 'a\n'), path.join(root, 'two.txt'));
    await call('write_file', { path: 'one.txt', content: 'b\n' });
    expect([bytesOf('one.txt'), bytesOf('two.txt')]).toEqual(['b\n', 'b\n']);
  });

  test('the line ends and the mark of a file that is written anew', async () => {
    put('f.txt', latin('\xef\xbb\xbfa\r\nb\r\n'));
    await call('write_file', { path: 'f.txt', content: 'a\nc\n' });
    expect(bytesOf('f.txt')).toBe('\xef\xbb\xbfa\r\nc\r\n');
  });

  test.each<readonly [string, string, Record<string, unknown>]>([
    ['an edit with several places', 'edit_file', { edits: [{ oldText: 'a', newText: 'b' }] }],
    [
      'edits of which one has no place',
      'edit_file',
      {
        edits: [
          { oldText: '(a1', newText: 'x' },
          { oldText: 'zz', newText: 'b' },
        ],
      },
    ],
    ['a trial', 'edit_file', { edits: [{ oldText: '(a1', newText: 'x' }], dryRun: true }],
  ])('the file at %s', async (_what, name, input) => {
    put('f.txt', '(a1) (a2)\n');
    await call(name, { path: 'f.txt', ...input });
    expect(bytesOf('f.txt')).toBe('(a1) (a2)\n');
  });

  test('what is binary, read only or there already', async () => {
    put('b.bin', Buffer.from([1, 0, 2]));
    chmodSync(put('made.js', 'made\n'), 0o444);
    for (const name of ['b.bin', 'made.js']) {
      const before = bytesOf(name);
      expect((await call('write_file', { path: name, content: 'x' })).isError).toBe(true);
      expect(bytesOf(name)).toBe(before);
    }
    expect((await call('move_file', { source: 'b.bin', destination: 'made.js' })).text).toContain('there already');
    expect((await call('read_text_file', { path: 'b.bin' })).text).toContain('is binary');
  });
});

describe('a result is bounded, and says how to see more', () => {
  test('a long file, line by line to its end', async () => {
    const lines = Array.from({ length: 9000 }, (_one, index) => `line ${index + 1} of many\r\n`);
    put('long.txt', lines.join(''));
    let offset: string | undefined = '1';
    let seen = '';
    while (offset !== undefined) {
      const { text } = await call('read_text_file', { path: 'long.txt', offset: Number(offset) });
      expect(text.length).toBeLessThan(60_000);
      seen += text.replace(/\[… [^\]]*…\]$/u, '');
      offset = /"offset": (\d+)/u.exec(text)?.[1];
    }
    expect(seen).toBe(lines.join(''));
    const { text } = await call('read_text_file', { path: 'long.txt', offset: 7, limit: 2 });
    expect(text).toBe('line 7 of many\r\nline 8 of many\r\n[… lines 7 to 8 of 9000; go on with "offset": 9 …]');
    expect((await call('read_text_file', { path: 'long.txt', tail: 1 })).text).toContain('line 9000 of many\r\n');
  });

  test('one endless line, twelve million characters', async () => {
    put('min.js', 'x'.repeat(12_000_000));
    const { text } = await call('read_text_file', { path: 'min.js' });
    expect(text.length).toBeLessThan(60_000);
    expect(text).toContain('the beginning of line 1 of 1');
  });

  test('a very large file, also one of few lines, to its end', async () => {
    put('huge.txt', `${'x'.repeat(34_000_000)}\nsecond\nthird`);
    const first = await call('read_text_file', { path: 'huge.txt' });
    expect(first.text.length).toBeLessThan(60_000);
    expect(first.text).toContain('the beginning of line 1 of a very large file; go on with "offset": 2 …]');
    const some = await call('read_text_file', { path: 'huge.txt', offset: 2, limit: 1 });
    expect(some.text).toBe('second\n[… lines 2 to 2 of a very large file; go on with "offset": 3 …]');
    const rest = await call('read_text_file', { path: 'huge.txt', offset: 3 });
    expect(rest.text).toBe('third\n[… lines 3 to 3 of a very large file; it ends here …]');
  });

  test('several files at once', async () => {
    for (const name of ['a.txt', 'b.txt', 'c.txt']) put(name, `${name}\n`.repeat(5000));
    const { text } = await call('read_multiple_files', { paths: ['a.txt', 'b.txt', 'c.txt'] });
    expect(text.length).toBeLessThan(60_000);
    expect(text).toContain('[… 1 of 3 files; ');
  });

  test.each([
    ['exponential', '(a+)+$', false],
    ['and in either case', '(A+)+$', true],
  ])('a pattern that would never come to an end, %s', async (_what, pattern, ignoreCase) => {
    put('f.txt', `${'a'.repeat(60)}!\n`);
    const options = { glob: undefined, context: 0, everything: false, closed: [], signal: AbortSignal.any([]) };
    await expect(searchText(root, '.', { pattern, ignoreCase, ...options }, 50)).rejects.toMatchObject({
      code: 'request-invalid',
      message: expect.stringContaining('too long') as string,
    });
  });

  test('a tree of many files, and a search in them', async () => {
    for (let folder = 0; folder < 40; folder += 1) {
      for (let file = 0; file < 60; file += 1) put(`d${folder}/f${file}.txt`, 'needle\n');
    }
    put('src/main.ts', 'export {};\n');
    const tree = await call('directory_tree', {});
    expect(tree.text.length).toBeLessThan(60_000);
    expect(tree.text).toMatch(/^src\/ \(1 more\)$/mu);
    expect(tree.text).toMatch(/d39\/ \(\d+ more\)/u);
    expect(tree.text).toMatch(/\[… the first 1500; .*"depth".*…\]/u);
    expect((await call('search_text', { pattern: 'needle' })).text).toMatch(/\[… the first 500; narrow it/u);
    expect((await call('search_files', { pattern: '*.txt' })).text).toMatch(/\[… the first 500; /u);
  });
});

describe('a tree and a search', () => {
  beforeEach(() => {
    put('.gitignore', 'out/\n*.log\n!keep.log\n/top.txt\ndoc/**/x.md\n');
    put('packages/a/.gitignore', 'gen\n!out\n');
    for (const name of ['out/a.js', 'a.log', 'keep.log', 'top.txt', 'sub/top.txt', 'doc/a/b/x.md', 'doc/y.md'])
      put(name, 'word\n');
    for (const name of ['packages/a/gen/g.ts', 'packages/a/out/o.ts', 'node_modules/m/i.js', '.git/config'])
      put(name, 'word\n');
    put('.pointsman/jobs.db', 'word\n');
    put('closed/jobs.db', 'word\n');
    put('.github/ci.yml', 'Word\n');
  });

  test('leave out what .gitignore says, and the store whatever is asked for', async () => {
    const found = async (input: Record<string, unknown>): Promise<readonly string[]> =>
      (await call('search_text', input)).text
        .split('\n')
        .map((line) => line.split(':')[0] ?? '')
        .sort();
    const wanted = ['doc/y.md', 'keep.log', 'packages/a/out/o.ts', 'sub/top.txt'];
    expect(await found({ pattern: 'word' })).toEqual(wanted);
    expect(await found({ pattern: 'word', ignoreCase: true, glob: '*.yml' })).toEqual(['.github/ci.yml']);
    const everything = await found({ pattern: 'word', everything: true });
    expect(everything).toContain('node_modules/m/i.js');
    expect(everything.filter((name) => /jobs\.db|\.git\//u.test(name))).toEqual([]);
    const tree = (await call('directory_tree', { path: 'packages' })).text;
    expect(tree).toBe('a/\n  .gitignore\n  out/\n    o.ts');
  });

  test('find names and paths by globs', async () => {
    const found = async (pattern: string): Promise<readonly string[]> =>
      (await call('search_files', { pattern })).text.split('\n').map((line) => path.relative(root, line));
    expect(await found('*.yml')).toEqual(['.github/ci.yml']);
    expect(await found('doc/**/*.md')).toEqual(['doc/y.md']);
    expect(await found('packages/**/*.{ts,js}')).toEqual(['packages/a/out/o.ts']);
    expect((await call('search_files', { pattern: 'nothing.*' })).text).toBe('No matches found');
  });

  test('show the lines around, and refuse what is no pattern', async () => {
    put('t.txt', 'one\ntwo\nthree\n');
    expect((await call('search_text', { pattern: 'tw', path: 't.txt', context: 1 })).text).toBe(
      't.txt:1: one\nt.txt:2: two\nt.txt:3: three',
    );
    expect((await call('search_text', { pattern: '(' })).text).toContain('no regular expression');
  });
});

test('paths that lead out are refused by every tool, also through a link', async () => {
  symlinkSync('/etc', path.join(root, 'way'));
  const inputs: readonly (readonly [string, Record<string, unknown>])[] = [
    ['read_text_file', { path: 'way/passwd' }],
    ['write_file', { path: '../x', content: 'x' }],
    ['edit_file', { path: '/etc/passwd', edits: [{ oldText: 'a', newText: 'b' }] }],
    ['delete_file', { path: 'way/passwd' }],
    ['move_file', { source: 'way/passwd', destination: 'p' }],
    ['create_directory', { path: 'way/x' }],
    ['list_directory', { path: 'way' }],
    ['directory_tree', { path: '..' }],
    ['search_files', { path: '/', pattern: '*' }],
    ['search_text', { path: 'way', pattern: 'root' }],
    ['get_file_info', { path: 'way/passwd' }],
  ];
  for (const [name, input] of inputs) {
    const { text, isError } = await call(name, input);
    expect([name, isError, text]).toEqual([name, true, expect.stringContaining('tool-denied')]);
  }
});

test('a pipe is refused and not waited for', async () => {
  execFileSync('mkfifo', [path.join(root, 'pipe.png')]);
  for (const [name, input] of [
    ['read_text_file', {}],
    ['read_text_file', { tail: 1 }],
    ['read_media_file', {}],
    ['write_file', { content: 'x' }],
    ['edit_file', { edits: [{ oldText: 'a', newText: 'b' }] }],
  ] as const) {
    expect((await call(name, { path: 'pipe.png', ...input })).text).toContain('is no file');
  }
});

test('files are deleted and moved, links themselves and not what they lead to', async () => {
  put('a.txt', 'a');
  symlinkSync('a.txt', path.join(root, 'link'));
  await call('delete_file', { path: 'link' });
  expect(bytesOf('a.txt')).toBe('a');
  await call('move_file', { source: 'a.txt', destination: 'new/b.txt' });
  expect(bytesOf('new/b.txt')).toBe('a');
  expect((await call('delete_file', { path: 'new' })).text).toContain('not empty');
  await call('delete_file', { path: 'new/b.txt' });
  expect((await call('read_text_file', { path: 'new/b.txt' })).text).toContain('not-found');
});
