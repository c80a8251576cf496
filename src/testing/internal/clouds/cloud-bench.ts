import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openGateway } from '../../../app/open-gateway.ts';
import { openProviders } from '../../../app/open-providers.ts';
import { loadCatalog } from '../../../catalog/load-catalog.ts';
import { loadConfig } from '../../../config/load-config.ts';
import type { CallRequest, CallResult } from '../../../domain/call.ts';
import type { Environment } from '../../../domain/environment.ts';
import { collect } from '../../../providers/collect.ts';
import type { Script } from '../../../providers/scripted/script.ts';
import type { ScriptedCloud } from '../../../providers/scripted/scripted-cloud.ts';
import { createScriptedServer, type ScriptedServer } from '../../../providers/scripted/scripted-server.ts';
import { aCallRequest } from '../../transcript-builders.ts';

export interface CloudBenchOptions {
  /** Absent: the models are at their vendor's own address. */
  readonly cloud?: ScriptedCloud;
  readonly script?: Script;
  /** The configuration; `URL` stands for where the cloud is. */
  readonly yaml: string;
  readonly env?: Environment;
}

/** A cloud on loopback, and both ways to it, built from a configuration file as the product builds them. */
export interface CloudBench {
  readonly server: ScriptedServer;
  readonly gatewayUrl: string;
  readonly post: (path: string, body: object) => Promise<{ readonly status: number; readonly text: string }>;
  /** As a job calls a model. */
  readonly call: (model: string, request?: Partial<CallRequest>) => Promise<CallResult>;
  close(): Promise<void>;
}

export async function openCloudBench({ cloud, script, yaml, env = {} }: CloudBenchOptions): Promise<CloudBench> {
  const server = await createScriptedServer({
    ...(cloud === undefined ? {} : { cloud }),
    ...(script === undefined ? {} : { script }),
  });
  const cwd = mkdtempSync(path.join(tmpdir(), 'cloud-'));
  const file = path.join(cwd, 'pointsman.yaml');
  writeFileSync(file, yaml.replaceAll('URL', server.url));
  const config = loadConfig({ cwd, env, file });
  const catalog = loadCatalog(config.models);
  const gateway = await openGateway({ cwd, env, config, store: 'memory', settings: { port: 0 }, pings: false });
  const { url } = await gateway.listen();
  const providers = openProviders(config, { clock: Date.now, env });
  return {
    server,
    gatewayUrl: url,
    post: async (where, body) => {
      const answer = await fetch(url + where, { method: 'POST', body: JSON.stringify(body) });
      return { status: answer.status, text: await answer.text() };
    },
    call: async (id, request = {}) => {
      const model = catalog.get(id);
      const provider = model === undefined ? undefined : providers.get(model.endpoint);
      if (model === undefined || provider === undefined) throw new Error(`no model ${id}`);
      const stream = provider.stream(model, aCallRequest({ ...request, model: model.id }), {
        signal: new AbortController().signal,
      });
      return collect(stream, { model });
    },
    close: async () => {
      await gateway.close();
      await server.close();
      rmSync(cwd, { recursive: true, force: true });
    },
  };
}
