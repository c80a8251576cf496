import path from 'node:path';
import { check, type CheckCommand, type Folder } from './check-command.ts';

const MANIFESTS = ['pyproject.toml', 'setup.py', 'setup.cfg', 'pytest.ini', 'tox.ini', 'noxfile.py', 'conftest.py'];
const MANIFESTS_OF_TOOLS = ['requirements.txt', 'Pipfile', 'poetry.lock', 'uv.lock', 'environment.yml', 'manage.py'];
const TEST_FOLDERS = ['.', 'tests', 'test'];
const TEST_FILE = /^(?:test_.*|.*_test|tests)\.py$/u;
const ENVIRONMENTS = ['.venv', 'venv', 'env', '.env'];
/** They go on after the first failure: what was never run before a change cannot be compared with what comes after. */
const PYTEST = ['-m', 'pytest', '-q', '--continue-on-collection-errors'];

/** pytest or unittest, run by the Python that the project's packages are installed for; mypy and ruff where they are set up. */
export function pythonChecks(folder: Folder): readonly CheckCommand[] {
  const testFolders = TEST_FOLDERS.filter((name) => folder.list(name).some((file) => TEST_FILE.test(file)));
  const isNamed = [...MANIFESTS, ...MANIFESTS_OF_TOOLS].some((name) => folder.names.has(name));
  if (!isNamed && testFolders.length === 0) return [];
  const pythons = pythonsOf(folder);
  const by = (...args: readonly string[]): readonly (readonly string[])[] =>
    pythons.map((python) => [...python, ...args]);
  return [
    check(folder, 'tests', testCommands(folder, by, testFolders)),
    ...(isSetUp(folder, 'mypy') ? [check(folder, 'types', by('-m', 'mypy', '--cache-dir=/dev/null', '.'))] : []),
    ...(isSetUp(folder, 'ruff') ? [check(folder, 'lint', [...by('-m', ...RUFF), RUFF])] : []),
  ];
}

/** Settings may have it mend what it finds. */
const RUFF = ['ruff', 'check', '--no-cache', '--no-fix', '.'];

/** The same arguments for each interpreter that may be tried. */
type ByPython = (...args: readonly string[]) => readonly (readonly string[])[];

function testCommands(folder: Folder, by: ByPython, testFolders: readonly string[]): readonly (readonly string[])[] {
  const isDjango = folder.names.has('manage.py') && !isSetUp(folder, 'pytest') && !folder.names.has('conftest.py');
  return [
    ...(isDjango ? by('manage.py', 'test', '--noinput').slice(0, 1) : []),
    ...by(...PYTEST),
    ['pytest', ...PYTEST.slice(2)],
    ...unittests(folder, testFolders).flatMap((args) => by(...args).slice(0, 1)),
    ...(folder.names.has('tox.ini') ? [['tox', '-q']] : []),
    ...(folder.names.has('noxfile.py') ? [['nox']] : []),
  ];
}

/** By a file of its own, or a section of one that several share. */
function isSetUp(folder: Folder, tool: string): boolean {
  const own = [`${tool}.ini`, `.${tool}.ini`, `${tool}.toml`, `.${tool}.toml`];
  const shared = ['pyproject.toml', 'setup.cfg', 'tox.ini'].map((name) => folder.read(name) ?? '').join('\n');
  return own.some((name) => folder.names.has(name)) || new RegExp(`^\\[(?:tool[.:])?${tool}\\b`, 'mu').test(shared);
}

/** The interpreters to try: of an environment in the project, through the tool that keeps one elsewhere, of the machine. */
function pythonsOf(folder: Folder): readonly (readonly string[])[] {
  const up = folder.relative === '' ? [] : [path.relative(folder.relative, '.') || '.'];
  const places = ['.', ...up].flatMap((from) => ENVIRONMENTS.map((name) => path.join(from, name)));
  const own = places
    .filter((place) => folder.list(place).includes('pyvenv.cfg'))
    .map((place) => {
      const windows = folder.list(path.join(place, 'Scripts')).includes('python.exe');
      return [`./${path.join(place, windows ? 'Scripts/python.exe' : 'bin/python')}`];
    });
  const managed = own.length > 0 ? [] : managedPythons(folder);
  return [...own, ...managed, ['python3'], ['python']];
}

function managedPythons(folder: Folder): readonly (readonly string[])[] {
  const conda = /^name:\s*(\S+)/mu.exec(folder.read('environment.yml') ?? '')?.[1];
  return [
    ...(folder.names.has('uv.lock') ? [['uv', 'run', '--offline', '--frozen', 'python']] : []),
    ...(folder.names.has('poetry.lock') ? [['poetry', 'run', 'python']] : []),
    ...(folder.names.has('pdm.lock') ? [['pdm', 'run', 'python']] : []),
    ...(folder.names.has('pixi.lock') ? [['pixi', 'run', '--frozen', 'python']] : []),
    ...(folder.names.has('Pipfile') ? [['pipenv', 'run', 'python']] : []),
    ...(conda === undefined ? [] : [['conda', 'run', '-n', conda, 'python']]),
  ];
}

/** Without pytest, tests of the standard library can be run all the same. */
function unittests(folder: Folder, testFolders: readonly string[]): readonly (readonly string[])[] {
  return testFolders.map((name) => {
    const isPackage = name !== '.' && folder.list(name).includes('__init__.py');
    return ['-m', 'unittest', 'discover', '-s', name, ...(isPackage ? ['-t', '.'] : [])];
  });
}
