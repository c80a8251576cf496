import { createServer, type AddressInfo } from 'node:net';
import { shippedModels } from '../../src/catalog/load-catalog.ts';
import type { Model } from '../../src/domain/model.ts';
import { CHAT, startGatewayKit } from '../../src/testing/internal/gateway-kit.ts';
import type { CaseFile } from './case-file.ts';
import { JUDGES, type Models } from './judges.ts';
import { runCase } from './run-case.ts';

/** One case with everything that was wrong in any of its runs; none: right. */
export interface CaseVerdict {
  readonly id: string;
  readonly runCount: number;
  readonly wrong: readonly string[];
}

/** Plays every case to every model that it is about, streaming and not. A case that nobody can judge counts as wrong. */
export async function playCases(cases: readonly CaseFile[]): Promise<readonly CaseVerdict[]> {
  const by = modelsOf(shippedModels());
  const verdicts: CaseVerdict[] = [];
  for (const file of cases) verdicts.push(file.id === 'proxy-env' ? await judgeProxy() : await judge(file, by));
  return verdicts;
}

async function judge(file: CaseFile, by: Models): Promise<CaseVerdict> {
  const judged = JUDGES[file.id];
  if (judged === undefined) return { id: file.id, runCount: 0, wrong: ['nobody here can judge this case'] };
  const wrong: string[] = [];
  let runCount = 0;
  for (const models of judged.models(by)) {
    for (const isStream of judged.streams ?? [true, false]) {
      runCount += 1;
      const what = judged.wrong(await runCase(file, models, isStream));
      if (what !== undefined) wrong.push(`${models[0]?.id}${isStream ? ' (stream)' : ''}: ${what}`);
    }
  }
  return { id: file.id, runCount, wrong };
}

function modelsOf(models: readonly Model[]): Models {
  const found = (model: Model | undefined, what: string): Model => {
    if (model === undefined) throw new RangeError(`No model for the cases: ${what}`);
    return model;
  };
  return {
    named: (id) =>
      found(
        models.find((model) => model.id === id),
        id,
      ),
    chatAt: (endpoint) => ({
      ...found(
        models.find((model) => model.endpoint === endpoint),
        endpoint,
      ),
      wire: 'openai-chat',
    }),
    own: { ...CHAT, contextTokens: 65_536, maxOutputTokens: 65_536 },
  };
}

/** Whether the proxy that the environment names is asked for a vendor beyond it. */
async function judgeProxy(): Promise<CaseVerdict> {
  let askedCount = 0;
  const proxy = createServer((socket) => {
    askedCount += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const kit = await startGatewayKit({
    upstreamUrl: 'http://vendor.invalid',
    models: [CHAT],
    apiKey: 'k',
    settings: { maxRetries: 0 },
    deps: { proxy: { httpProxy: url, httpsProxy: url, noProxy: undefined } },
  });
  const body = { model: CHAT.id, messages: [{ role: 'user', content: 'hi' }] };
  await (await kit.post('/v1/chat/completions', body)).text();
  await kit.gateway.close();
  proxy.close();
  return { id: 'proxy-env', runCount: 1, wrong: askedCount > 0 ? [] : ['the proxy was not asked'] };
}
