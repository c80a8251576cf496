import { escapedText, globSource, isBrokenGlob } from './glob-source.ts';

/** Which names below a folder are left out of trees and searches, as `.gitignore` files say. */
export interface IgnoreRules {
  /** @param relative from the folder that the first rules are of, with slashes */
  readonly isIgnored: (relative: string, isFolder: boolean) => boolean;
  /** With the rules of a file in a folder below, which go before those above it. */
  readonly and: (folder: string, text: string) => IgnoreRules;
}

interface Rule {
  readonly pattern: RegExp;
  readonly isBack: boolean;
  readonly foldersOnly: boolean;
}

/** What nobody wants listed, whether or not a file says so. */
export const ALWAYS_IGNORED = '.hg/\n.svn/\nnode_modules/\n__pycache__/\n.venv/\n';

export const NO_RULES: IgnoreRules = rulesOf(readRules('', ALWAYS_IGNORED));

function rulesOf(rules: readonly Rule[]): IgnoreRules {
  return {
    isIgnored: (relative, isFolder) => {
      const last = rules.findLast(({ pattern, foldersOnly }) => (isFolder || !foldersOnly) && pattern.test(relative));
      return last !== undefined && !last.isBack;
    },
    and: (folder, text) => rulesOf([...rules, ...readRules(folder, text)]),
  };
}

function readRules(folder: string, text: string): readonly Rule[] {
  return text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .flatMap((line) => readRule(folder, line));
}

/** As gitignore(5) has it: a slash not at the end ties a pattern to its folder. */
function readRule(folder: string, line: string): readonly Rule[] {
  const written = /^((?:\\.|[^\\])*?) *$/su.exec(line)?.[1] ?? line;
  if (written === '' || written.startsWith('#')) return [];
  const isBack = written.startsWith('!');
  const body = isBack ? written.slice(1) : written;
  const foldersOnly = body.endsWith('/');
  const pattern = body.replace(/\/$/u, '');
  if (pattern === '' || isBrokenGlob(pattern)) return [];
  const isTied = pattern.includes('/');
  const base = folder === '' ? '' : `${escapedText(folder)}/`;
  // Without `u`: a pattern with that is never handed to the engine that always comes to an end.
  const inside = globSource(pattern.replace(/^\//u, ''));
  try {
    return [{ pattern: new RegExp(`^${base}${isTied ? '' : '(?:.*/)?'}${inside}$`, 's'), isBack, foldersOnly }];
  } catch {
    return [];
  }
}
