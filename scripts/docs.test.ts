import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../src/cli/registry.ts';

const root = path.resolve(import.meta.dirname, '..');
const scripts = Object.keys(
  (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);
const docs = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(path.join(root, 'docs'), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
  ...readdirSync(path.join(root, 'src'), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('README.md'))
    .map((file) => path.join('src', file)),
];

test('there are docs', () => expect(docs.length).toBeGreaterThan(20));

describe.each(docs)('%s', (file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  const broken = (found: Iterable<RegExpMatchArray>, exists: (what: string) => boolean): readonly string[] =>
    [...found].map((match) => match[1] ?? '').filter((what) => !exists(what));

  test('links lead somewhere', () => {
    const links = text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/gu);
    expect(broken(links, (link) => existsSync(path.join(root, path.dirname(file), link)))).toEqual([]);
  });

  test('files that it names are there', () => {
    const files = text.matchAll(/`((?:src|evals|docs|fixtures|policies|scripts)\/[\w./-]+\w)`/gu);
    const isTemplate = (name: string): boolean => /NAME|CLIENT|\/v\d/u.test(name);
    expect(broken(files, (name) => isTemplate(name) || existsSync(path.join(root, name)))).toEqual([]);
  });

  test('commands that it shows are there', () => {
    const npm = broken(text.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/gu), (name) => scripts.includes(name));
    const own = broken(text.matchAll(/(?:npx pointsman|npm run (?:-s )?pointsman --) ([a-z]+)/gu), (name) =>
      Object.keys(commands).includes(name),
    );
    expect([...npm, ...own]).toEqual([]);
  });
});
