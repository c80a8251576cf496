import { describe, expect, test } from 'vitest';
import { declaredIn, sharedNames, twins } from './testing/internal/house/declared-names.ts';
import { readTexts } from './testing/internal/house/source-tree.ts';

/** Names that several files export on purpose. Each with its reason: */
const SHARED_ON_PURPOSE = new Set([
  // What every module of `cli/commands` gives the registry, which loads one of them by its file.
  'command',
]);

/** Copies that are kept apart on purpose. Each with its reason: */
const TWINS_ON_PURPOSE = new Set([
  // A scripted vendor says by itself what it says: with the codec's own table both could be wrong together.
  'TO_GEMINI_FINISH in wires/gemini-generate-content/gemini-finish.ts, FINISH_REASONS in providers/scripted/gemini/write-gemini.ts',
]);

const texts = readTexts(import.meta.dirname);
const declared = declaredIn(texts);
const unplanned = (names: readonly string[]): readonly string[] =>
  names.filter((line) => !SHARED_ON_PURPOSE.has(line.slice(0, line.indexOf(':'))));
const planted = (files: Readonly<Record<string, string>>): ReturnType<typeof declaredIn> =>
  declaredIn(new Map([...texts, ...Object.entries(files)]));

describe('declared names', () => {
  test('the scan sees the source tree', () => {
    expect(declared.length).toBeGreaterThan(3000);
    expect(declared.filter(({ isExported }) => isExported).length).toBeGreaterThan(1000);
  });

  test('an exported name is declared once, and a type has no namesake', () => {
    expect(unplanned(sharedNames(declared))).toEqual([]);
  });

  test('every exception is still one', () => {
    const names = sharedNames(declared).map((line) => line.slice(0, line.indexOf(':')));
    expect([...SHARED_ON_PURPOSE].filter((name) => !names.includes(name))).toEqual([]);
    expect([...TWINS_ON_PURPOSE].filter((line) => !twins(declared).includes(line))).toEqual([]);
  });

  test('nothing stands in two files with the same text', () => {
    expect(twins(declared).filter((line) => !TWINS_ON_PURPOSE.has(line))).toEqual([]);
  });

  test.each([
    ['an exported function', 'export function decide(): void {}\n'],
    ['an exported async function', 'export async function decide(): Promise<void> {}\n'],
    ['an exported constant', '// why\nexport const decide = 1;\n'],
  ])('%s of a known name is seen', (_what, text) => {
    expect(sharedNames(planted({ 'money/planted.ts': text }))).toContain('decide: money/planted.ts, router/decide.ts');
  });

  test.each([
    ['interface', 'interface Usage {\n  readonly a: 1;\n}\n'],
    ['type', 'const a = 1;\n\n/** It. */\ntype Usage = typeof a;\n'],
    ['class', 'class Usage {}\n'],
  ])('a local %s with the name of an exported type is seen', (_kind, text) => {
    expect(sharedNames(planted({ 'money/planted.ts': text }))).toContain('Usage: domain/usage.ts, money/planted.ts');
  });

  test('a copied function is seen under another name, spelt with other spaces', () => {
    const text = texts.get('domain/json.ts') ?? '';
    const copied = text.slice(text.indexOf('export function canonicalJson')).replaceAll('canonicalJson', 'sortedJson');
    const found = twins(planted({ 'money/planted.ts': copied.replaceAll('  ', '    ') }));
    expect(found).toContainEqual('canonicalJson in domain/json.ts, sortedJson in money/planted.ts');
  });
});
