import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadCatalog } from '../../../catalog/load-catalog.ts';
import { demoWords } from '../../../cli/demo/demo-words.ts';
import type { Environment } from '../../../domain/environment.ts';
import { createScriptedServer, type ScriptedServer } from '../../../providers/scripted/scripted-server.ts';
import { DEMO_POOL } from '../killed-jobs.ts';

const SRC = path.resolve(import.meta.dirname, '../../..');

/** Workspaces, a model server and an environment in which commands submit and run jobs on one PostgreSQL store. */
export interface QueuedJobs {
  readonly folder: string;
  readonly env: Environment;
  readonly server: ScriptedServer;
  /** A fresh copy of the workspace that the words of the demo mend. */
  readonly workspace: (name: string) => string;
  readonly close: () => Promise<void>;
}

export async function openQueuedJobs(address: string): Promise<QueuedJobs> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-queue-')));
  const models = DEMO_POOL.flatMap((id) => loadCatalog().get(id) ?? []);
  const server = await createScriptedServer({ script: demoWords, models, strict: true });
  const config = path.join(folder, 'config.yaml');
  writeFileSync(config, `policy: balanced\npool: [${DEMO_POOL.join(', ')}]\n`);
  return {
    folder,
    server,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_CACHE_HOME: path.join(folder, 'cache'),
      POINTSMAN_CONFIG: config,
      POINTSMAN_STORE: address,
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: server.url,
      POINTSMAN_OPENAI_API_KEY: 'no-real-key-0001',
      POINTSMAN_OPENAI_BASE_URL: `${server.url}/v1`,
    },
    workspace: (name) => {
      const place = path.join(folder, name);
      cpSync(path.join(SRC, '../fixtures/demo-workspace'), place, { recursive: true });
      return place;
    },
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
