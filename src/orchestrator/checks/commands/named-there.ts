import path from 'node:path';
import { didYouMean, nearest } from '../../../domain/nearest.ts';
import { literalPattern } from '../../../trust/literal-pattern.ts';
import { commandText, type Folder, type Started } from './check-command.ts';

/** Something that a command names: how runners say that it is not there, and what there is. */
interface Naming {
  readonly what: string;
  readonly missing: RegExp;
  readonly there: (folder: Folder, name: string) => readonly string[];
}

/** Any of some patterns, each with the name as its one group. */
const anyOf = (...patterns: readonly string[]): RegExp => new RegExp(patterns.join('|'), 'gmu');

const QUOTED = '[`\'"“‘]([^`\'"”’\\n]+)[`\'"”’]';

/** In the words of npm, pnpm, yarn, bun, Composer, Deno; of make, ninja, Ant, Gradle, Maven, Rake; of just, Task, tox, nox, Invoke, Poe, Mix, Cargo. */
const NAMINGS: readonly Naming[] = [
  {
    what: 'script',
    missing: anyOf(
      String.raw`Missing script:? "?([^"\s]+)"?`,
      String.raw`Command ${QUOTED} (?:not found|is not defined)`,
      `Couldn't find a script named ${QUOTED}`,
      `Script not found ${QUOTED}`,
      `Script ${QUOTED} is not defined`,
      String.raw`Task not found: (\S+)`,
    ),
    there: (folder) =>
      ['package.json', 'composer.json', 'deno.json'].flatMap((name) => keysIn(folder.read(name), ['scripts', 'tasks'])),
  },
  {
    what: 'target',
    missing: anyOf(
      String.raw`No rule to make target ${QUOTED}\.`,
      String.raw`don't know how to make (\S+?)\. Stop`,
      `unknown target ${QUOTED}`,
      `Target ${QUOTED} does not exist in the project`,
      `Task ${QUOTED} not found in `,
      `Cannot locate tasks that match ${QUOTED}`,
      `Unknown lifecycle phase ${QUOTED}`,
      `Don't know how to build task ${QUOTED}`,
    ),
    there: (folder) => [
      ...linesOf(
        folder,
        ['GNUmakefile', 'makefile', 'Makefile'],
        /^([\w][\w.-]*(?:[ \t]+[\w][\w.-]*)*)[ \t]*::?(?!=)/gmu,
      ),
      ...linesOf(folder, ['Rakefile'], /^\s*task\s+:?['"]?([\w:]+)/gmu),
      ...linesOf(folder, ['build.xml'], /<target\b[^>]*\bname="([^"]+)"/gmu),
    ],
  },
  {
    what: 'recipe or task',
    missing: anyOf(
      `does not contain recipe ${QUOTED}`,
      `Task ${QUOTED} does not exist`,
      String.raw`(?:Sessions not found|unknown environment|provided environments not found in configuration file):?\s+(\S+)`,
      `No idea what ${QUOTED} is`,
      `Unrecognised task ${QUOTED}`,
      `[Tt]ask ${QUOTED} could not be found`,
      `no such command: ${QUOTED}`,
      `no test target named ${QUOTED}`,
    ),
    there: (folder) => [
      ...linesOf(folder, ['justfile', 'Justfile', '.justfile'], /^@?([a-zA-Z_][\w-]*)(?![^\n]*:=)(?:[ \t][^\n]*)?:/gmu),
      ...linesOf(folder, ['Taskfile.yml', 'Taskfile.yaml'], /^ {2}([\w:.-]+):\s*$/gmu),
      ...linesOf(folder, ['noxfile.py'], /^def (\w+)\(session\b/gmu),
      ...linesOf(folder, ['tox.ini'], /^\[testenv:([^\]]+)\]/gmu),
    ],
  },
  {
    what: 'file',
    missing: anyOf(
      String.raw`file or directory not found: (\S+)`,
      `can't open file ${QUOTED}`,
      `Cannot find module ${QUOTED}`,
      `Could not find ${QUOTED}`,
      String.raw`cannot open ([^:\n]+?)(?:: No such file.*)?$`,
      String.raw`\b(?:ba|z|k|da)?sh: (?:line \d+: |\d+: )?([^:\n]+): (?:No such file or directory|not found)`,
      `Can't open perl script ${QUOTED}`,
      String.raw`No such file or directory -- (\S+) \(LoadError\)`,
      String.raw`Could not open input file: (\S+)`,
      String.raw`stat ([^:\n]+): directory not found`,
      String.raw`The program "([^"\n]*/[^"\n]*)" is not installed`,
    ),
    there: besides,
  },
];

const SHOWN = 12;

/**
 * What to ask where a command of the user's own names something that the workspace does not have, with what there is of its kind;
 * `undefined` where its output says no such thing. A name that the command does not hold is another program's affair.
 */
export function namesNothing(folder: Folder, command: Started, report: string): string | undefined {
  const typed = commandText(command);
  for (const { what, missing, there } of NAMINGS) {
    for (const found of report.matchAll(missing)) {
      const said = found.slice(1).find((group) => group !== undefined) ?? '';
      const name = nameIn(typed, said, folder.root);
      if (name === undefined) continue;
      const known = [...new Set(there(folder, name))].filter((one) => one !== name);
      const shown = [...new Set([...nearest(name, known, SHOWN), ...known])].slice(0, SHOWN);
      const list =
        shown.length === 0
          ? ''
          : ` There ${shown.length === 1 ? 'is' : 'are'} ${shown.join(', ')}${known.length > SHOWN ? ', …' : ''}.`;
      return `"${typed}" names the ${what} "${name}", which is not there.${didYouMean(name, known)}${list}`;
    }
  }
  return undefined;
}

/** As the command has it: runners say it as a place in full, too. */
function nameIn(typed: string, said: string, root: string): string | undefined {
  const forms = [said, path.relative(root, said), said.replace(/^\.\//u, ''), path.basename(said)];
  return forms.find(
    (form) => form !== '' && new RegExp(`(?<![\\w./-])(?:\\./)?${literalPattern(form)}(?![\\w-])`, 'u').test(typed),
  );
}

function keysIn(text: string | undefined, fields: readonly string[]): readonly string[] {
  try {
    const read = JSON.parse((text ?? '{}').replace(/^\uFEFF/u, '')) as Record<string, object | undefined> | null;
    return fields.flatMap((field) => Object.keys(read?.[field] ?? {}));
  } catch {
    return [];
  }
}

function linesOf(folder: Folder, files: readonly string[], pattern: RegExp): readonly string[] {
  const text = files.map((name) => folder.read(name)).find((one) => one !== undefined) ?? '';
  return [...text.matchAll(pattern)]
    .flatMap(([, names = '']) => names.split(/\s+/u))
    .filter((name) => name !== 'PHONY');
}

/** What lies where it should be, in the nearest folder that is there. */
function besides(folder: Folder, name: string): readonly string[] {
  for (let place = path.dirname(name); ; place = path.dirname(place)) {
    const inside = place.startsWith('..') || path.isAbsolute(place) ? [] : folder.list(place);
    if (inside.length > 0) return inside.filter((one) => !one.startsWith('.')).map((one) => path.join(place, one));
    if (place === '.' || place === path.dirname(place)) return [];
  }
}
