import { existsSync, promises as fs } from 'node:fs';
import path from 'node:path';

interface Around {
  /** `PATH`. */
  readonly path: string;
  readonly home: string | undefined;
}

/** Why what is built or tested in a folder would be another thing in a copy of it elsewhere; `undefined`: it would not. */
export async function boundPlace(folder: string, around: Around): Promise<string | undefined> {
  const names = new Set(await fs.readdir(folder).catch(() => []));
  if (!names.has('.venv') && ['poetry.lock', 'Pipfile', 'Pipfile.lock'].some((name) => names.has(name)))
    return 'its Python environment is found by where it lies';
  for (const environment of environmentsAround(around)) {
    if (await namesFolder(environment, folder)) return `${environment} holds packages that lead to the folder itself`;
  }
  if (names.has('go.mod') && fileAbove(folder, 'go.work') !== undefined) return 'a go.work above it may name it';
  for (const name of [...names].filter((one) => MANIFEST.test(one))) {
    const text = await fs.readFile(path.join(folder, name), 'utf8').catch(() => '');
    if (OUTSIDE.test(text)) return `its ${name} names what lies beside it`;
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
export async function namesFolder(environment: string, folder: string): Promise<boolean> {
  const libraries = path.join(environment, 'lib');
  for (const python of await fs.readdir(libraries).catch(() => [])) {
    const site = path.join(libraries, python, 'site-packages');
    const names = await fs.readdir(site).catch(() => []);
    for (const name of names.filter((one) => /\.(?:pth|egg-link)$|^_.*_?editable_.*\.py$/u.test(one))) {
      const text = await fs.readFile(path.join(site, name), 'utf8').catch(() => '');
      if (text.includes(folder)) return true;
    }
  }
  return false;
}
