/**
 * Builds what is published into `dist`: our code and that of the packages it stands on in one bundle that loads its parts
 * when they are used, their licences, the declarations of the public entries, and the encoder's own small file. What
 * `package.json` names as a (peer, optional) dependency is installed; what it names as a development dependency is built in.
 */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildPage } from '../web/build-page.ts';
import { bundle } from './build/bundle.ts';
import { writeEncoder } from './build/encoder.ts';
import { licenceText, thirdPartiesOf } from './build/licences.ts';
import { writeTypes } from './build/types.ts';

type Names = Readonly<Record<string, string>>;
interface Manifest {
  readonly dependencies?: Names;
  readonly peerDependencies?: Names;
  readonly optionalDependencies?: Names;
}

/** What is started by itself (commands, workers, servers) or imported from outside; everything else is a chunk of these. */
const OWN_ENTRIES = [
  'cli/main',
  'index',
  'testing/index',
  'money/sqlite/money-worker',
  'predict/onnx/embedding-worker',
  'recorder/sqlite/prune-worker',
  'recorder/sqlite/views/views-worker',
  'replay/pricing/pricing-worker',
  'tools/command-runner/main',
  'tools/file-server/main',
];

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
const { resolve } = createRequire(import.meta.url);
const chartLibrary = path.join(path.dirname(resolve('chart.js')), 'chart.umd.min.js');

rmSync(dist, { recursive: true, force: true });
mkdirSync(path.join(dist, 'vendor'), { recursive: true });
const files = await bundle({
  root,
  outDir: dist,
  entries: Object.fromEntries(OWN_ENTRIES.map((name) => [name, `src/${name}.ts`])),
  external: [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies].flatMap((names) =>
    Object.keys(names ?? {}),
  ),
});
// npm does so for who installs the package; in a clone `npx pointsman` starts the file as it lies there.
chmodSync(path.join(dist, 'cli', 'main.js'), 0o755);
cpSync(chartLibrary, path.join(dist, 'vendor', path.basename(chartLibrary)));
for (const { name, bytes } of await buildPage()) {
  const file = path.join(dist, 'web', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}
const weights = await writeEncoder(path.join(dist, 'encoder'));
writeTypes(root, dist, ['index.d.ts', 'testing/index.d.ts']);
const pageParts = ['preact', 'preact/jsx-runtime'].map((name) => resolve(name));
const parties = thirdPartiesOf([...files.flatMap(({ modules }) => modules), ...pageParts, chartLibrary, weights]);
writeFileSync(path.join(dist, 'THIRD-PARTY-LICENCES.txt'), licenceText(parties));
process.stdout.write(`dist: ${files.length} files of code, ${parties.length} packages built in\n`);
