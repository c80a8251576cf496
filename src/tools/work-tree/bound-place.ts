import { existsSync } from 'node:fs';
import path from 'node:path';
import { namesIn, wholeTextOf } from './look-at.ts';

interface Around {
  /** `PATH`. */
  readonly path: string;
  readonly home: string | undefined;
}

/** Why what is built or tested in a folder would be another thing in a copy of it elsewhere; `undefined`: it would not. */
export function boundPlace(folder: string, around: Around): string | undefined {
  const names = new Set(namesIn(folder));
  if (!names.has('.venv') && ['poetry.lock', 'Pipfile', 'Pipfile.lock'].some((name) => names.has(name)))
    return 'its Python environment is found by where it lies';
  for (const environment of environmentsAround(around)) {
    if (namesFolder(environment, folder)) return `${environment} holds packages that lead to the folder itself`;
  }
  if (names.has('go.mod') && fileAbove(folder, 'go.work') !== undefined) return 'a go.work above it may name it';
  for (const name of [...names].filter((one) => MANIFEST.test(one))) {
    if (OUTSIDE.test(wholeTextOf(path.join(folder, name)) ?? '')) return `its ${name} names what lies beside it`;
  }
  return undefined;
}

/** Files in which a project says what else it is built from. */
const MANIFEST =
  /^(?:package\.json|tsconfig[\w.-]*\.json|Cargo\.toml|go\.(?:mod|work)|pyproject\.toml|requirements[\w.-]*\.txt|composer\.json|Gemfile|settings\.gradle(?:\.kts)?|CMakeLists\.txt)$/u;
/** At the beginning of a place, as `"../lib"`, `=> ../lib`, `-e ../lib` and `file:../lib` have it. */
const OUTSIDE = /(?:["'\s(]|file:|link:|portal:)\.\.(?:\/|["'\s)])/u;

/** Those whose programs are found first, and what a user installs for themselves. */
function environmentsAround({ path: searchPath, home }: Around): readonly string[] {
  const bin = searchPath
    .split(path.delimiter)
    .find((one) => path.isAbsolute(one) && ['python', 'python3'].some((name) => existsSync(path.join(one, name))));
  return [
    ...(bin === undefined ? [] : [path.dirname(bin)]),
    ...(home === undefined ? [] : [path.join(home, '.local')]),
  ];
}

function fileAbove(folder: string, name: string): string | undefined {
  for (let above = path.dirname(folder); above !== path.dirname(above); above = path.dirname(above)) {
    if (existsSync(path.join(above, name))) return above;
  }
  return undefined;
}

/** Whether a Python environment finds packages in the folder, as after `pip install -e`. */
export function namesFolder(environment: string, folder: string): boolean {
  const libraries = path.join(environment, 'lib');
  for (const python of namesIn(libraries)) {
    const site = path.join(libraries, python, 'site-packages');
    for (const name of namesIn(site).filter((one) => /\.(?:pth|egg-link)$|^_.*_?editable_.*\.py$/u.test(one))) {
      if (wholeTextOf(path.join(site, name))?.includes(folder) === true) return true;
    }
  }
  return false;
}
