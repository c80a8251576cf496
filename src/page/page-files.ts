import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** A file of the built front end. */
export interface PageFile {
  /** As its address says, without a slash in front: `index.html`, `pointsman/page/index-a1b2.js`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export function typeOf(name: string): string {
  return TYPES[path.extname(name)] ?? 'application/octet-stream';
}

/** In the published package the front end lies beside our own code; a clone builds it in memory when it is first asked for. */
export async function loadPageFiles(): Promise<PageFiles> {
  const shipped = path.resolve(import.meta.dirname, '../web');
  const files = existsSync(path.join(shipped, 'index.html')) ? filesIn(shipped) : await buildInClone();
  return new Map(files.map((file) => [file.name, file]));
}

function filesIn(folder: string): readonly PageFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { name: path.relative(folder, file).split(path.sep).join('/'), bytes: readFileSync(file) };
    });
}

/** What builds it is no part of the package, so its place is not written where a bundler would follow it. */
async function buildInClone(): Promise<readonly PageFile[]> {
  const builder = pathToFileURL(path.resolve(import.meta.dirname, '../../web/build-page.ts')).href;
  const { buildPage } = (await import(builder)) as { readonly buildPage: () => Promise<readonly PageFile[]> };
  return buildPage();
}
