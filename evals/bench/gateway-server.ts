import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openGateway } from '../../src/app/open-gateway.ts';
import { shippedModels } from '../../src/catalog/load-catalog.ts';
import { limitHeap } from '../../src/cli/input/limit-heap.ts';
import { loadConfig } from '../../src/config/load-config.ts';

/**
 * The gateway exactly as `serve` opens it (trained predictor and forecaster, beliefs, records in SQLite), over models that all live
 * at one benchmark upstream: eight on one wire, or, with `own` for the wire, those of one vendor (8), of two (19) or all of the
 * catalogue (71), each on its own. Prints its port.
 */
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
const [wire = '', size = '8'] = process.argv.slice(3);
const wanted = wire === 'openai-chat' ? 'openai-chat' : 'anthropic-messages';
const VENDORS: Readonly<Record<string, readonly string[]>> = { 8: ['anthropic'], 19: ['anthropic', 'openai'] };
const dir = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
process.on('SIGINT', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const pool =
  wire === 'own'
    ? shippedModels().filter((model) => VENDORS[size]?.includes(model.endpoint) ?? true)
    : shippedModels()
        .filter((model) => POOL.includes(model.id))
        .map((model) => ({ ...model, wire: wanted }) as const);
const env = Object.fromEntries(
  [...new Set(pool.map((model) => model.endpoint))].flatMap((id) => {
    const name = `POINTSMAN_${id.toUpperCase().replaceAll(/[^A-Z0-9]+/gu, '_')}`;
    return [
      [`${name}_BASE_URL`, upstreamUrl],
      [`${name}_API_KEY`, 'bench-key-of-nobody'],
    ];
  }),
);
const gateway = await openGateway({
  cwd: dir,
  env,
  config: loadConfig({ cwd: dir, env }),
  store: { dir },
  settings: { port: 0 },
  policy: 'balanced',
  pool,
  onWarning: (warning) => console.error(warning.message),
});
limitHeap();
const { port } = await gateway.listen();
process.stdout.write(`${port}\n`);
