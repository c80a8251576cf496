import type { Catalog } from '../../catalog/catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { loadPolicies, type LoadedPolicy } from '../../policy/load-policies.ts';
import type { CommandIo } from './command.ts';
import { openFolderGate } from './folder-gate.ts';

/** What the user has decided, and what it is decided about. */
export interface Settings {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly policies: ReadonlyMap<string, LoadedPolicy>;
}

/**
 * Configuration, then the catalogue with the user's own models, then the policies against that catalogue.
 * @throws PointsmanError `config-invalid`, `catalog-invalid`, `policy-invalid`, `not-found`
 */
export async function loadSettings(io: CommandIo, file: string | undefined): Promise<Settings> {
  const gate = await openFolderGate(io);
  const config = loadConfig({ cwd: io.cwd, env: io.env, file, gate });
  const catalog = loadCatalog(config.models);
  return { config, catalog, policies: loadPolicies(catalog, config.policyDirs, config.seenFiles) };
}
