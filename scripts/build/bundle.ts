import path from 'node:path';
import { rolldown, type Plugin } from 'rolldown';

/** What one file of the package was made of. */
export interface BuiltFile {
  readonly fileName: string;
  /** Absolute paths of the modules in it, those of dependencies included. */
  readonly modules: readonly string[];
  /** Packages that are still imported by name, because they are installed beside ours or not at all. */
  readonly externals: readonly string[];
}

export interface BundleOptions {
  readonly root: string;
  readonly outDir: string;
  /** Name in `outDir` without `.js` → source file, relative to the root. */
  readonly entries: Readonly<Record<string, string>>;
  /** Packages that are not built in. */
  readonly external: readonly string[];
}

/**
 * Builds the entries and what they import into `outDir`: what several of them share goes into chunks, what is imported
 * dynamically is loaded when it is used.
 */
export async function bundle(options: BundleOptions): Promise<readonly BuiltFile[]> {
  const build = await rolldown({
    cwd: options.root,
    input: { ...options.entries },
    platform: 'node',
    external: (id) => options.external.some((name) => id === name || id.startsWith(`${name}/`)),
    // Its other form finds its parts by a way of its own, which no bundler can follow.
    resolve: { alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' } },
    plugins: [ownPlaces(path.join(options.root, 'src'))],
    transform: { target: 'node22' },
    logLevel: 'warn',
  });
  const { output } = await build.write({
    dir: options.outDir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { legal: false, annotation: true, jsdoc: false },
  });
  await build.close();
  return output.flatMap((file) =>
    file.type === 'chunk'
      ? [
          {
            fileName: file.fileName,
            modules: file.moduleIds,
            externals: [...file.imports, ...file.dynamicImports].filter((name) => !name.endsWith('.js')),
          },
        ]
      : [],
  );
}

const UP = '%POINTSMAN_UP%';

/**
 * Sources find workers, agents and policies beside themselves. In a chunk they stand elsewhere, so what they read as their
 * own place is written as the way from the chunk to where the file of the same name would be.
 */
function ownPlaces(sourceDir: string): Plugin {
  return {
    name: 'own-places',
    transform(code, id) {
      const file = path.relative(sourceDir, id).split(path.sep).join('/');
      if (file.startsWith('..') || !code.includes('import.meta')) return undefined;
      const built = `${UP}${file.replace(/\.ts$/u, '.js')}`;
      return code
        .replaceAll('import.meta.dirname', `(import.meta.dirname + '/${path.posix.dirname(built)}')`)
        .replaceAll('import.meta.filename', `(import.meta.dirname + '/${built}')`)
        .replaceAll('import.meta.url', `new URL('${built}', import.meta.url).href`);
    },
    renderChunk(code, chunk) {
      const up = '../'.repeat(chunk.fileName.split('/').length - 1) || './';
      return code.includes(UP) ? code.replaceAll(UP, up) : undefined;
    },
  };
}
