import { parseArgs } from 'node:util';
import type { Model } from '../../domain/model.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { isModelReady, poolNamed } from '../input/model-pool.ts';
import { textTable } from '../text/text-table.ts';

export const command: CliCommand = {
  name: 'models',
  usage: '[--pool all|ready|NAME] [--cross-check] [--json] [--config FILE]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pool: { type: 'string', default: 'all' },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
        'cross-check': { type: 'boolean', default: false },
      },
    });
    const settings = await loadSettings(io, values.config);
    const models = poolNamed(values.pool, settings);
    if (values['cross-check']) {
      const report = await crossCheckReport(models);
      io.stdout(values.json ? `${JSON.stringify(report.data, undefined, 2)}\n` : report.text);
    } else if (values.json) {
      const rows = models.map((model) => ({ ...model, ready: isModelReady(model, settings) }));
      io.stdout(`${JSON.stringify({ pool: values.pool, models: rows }, undefined, 2)}\n`);
    } else {
      io.stdout(modelTable(models, settings));
    }
    return EXIT.ok;
  },
};

function modelTable(models: readonly Model[], settings: Settings): string {
  const table = textTable(
    [
      { title: 'MODEL' },
      { title: 'ENDPOINT' },
      { title: 'IN', align: 'right' },
      { title: 'OUT', align: 'right' },
      { title: 'READ', align: 'right' },
      { title: 'WRITE', align: 'right' },
      { title: 'CONTEXT', align: 'right' },
      { title: 'TIER' },
      { title: 'CACHE' },
      { title: 'KEY' },
    ],
    models.map((model) => rowOf(model, settings)),
  );
  const ready = models.filter((model) => isModelReady(model, settings)).length;
  const note = `${models.length} models, ${ready} ready. USD per million tokens; "-": no price of its own, billed as input; "+": dearer for long prompts; "~": dearer at peak hours.`;
  return `${table}\n${note}\n`;
}

function rowOf(model: Model, settings: Settings): readonly string[] {
  const { base, tiers, peak } = model.prices;
  const marks = `${tiers.length > 0 ? '+' : ''}${peak === undefined ? '' : '~'}`;
  return [
    model.id,
    model.endpoint,
    usd(base.input) + marks,
    usd(base.output),
    usd(base.cacheRead),
    usd(base.cacheWrite),
    `${Math.round(model.contextTokens / 1000)}k`,
    model.frontier ? 'frontier' : '',
    cacheText(model),
    keyText(model, settings),
  ];
}

const usd = (price: number | undefined): string => (price === undefined ? '-' : String(Number(price.toFixed(4))));

/** `explicit 5m/1h from 512`: kind, lifetimes, and the shortest prompt that is kept. */
function cacheText({ cacheRule: rule }: Model): string {
  if (rule.kind === 'none') return 'none';
  const long = rule.longTtlMs === undefined ? '' : `/${duration(rule.longTtlMs)}`;
  return `${rule.kind} ${duration(rule.ttlMs)}${long} from ${rule.minTokens}`;
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function keyText(model: Model, { config }: Settings): string {
  const endpoint = config.endpoints.get(model.endpoint);
  if (endpoint === undefined) return 'no endpoint';
  if (endpoint.apiKey !== undefined) return 'yes';
  return endpoint.keyless ? 'not needed' : `no ${endpoint.apiKeyName}`;
}

interface CrossCheckReport {
  readonly data: unknown;
  readonly text: string;
}

/** Against the price data that ships with `@pydantic/genai-prices`, at an hour that is nobody's peak. */
async function crossCheckReport(models: readonly Model[]): Promise<CrossCheckReport> {
  const { crossCheckPrices } = await import('../../catalog/cross-check.ts');
  const check = crossCheckPrices(models, Date.UTC(2026, 10, 21, 12));
  const rows = check.disagreements.map((row) => [
    row.model,
    row.bucket,
    String(row.promptTokens),
    usd(row.ours),
    usd(row.theirs),
  ]);
  const columns = ['MODEL', 'BUCKET', 'PROMPT', 'OURS', 'GENAI-PRICES'].map((title) => ({ title }));
  const head = `${check.compared.length} of ${models.length} models are priced by both; ${rows.length} prices differ.\n`;
  return { data: check, text: rows.length === 0 ? head : `${head}\n${textTable(columns, rows)}` };
}
