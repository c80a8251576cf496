import { build } from 'vite';

/** A file of the built page, as it is asked for. */
export interface BuiltFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Builds the page in memory: for the package, where it is written beside our code, and in a clone when it is first asked for. */
export async function buildPage(): Promise<readonly BuiltFile[]> {
  const result = await build({
    root: import.meta.dirname,
    configFile: false,
    envFile: false,
    logLevel: 'error',
    base: './',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2022',
      assetsDir: 'pointsman/page',
      // A page that loads nothing from data addresses can forbid them.
      assetsInlineLimit: 0,
      modulePreload: false,
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  return outputs.flatMap((one) =>
    'output' in one
      ? one.output.map((file) => ({
          name: file.fileName,
          bytes: Buffer.from(file.type === 'chunk' ? file.code : file.source),
        }))
      : [],
  );
}
