import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { headOf, notesAbove, notesBelow, notesIn } from './project-notes.ts';

function build(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'project-notes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const names = ['packages', 'Acme.Core', 'src', 'docs', 'build', 'fixtures', 'web.js', 'examples', 'café', 'a b'];
const others = ['node_modules', 'vendor', 'target', '.venv', '__pycache__', '.git'];
const FILE = fc.constantFrom('AGENTS.md', 'CLAUDE.md');
const inProject = fc
  .tuple(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 6 }), FILE)
  .map(([folders, file]) => [...folders, file].join('/'));
const elsewhere = fc
  .tuple(fc.constantFrom(...others), fc.constantFrom('m', 'Acme.Core'), FILE)
  .map((parts) => parts.join('/'));

test('every part of a project that has notes of its own is named, whatever it is called, and none of what others wrote', () => {
  fc.assert(
    fc.property(fc.uniqueArray(inProject, { maxLength: 8 }), fc.array(elsewhere, { maxLength: 4 }), (own, foreign) => {
      const folder = build(Object.fromEntries([...own, ...foreign].map((name) => [name, 'Notes.\n'])));
      // Of two in one folder the first kind counts; files without an ending are no folders.
      writeFileSync(path.join(folder, 'LICENSE'), '');
      const parts = new Map(
        own
          .toSorted()
          .toReversed()
          .map((name) => [path.dirname(name), name]),
      );
      expect(notesBelow(folder).toSorted()).toEqual([...parts.values()].toSorted());
    }),
    { numRuns: 60 },
  );
});

test('a workspace inside a repository knows what stands above it there, the outermost first, and nothing from beyond', () => {
  const above = fc.record({
    depth: fc.integer({ min: 0, max: 5 }),
    noted: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 }),
    linked: fc.option(fc.integer({ min: 0, max: 5 })),
    file: FILE,
    isRepository: fc.boolean(),
  });
  fc.assert(
    fc.property(above, ({ depth, noted, linked, file, isRepository }) => {
      const root = build({ [`outside/${file}`]: 'Of another project.\n', 'outside/repo/README.md': '' });
      const places = [path.join(root, 'outside/repo')];
      for (let level = 0; level < depth; level += 1) places.push(path.join(places.at(-1) ?? '', `p.${level}`));
      mkdirSync(places.at(-1) ?? '', { recursive: true });
      if (isRepository) mkdirSync(path.join(places[0] ?? '', '.git'));
      const has = (level: number): boolean => noted.includes(level) && level !== linked;
      for (const [level, place] of places.entries()) {
        if (has(level)) writeFileSync(path.join(place, file), `\uFEFFOf ${level}.\r\n`);
        if (level === linked) symlinkSync(path.join(root, 'outside', file), path.join(place, file));
      }
      const expected = places.slice(0, -1).flatMap((_, level) => (has(level) ? [`Of ${level}.\r\n`] : []));
      const found = notesAbove(places.at(-1) ?? '', undefined);
      expect(found.map(({ text }) => text)).toEqual(isRepository ? expected : []);
      // A home that is a repository is no project.
      expect(notesAbove(places.at(-1) ?? '', places[0])).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['a branch', { '.git/HEAD': 'ref: refs/heads/mend/it\n' }, 'on the branch mend/it'],
  ['no branch', { '.git/HEAD': `${'a1'.repeat(20)}\n` }, 'on no branch, at the commit a1a1a1a1a1a1'],
  ['a work tree', { '.git': 'gitdir: elsewhere/w\n', 'elsewhere/w/HEAD': 'ref: refs/heads/w\n' }, 'on the branch w'],
  ['reftables', { '.git/HEAD': 'ref: refs/heads/.invalid\n' }, undefined],
  ['no repository', { 'a.txt': '' }, undefined],
  ['a git dir without a head', { '.git/config': '' }, undefined],
])('of %s it is said where it stands', (_what, files: Record<string, string>, said) => {
  const folder = build(files);
  mkdirSync(path.join(folder, 'inner/part'), { recursive: true });
  expect(headOf(folder, undefined)).toBe(said);
  expect(headOf(path.join(folder, 'inner/part'), undefined)).toBe(said);
});

test('the first kind of notes that says something is read, and what may not be read is not', () => {
  const folder = build({ 'AGENTS.md': ' \n', 'CLAUDE.md': 'Secret.\n', '.claude/CLAUDE.md': 'Tabs.\n' });
  expect(notesIn(folder, () => true)?.text).toBe('Secret.\n');
  expect(notesIn(folder, (name) => name !== 'CLAUDE.md')).toEqual({ name: '.claude/CLAUDE.md', text: 'Tabs.\n' });
});
