import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
let known: string | undefined;

/**
 * A copy of the sources and of this folder without their types, from which packages are found; gone when the process ends.
 * What is published is JavaScript: stripping types at start takes about 20 MB that no user pays.
 */
export function publishedCopy(): string {
  known ??= makeCopy();
  return known;
}

function makeCopy(): string {
  const cache = path.join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'pointsman-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  for (const shipped of ['agents', 'policies', 'fixtures']) {
    symlinkSync(path.join(root, shipped), path.join(folder, shipped));
  }
  cpSync(shippedEncoder(cache), path.join(folder, 'src/encoder'), { recursive: true });
  for (const file of globSync('{src,evals/bench}/**/*.*', { cwd: root })) {
    if (/\.(?:test|e2e)\.ts$/u.test(file)) continue;
    const [from, target] = [path.join(root, file), path.join(folder, file.replace(/\.ts$/u, '.js'))];
    mkdirSync(path.dirname(target), { recursive: true });
    if (file.endsWith('.ts')) writeFileSync(target, withoutTypes(readFileSync(from, 'utf8')));
    else copyFileSync(from, target);
  }
  return folder;
}

/** The encoder as it is published, built once: a process that has to build its own keeps what it was built of for long. */
function shippedEncoder(cache: string): string {
  const folder = path.join(cache, 'pointsman', 'encoder');
  const write = `await (await import(${JSON.stringify(path.join(root, 'scripts/build/encoder.ts'))})).writeEncoder(${JSON.stringify(folder)})`;
  execFileSync(process.execPath, ['--input-type=module', '-e', write]);
  return folder;
}

function withoutTypes(code: string): string {
  return stripTypeScriptTypes(code).replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/gu, '$1$2.js$1');
}
