/**
 * Makes the committed data of `src/catalog/data` from the shared catalogue snapshot: figures and facts carry over, each
 * with a short source name and the date it was read; sentences do not.
 *
 * Run: `node evals/catalog/make-catalog.ts [SOURCE_DIR]` (default `../shared/catalog` beside the project), then format and look at the diff.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { capabilityRows } from './capability-rows.ts';
import { complianceRows } from './compliance-rows.ts';
import { modelRows } from './model-rows.ts';
import type { SourceCapability, SourceEndpoint, SourceModel } from './source.ts';

export const DATA_DIR: string = path.resolve(import.meta.dirname, '../../src/catalog/data');
export const DEFAULT_SOURCE_DIR: string = path.resolve(import.meta.dirname, '../../../shared/catalog');

/** File name → its content. */
export function makeCatalog(sourceDir: string): Readonly<Record<string, object>> {
  const read = (name: string): unknown => JSON.parse(readFileSync(path.join(sourceDir, name), 'utf8'));
  const { generated, models } = read('models.json') as {
    readonly generated: string;
    readonly models: readonly SourceModel[];
  };
  const capabilities = read('capabilities.json') as { readonly models: readonly SourceCapability[] };
  const compliance = read('compliance.json') as { readonly endpoints: readonly SourceEndpoint[] };
  return {
    'models.json': { generated, models: modelRows(models, generated) },
    'capabilities.json': { generated, models: capabilityRows(capabilities.models) },
    'compliance.json': { generated, endpoints: complianceRows(compliance.endpoints, generated) },
  };
}

if (import.meta.main) {
  const files = makeCatalog(process.argv[2] ?? DEFAULT_SOURCE_DIR);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(DATA_DIR, name), `${JSON.stringify(content, undefined, 2)}\n`);
  }
  process.stdout.write(`wrote ${Object.keys(files).join(', ')}; now run "npm run format"\n`);
}
