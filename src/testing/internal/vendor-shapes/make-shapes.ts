import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
const TYPES = path.join(import.meta.dirname, 'vendor-types.ts');
const CACHE = path.join(ROOT, 'node_modules/.cache/pointsman');

/** What the schemas depend on: with other packages or other types they are made anew. */
const MAKERS = ['openai', '@anthropic-ai/sdk', '@google/genai', 'ts-json-schema-generator', 'ajv'] as const;

/** The exported types of `vendor-types.ts`, each of which becomes a schema. */
export function shapeNames(): readonly string[] {
  return [...readFileSync(TYPES, 'utf8').matchAll(/^export (?:type|interface) (\w+)/gmu)].map(
    (match) => match[1] ?? '',
  );
}

/** The folder of the schemas for these packages and types; it may not be there yet. */
export function shapesFolder(): string {
  const hash = createHash('sha256')
    .update(readFileSync(TYPES))
    .update(readFileSync(import.meta.filename));
  for (const name of MAKERS) hash.update(`${name} ${versionOf(name)}\n`);
  return path.join(CACHE, `vendor-shapes-${hash.digest('hex').slice(0, 16)}`);
}

function versionOf(name: string): string {
  const file = path.join(ROOT, 'node_modules', name, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version : 'absent';
}

/**
 * Makes a JSON schema and a compiled check of each vendor type, once for these packages: `<Name>.json` and `<Name>.cjs`. About six
 * seconds, then nothing. A folder appears whole or not at all.
 */
export async function makeShapes(): Promise<string> {
  const folder = shapesFolder();
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(path.join(CACHE, 'draft-'));
  try {
    await writeShapes(draft);
    renameSync(draft, folder);
  } catch (thrown) {
    rmSync(draft, { recursive: true, force: true });
    // Another process was faster.
    if (!existsSync(folder)) throw thrown;
  }
  return folder;
}

async function writeShapes(folder: string): Promise<void> {
  // Here, so that tests which find them made load neither the compiler nor the validator.
  const { createGenerator } = await import('ts-json-schema-generator');
  const { Ajv } = await import('ajv');
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  const generator = createGenerator({
    path: TYPES,
    tsconfig: path.join(ROOT, 'tsconfig.json'),
    type: '*',
    // Classic TypeScript reads the vendors' declarations here; our own compiler checks them.
    skipTypeCheck: true,
    jsDoc: 'none',
    additionalProperties: false,
  });
  for (const name of shapeNames()) {
    const schema = generator.createSchema(name);
    const ajv = new Ajv({ strict: false, validateFormats: false, code: { source: true } });
    const check = ajv.compile(name.endsWith('Request') ? schema : opened(schema));
    writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(schema));
    writeFileSync(path.join(folder, `${name}.cjs`), standalone.default(ajv, check));
  }
}

/** Vendors refuse unknown fields in requests; clients take them in answers. */
function opened(schema: object): object {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === 'additionalProperties' && value === false ? true : value)),
  ) as object;
}
