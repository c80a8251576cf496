import { SYSTEMS, SYSTEM_BUILDS } from './build-systems.ts';
import { check, type CheckCommand, type CheckRole, type Folder, type Toolchain } from './check-command.ts';
import { named } from './named-toolchain.ts';

/** They go on after the first failure, and ask no registry: a check has no network. */
const cargo = named(/^Cargo\.toml$/u, (folder) => {
  const isWorkspace = /^\[workspace\]/mu.test(folder.read('Cargo.toml') ?? '');
  return [['cargo', 'test', '--quiet', '--no-fail-fast', ...(isWorkspace ? ['--workspace'] : [])]];
});

const go = named(/^go\.(?:mod|work)$/u, (folder) => {
  const used = [...(folder.read('go.work') ?? '').matchAll(/^[ \t]*(?:use[ \t]+)?(\.{1,2}\/?[\w./-]*)[ \t\r]*$/gmu)];
  const modules = used.map(([, place = '.']) => `${place.replace(/\/$/u, '')}/...`);
  return [['go', 'test', ...(folder.names.has('go.mod') || modules.length === 0 ? ['./...'] : modules)]];
});

const maven = named(/^pom\.xml$/u, (folder) => {
  const args = ['-o', '-B', '-fae', 'test'];
  return [...(folder.names.has('mvnw') ? [['./mvnw', ...args]] : []), ['mvn', ...args]];
});

const gradle = named(/^(?:build|settings)\.gradle(?:\.kts)?$/u, (folder) => {
  const args = ['--offline', '--continue', '--console=plain', 'test'];
  return [...(folder.names.has('gradlew') ? [['./gradlew', ...args]] : []), ['gradle', ...args]];
});

const sbt = named(/^build\.sbt$/u, () => [['sbt', '-Dsbt.supershell=false', 'test']]);
const dotnet = named(/\.(?:sln|slnx|csproj|fsproj)$/u, () => [['dotnet', 'test', '--no-restore', '--nologo']]);
const swift = named(/^Package\.swift$/u, () => [['swift', 'test', '--disable-automatic-resolution']]);
const mix = named(/^mix\.exs$/u, () => [['mix', 'test']]);

const ruby = named(/^(?:Gemfile|Rakefile|.*\.gemspec)$/u, (folder) => {
  const bundled = (words: readonly string[]): readonly (readonly string[])[] =>
    folder.names.has('Gemfile') ? [['bundle', 'exec', ...words], words] : [words];
  const hasSpecs = folder.list('spec').some((name) => name.endsWith('_spec.rb')) || folder.names.has('.rspec');
  if (hasSpecs) return bundled(['rspec']);
  return /task.{0,200}\btest\b|TestTask/u.test(folder.read('Rakefile') ?? '') ? bundled(['rake', 'test']) : [];
});

const php = named(/^(?:composer\.json|phpunit\.xml(?:\.dist)?)$/u, (folder) => {
  const scripts = /"scripts"\s*:\s*\{[^{}]*"test"\s*:/u.test(folder.read('composer.json') ?? '');
  const installed = ['pest', 'phpunit'].filter((name) => folder.list('vendor/bin').includes(name));
  const isSetUp = [...folder.names].some((name) => name.startsWith('phpunit.xml'));
  return [
    ...(scripts ? [['composer', 'test']] : []),
    ...installed.map((name) => ['php', `vendor/bin/${name}`]),
    ...(isSetUp ? [['phpunit']] : []),
  ];
});

const perl: Toolchain = (folder) => {
  const hasTests = folder.list('t').some((name) => name.endsWith('.t'));
  return hasTests ? [check(folder, 'tests', [['prove', '-l', '-r', '-v', 't']])] : [];
};

function makeTarget(targets: readonly string[], role: CheckRole): Toolchain {
  const files = ['GNUmakefile', 'makefile', 'Makefile'];
  return named(
    /^[Mm]akefile$|^GNUmakefile$/u,
    (folder) => {
      const text = files.map((name) => folder.read(name)).find((one) => one !== undefined);
      const target = targets.find((name) =>
        new RegExp(`^(?:[\\w.-]+[ \\t]+){0,8}${name}(?:[ \\t]+[\\w.-]+){0,8}[ \\t]*:(?!=)`, 'mu').test(text ?? ''),
      );
      return target === undefined ? [] : [['make', '-k', target]];
    },
    role,
  );
}

function justRecipe(recipes: readonly string[], role: CheckRole): Toolchain {
  const files = ['justfile', 'Justfile', '.justfile'];
  return named(
    /^\.?[Jj]ustfile$/u,
    (folder) => {
      const text = files.map((name) => folder.read(name)).find((one) => one !== undefined);
      const recipe = recipes.find((name) =>
        new RegExp(`^@?${name}(?![^\\n]*:=)(?:[ \\t][^\\n]*)?:`, 'mu').test(text ?? ''),
      );
      return recipe === undefined ? [] : [['just', recipe]];
    },
    role,
  );
}

function taskOf(task: string, role: CheckRole): Toolchain {
  return named(
    /^Taskfile\.ya?ml$/u,
    (folder) => {
      const text = folder.read('Taskfile.yml') ?? folder.read('Taskfile.yaml') ?? '';
      return new RegExp(`^ {2}${task}:`, 'mu').test(text) ? [['task', task]] : [];
    },
    role,
  );
}

/** Each has its own manifest; a folder may be of several. */
const LANGUAGES: readonly Toolchain[] = [
  cargo,
  go,
  maven,
  gradle,
  sbt,
  dotnet,
  swift,
  mix,
  ruby,
  php,
  perl,
  ...SYSTEMS,
];

/** Where running the tests compiles less than all of it, or little is to be done after it. What is made is kept nowhere. */
const BUILDS: readonly Toolchain[] = [
  named(/^Cargo\.toml$/u, () => [['cargo', 'build', '--quiet', '--workspace', '--all-targets']], 'build'),
  named(/^go\.mod$/u, () => [['go', 'build', '-o', '/dev/null', './...']], 'build'),
  named(/\.(?:sln|slnx)$/u, () => [['dotnet', 'build', '--no-restore', '--nologo']], 'build'),
  named(/^Package\.swift$/u, () => [['swift', 'build', '--disable-automatic-resolution']], 'build'),
  named(/^mix\.exs$/u, () => [['mix', 'compile']], 'build'),
  ...SYSTEM_BUILDS,
  makeTarget(['build', 'all'], 'build'),
  justRecipe(['build'], 'build'),
  taskOf('build', 'build'),
];

const TARGETS = ['test', 'tests', 'check'];
const SCRIPTS = ['test.sh', 'run_tests.sh', 'run-tests.sh', 'script/test', 'bin/test', 'tests/run.sh', 'test/run.sh'];

/** Where no language says it: what people type. The first that has a test. */
const RUNNERS: readonly Toolchain[] = [
  makeTarget(TARGETS, 'tests'),
  justRecipe(TARGETS, 'tests'),
  taskOf('test', 'tests'),
  (folder) => {
    const found = ['test', 'tests', '.'].find((name) => folder.list(name).some((file) => file.endsWith('.bats')));
    return found === undefined ? [] : [check(folder, 'tests', [['bats', found]])];
  },
  (folder) => {
    const script = SCRIPTS.find((name) => folder.read(name) !== undefined);
    const isShell = /^#!.*\bsh\b|^#!.*\b(?:ba|da|z|k)sh\b/u;
    if (script === undefined) return [];
    const shell =
      isShell.test(folder.read(script) ?? '') && /bash/u.test((folder.read(script) ?? '').split('\n')[0] ?? '');
    return [check(folder, 'tests', [[`./${script}`], [shell ? 'bash' : 'sh', script]])];
  },
];

/** What is found by a Makefile and the like is what a language's own runner would do: they are not run twice. */
export function otherChecks(folder: Folder, found: readonly CheckCommand[]): readonly CheckCommand[] {
  const languages = LANGUAGES.flatMap((toolchain) => toolchain(folder));
  const isTested = [...found, ...languages].some((one) => one.role === 'tests');
  const isBuilt = found.some((one) => one.role === 'build');
  return [...languages, ...(isTested ? [] : firstOf(RUNNERS, folder)), ...(isBuilt ? [] : firstOf(BUILDS, folder))];
}

function firstOf(toolchains: readonly Toolchain[], folder: Folder): readonly CheckCommand[] {
  for (const toolchain of toolchains) {
    const found = toolchain(folder);
    if (found.length > 0) return found;
  }
  return [];
}
