import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Writes the declarations that the package's entries reach, and no others, into `outDir`.
 * @throws Error where one of them names a package: whoever installs ours would have to have it
 */
export function writeTypes(root: string, outDir: string, entries: readonly string[]): void {
  const all = mkdtempSync(path.join(os.tmpdir(), 'pointsman-types-'));
  try {
    const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', all];
    execFileSync(process.execPath, [compiler, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    for (const file of reachedFrom(all, entries)) {
      mkdirSync(path.join(outDir, path.dirname(file)), { recursive: true });
      cpSync(path.join(all, file), path.join(outDir, file));
    }
  } finally {
    rmSync(all, { recursive: true, force: true });
  }
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/gu;

function reachedFrom(folder: string, entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set(entries);
  for (const file of reached) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    for (const [, name = ''] of text.matchAll(IMPORT)) {
      if (name.startsWith('node:')) continue;
      if (!name.startsWith('.')) throw new Error(`The declarations of ${file} need the package ${name}.`);
      reached.add(path.posix.join(path.posix.dirname(file), name.replace(/\.[jt]s$/u, '.d.ts')));
    }
  }
  return reached;
}
