import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadCatalog, shippedModels } from '../../../catalog/load-catalog.ts';
import type { GatewayDeps } from '../../../gateway/gateway.ts';
import { loadPolicies } from '../../../policy/load-policies.ts';
import { createScriptedServer, type ScriptedServer } from '../../../providers/scripted/scripted-server.ts';
import type { Recorder } from '../../../recorder/recorder.ts';
import { openSqliteRecorder } from '../../../recorder/sqlite/sqlite-recorder.ts';
import { openStoreViews } from '../../../recorder/sqlite/views/open-store-views.ts';
import { startGatewayKit, type GatewayKit } from '../gateway-kit.ts';

/** A gateway with its page, over a store in a folder of its own and a vendor that says "fine". */
export interface PageGateway extends GatewayKit {
  readonly vendor: ScriptedServer;
  readonly recorder: Recorder;
  /** A path of the page's data; what it says, and how it was answered. */
  ask(
    path: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
}

export const OPERATOR = 'operator-token-of-this-test';

export async function openPageGateway(
  deps: Partial<GatewayDeps> = {},
  fill: (dir: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<PageGateway> {
  const dir = mkdtempSync(path.join(tmpdir(), 'page-'));
  await fill(dir);
  const file = path.join(dir, 'records.db');
  const recorder = openSqliteRecorder({
    file,
    onWriteError: (error) => {
      throw error;
    },
  });
  const views = openStoreViews(file);
  const vendor = await createScriptedServer({ script: () => ({ text: 'fine' }) });
  const models = shippedModels().filter(({ endpoint }) => ['anthropic', 'openai'].includes(endpoint));
  const policies = new Map([...loadPolicies(loadCatalog(), [])].map(([id, { policy }]) => [id, policy]));
  const active = policies.get('balanced');
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models,
    deps: {
      recorder,
      keepWords: true,
      ...(active === undefined ? {} : { policy: active }),
      policies,
      page: { views, operatorToken: OPERATOR },
      ...deps,
    },
  });
  return {
    ...kit,
    recorder,
    vendor,
    ask: async (name, headers = {}) => {
      const response = await fetch(`${kit.url}/pointsman/api/${name}`, { headers });
      return { status: response.status, body: await response.json() };
    },
    close: async () => {
      await kit.gateway.close();
      await views.close();
      await recorder.close();
      await vendor.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
