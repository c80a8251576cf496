import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { shippedModels } from '../../../catalog/load-catalog.ts';
import type { Environment } from '../../../domain/environment.ts';
import { createScriptedServer, type ScriptedServerOptions } from '../../../providers/scripted/scripted-server.ts';
import { layOutLogs } from './client-home.ts';
import { ROOT } from './copy-of-tree.ts';

/** The machine of somebody who has just come: logs of nine clients, keys of two vendors, a folder whose tests fail. */
export interface NewcomerPlace {
  /** Around home, store and workspace. */
  readonly folder: string;
  readonly workspace: string;
  readonly env: Environment;
  /** The files of the workspace as they were. */
  readonly resetWorkspace: () => void;
  readonly close: () => Promise<void>;
}

/** @param workspaceName what the folder with the failing tests is called */
export async function openNewcomerPlace(
  script: NonNullable<ScriptedServerOptions['script']>,
  workspaceName = 'project',
): Promise<NewcomerPlace> {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'pointsman-newcomer-')));
  const [workspace, home] = [path.join(folder, workspaceName), path.join(folder, 'home')];
  const models = shippedModels().filter(({ endpoint }) => endpoint === 'anthropic' || endpoint === 'openai');
  const vendor = await createScriptedServer({ script, models });
  const resetWorkspace = (): void =>
    cpSync(path.join(ROOT, 'fixtures', 'demo-workspace'), workspace, { recursive: true });
  mkdirSync(workspace);
  resetWorkspace();
  layOutLogs(home);
  return {
    folder,
    workspace,
    resetWorkspace,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      POINTSMAN_STORE: path.join(folder, 'store'),
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: vendor.url,
      POINTSMAN_OPENAI_API_KEY: 'no-real-key-0001',
      POINTSMAN_OPENAI_BASE_URL: `${vendor.url}/v1`,
    },
    close: async () => {
      await vendor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
