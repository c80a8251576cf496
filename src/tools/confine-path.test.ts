import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { confinePath, isInside } from './confine-path.ts';

let base = '';
let root = '';
beforeAll(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'confine-')));
  root = path.join(base, 'root');
  mkdirSync(path.join(root, 'a', 'b'), { recursive: true });
  mkdirSync(path.join(base, 'root-sibling'));
  writeFileSync(path.join(base, 'secret'), '');
  symlinkSync('..', path.join(root, 'up'));
  symlinkSync('a', path.join(root, 'in'));
  symlinkSync(path.join(base, 'root-sibling'), path.join(root, 'a', 'out'));
  symlinkSync('loop', path.join(root, 'loop'));
  symlinkSync('../nowhere', path.join(root, 'dangling'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('a path inside is given as it really is, whether it exists or not', () => {
  expect(confinePath(root, '.')).toBe(root);
  expect(confinePath(root, 'in/b')).toBe(path.join(root, 'a', 'b'));
  expect(confinePath(root, 'up/root/a')).toBe(path.join(root, 'a'));
  expect(confinePath(root, 'new/file.txt')).toBe(path.join(root, 'new', 'file.txt'));
  expect(confinePath(root, `${root}/a/../a`)).toBe(path.join(root, 'a'));
});

test('a path that leads out is refused, however it is spelled', () => {
  const ways = [
    '..',
    '../secret',
    '../root-sibling',
    'up/secret',
    'in/../../secret',
    'a/out',
    'a/out/../secret',
    'dangling',
    'loop',
    '/',
    '/etc/passwd',
    `${root}-sibling`,
    '~',
    '~/x',
    'a\0b',
    `${root}/up/secret`,
  ];
  for (const way of ways)
    expect(() => confinePath(root, way), way).toThrow(expect.objectContaining({ code: 'tool-denied' }));
});

test('`link/..` is judged by where the link leads, not by its spelling', () => {
  expect(() => confinePath(root, 'a/out/../x')).toThrow();
  expect(() => confinePath(root, 'up/x/../../root/a')).toThrow();
});

test('whatever is allowed is really inside', () => {
  const name = fc.constantFrom(
    '..',
    '.',
    'a',
    'b',
    'up',
    'in',
    'out',
    'root',
    'secret',
    'root-sibling',
    'loop',
    'new',
    '',
  );
  const way = fc
    .tuple(fc.constantFrom('', '/', root, `${base}/`), fc.array(name, { maxLength: 8 }))
    .map(([start, names]) => `${start}${start === root ? '/' : ''}${names.join('/')}`);
  fc.assert(
    fc.property(way, (requested) => {
      let real: string;
      try {
        real = confinePath(root, requested);
      } catch {
        return;
      }
      expect(isInside(root, real)).toBe(true);
      let kernel: string;
      try {
        kernel = realpathSync(path.isAbsolute(requested) ? requested : `${root}/${requested}`);
      } catch {
        return;
      }
      expect(isInside(root, kernel)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
