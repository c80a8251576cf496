import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One source file of the house, without tests. */
export interface Source {
  /** Relative to the root, with slashes: `gateway/call/relay.ts`. */
  readonly file: string;
  readonly lineCount: number;
  /** Files that it imports, types and those that it loads later included. */
  readonly imports: readonly string[];
  /** Of those, the ones that it imports a value of. */
  readonly valueImports: readonly string[];
  readonly firstComment: string;
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s)?([^'";]*?\sfrom\s*)?['"](\.[^'"]+)['"]/gu;
/** A module that is loaded later, or a type that is imported where it stands. */
const IN_PLACE = /\bimport\(\s*['"`](\.[^'"`]+)['"`]/gu;
const NO_SOURCE = /\.(?:test|e2e|bench)\.ts$|\.d\.ts$/u;

/** A test, a benchmark or a declaration file: no source of the house. */
export function isTestFile(file: string): boolean {
  return NO_SOURCE.test(file);
}
const FIRST_COMMENT = /\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/[^\n]*\n?)+/mu;

/** Texts by file name, as sources that know each other. */
export function toSources(texts: ReadonlyMap<string, string>): readonly Source[] {
  return [...texts]
    .filter(([file]) => file.endsWith('.ts') && !isTestFile(file))
    .map(([file, text]) => {
      const found = [...text.matchAll(IMPORT)].flatMap(([, type, names = '', to = '']) => {
        const target = path.posix.join(path.posix.dirname(file), to);
        return texts.has(target) ? [{ target, isValue: type === undefined && !isTypesOnly(names) }] : [];
      });
      const inPlace = [...text.matchAll(IN_PLACE)]
        .map(([, to = '']) => path.posix.join(path.posix.dirname(file), to))
        .filter((target) => texts.has(target));
      return {
        file,
        lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
        imports: [...new Set([...found.map(({ target }) => target), ...inPlace])],
        valueImports: [...new Set(found.filter(({ isValue }) => isValue).map(({ target }) => target))],
        firstComment: FIRST_COMMENT.exec(text)?.[0] ?? '',
      };
    });
}

export function readTexts(root: string): ReadonlyMap<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => name.split(path.sep).join('/'));
  const files = names.filter((name) => name.endsWith('.ts') && !name.includes('node_modules/'));
  return new Map(files.map((name) => [name, readFileSync(path.join(root, name), 'utf8')]));
}

/** The text without comments, but for those at the end of a line. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//gu, ' ').replaceAll(/^\s*\/\/[^\n]*/gmu, ' ');
}

/** The code without comments and texts. Of templates only what they compute stays. */
export function codeOf(text: string): string {
  return withoutComments(text)
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/gu, ' ')
    .replaceAll(/`(?:[^`\\]|\\.)*`/gu, (template) =>
      [...template.matchAll(/\$\{([^}]*)\}/gu)].map(([, code]) => code).join(' '),
    )
    .replaceAll(/\/\/[^\n]*/gu, ' ')
    .replaceAll(/\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/gu, ' ');
}

function isTypesOnly(names: string): boolean {
  const inner = /^\s*\{([^}]*)\}/u.exec(names)?.[1];
  const each = inner?.split(',').filter((name) => name.trim() !== '');
  return each?.every((name) => name.trim().startsWith('type ')) ?? false;
}

/** Groups of files that reach each other, types included. */
export function circlesOf(sources: readonly Source[]): readonly (readonly string[])[] {
  const reach = new Map(sources.map(({ file }) => [file, reachedFrom(file, sources)]));
  const isBoth = (one: string, other: string): boolean =>
    (reach.get(one)?.has(other) ?? false) && (reach.get(other)?.has(one) ?? false);
  const inCircle = sources.map(({ file }) => file).filter((file) => isBoth(file, file));
  const groups = inCircle.map((file) => inCircle.filter((other) => isBoth(file, other)).sort());
  return [...new Map(groups.map((group) => [group.join(), group])).values()];
}

function reachedFrom(start: string, sources: readonly Source[]): ReadonlySet<string> {
  const byFile = importsByFile(sources);
  const reached = new Set<string>();
  const queue = [...(byFile.get(start) ?? [])];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    queue.push(...(byFile.get(file) ?? []));
  }
  return reached;
}

const remembered = new WeakMap<readonly Source[], ReadonlyMap<string, readonly string[]>>();
function importsByFile(sources: readonly Source[]): ReadonlyMap<string, readonly string[]> {
  let map = remembered.get(sources);
  if (map === undefined) remembered.set(sources, (map = new Map(sources.map(({ file, imports }) => [file, imports]))));
  return map;
}

/** The longest way along value imports, from file to file. Circles are not walked twice. */
export function longestChain(sources: readonly Source[]): readonly string[] {
  const byFile = new Map(sources.map((source) => [source.file, source.valueImports]));
  const known = new Map<string, readonly string[]>();
  const chainFrom = (file: string, trail: ReadonlySet<string>): readonly string[] => {
    const before = known.get(file);
    if (before !== undefined) return before;
    if (trail.has(file)) return [];
    const walked = new Set(trail).add(file);
    const chain = [file, ...longest((byFile.get(file) ?? []).map((next) => chainFrom(next, walked)))];
    known.set(file, chain);
    return chain;
  };
  return longest(sources.map(({ file }) => chainFrom(file, new Set())));
}

function longest(chains: readonly (readonly string[])[]): readonly string[] {
  let best: readonly string[] = [];
  for (const chain of chains) if (chain.length > best.length) best = chain;
  return best;
}

/** Files per folder, the fullest first. */
export function folderSizes(sources: readonly Source[]): readonly (readonly [folder: string, fileCount: number])[] {
  const counts = new Map<string, number>();
  for (const { file } of sources) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

export function medianLineCount(sources: readonly Source[]): number {
  const counts = sources.map(({ lineCount }) => lineCount).sort((a, b) => a - b);
  return counts[Math.floor(counts.length / 2)] ?? 0;
}

/**
 * The rooms that the README of a room allows it to import: those named in the sentence that begins with "May import".
 * `undefined`: it does not say.
 */
export function mayImport(readme: string, rooms: readonly string[]): readonly string[] | undefined {
  const said = /\bMay import\b([^.]*)\./u.exec(readme)?.[1];
  if (said === undefined) return undefined;
  const words: readonly string[] = said.match(/(?<=`)[a-z]+(?=`)/gu) ?? [];
  return words.filter((word) => rooms.includes(word));
}

/** Rooms → their sub-rooms in floors, from the ground: each may import those below it, and none beside it. */
export type Floors = Readonly<Record<string, readonly (readonly string[])[]>>;

/** Imports between sub-rooms of one room that do not point down, and sub-rooms on no floor. Files beside sub-rooms are the room's own. */
export function turnedArrows(sources: readonly Source[], floors: Floors): readonly string[] {
  const turned = sources.flatMap(({ file, imports }) => {
    const [room, sub] = subRoomOf(file);
    if (sub === undefined) return [];
    const floor = floorOf(floors, room, sub);
    if (floor < 0) return [`${room}/${sub} is on no floor`];
    return imports.flatMap((target) => {
      const [toRoom, toSub] = subRoomOf(target);
      if (toRoom !== room || toSub === undefined || toSub === sub) return [];
      return floorOf(floors, room, toSub) < floor ? [] : [`${file} → ${target}`];
    });
  });
  return [...new Set(turned)];
}

function subRoomOf(file: string): readonly [room: string, subRoom: string | undefined] {
  const [room = '', sub, ...rest] = file.split('/');
  return [room, rest.length > 0 ? sub : undefined];
}

function floorOf(floors: Floors, room: string, sub: string): number {
  return floors[room]?.findIndex((floor) => floor.includes(sub)) ?? -1;
}
