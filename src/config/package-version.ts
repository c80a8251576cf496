import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The version of this package: its package.json stands beside `src` and beside `dist`. */
export function packageVersion(): string {
  const file = path.resolve(import.meta.dirname, '../../package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
}
