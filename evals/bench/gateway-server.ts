import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCatalog } from '../../src/catalog/create-catalog.ts';
import { shippedModels } from '../../src/catalog/load-catalog.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { createGateway } from '../../src/gateway/create-gateway.ts';
import { limitYoungHeap } from '../../src/gateway/limit-young-heap.ts';
import { GATEWAY_DEFAULTS } from '../../src/gateway/gateway-settings.ts';
import { choosePolicy, loadPolicies } from '../../src/policy/load-policies.ts';
import { createPriorPredictor } from '../../src/predict/prior-predictor.ts';
import { createRuleForecaster } from '../../src/predict/rule-forecaster.ts';
import { openSqliteRecorder } from '../../src/recorder/sqlite/sqlite-recorder.ts';

/** The gateway as `serve` builds it, over eight models that all live at one benchmark upstream. Prints its port. */
const upstreamUrl = process.argv[2] ?? '';
const POOL = [
  'claude-opus-5-5',
  'claude-haiku-4-5',
  'claude-sonnet-5',
  'claude-opus-4-8',
  'gpt-6-luna',
  'gpt-6-sol',
  'deepseek-v4-pro',
  'glm-5.3',
];
const wanted = process.argv[3] === 'openai-chat' ? 'openai-chat' : 'anthropic-messages';
const dir = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
process.on('SIGINT', () => process.exit(0));
process.on('SIGTERM', () => {
  rmSync(dir, { recursive: true, force: true });
  process.exit(0);
});
const models = shippedModels()
  .filter((model) => POOL.includes(model.id))
  .map((model) => ({ ...model, wire: wanted }) as const);
const config = loadConfig({
  cwd: dir,
  env: Object.fromEntries(
    [...new Set(models.map((model) => model.endpoint))].flatMap((id) => {
      const name = `POINTSMAN_${id.toUpperCase().replaceAll(/[^A-Z0-9]+/gu, '_')}`;
      return [
        [`${name}_BASE_URL`, upstreamUrl],
        [`${name}_API_KEY`, 'bench-key-of-nobody'],
      ];
    }),
  ),
});
const policies = loadPolicies(loadCatalog());
const recorder = openSqliteRecorder({
  file: path.join(dir, 'records.db'),
  onWriteError: (error) => console.error(error.message),
});
const gateway = createGateway({
  settings: { ...GATEWAY_DEFAULTS, port: 0 },
  catalog: createCatalog(models),
  models,
  endpoints: config.endpoints,
  policy: choosePolicy(policies, 'balanced', { catalog: loadCatalog(), cwd: dir }).policy,
  policies: new Map(),
  shadows: [],
  drift: [],
  predictor: createPriorPredictor(),
  forecaster: createRuleForecaster(),
  recorder,
  accessKeys: [],
  log: { warn: console.error, error: console.error },
  clock: { now: () => Date.now() },
});
limitYoungHeap();
const { port } = await gateway.listen();
process.stdout.write(`${port}\n`);
