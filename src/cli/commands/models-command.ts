import { parseArgs } from 'node:util';
import { requireModel } from '../../catalog/create-catalog.ts';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { unlistedModel } from '../../catalog/model-families.ts';
import { modelsNamed } from '../../catalog/model-names.ts';
import { readPricePackage } from '../../catalog/price-package.ts';
import { isReady } from '../../config/config.ts';
import { undoRefreshedFile, writeRefreshedFile } from '../../config/refreshed-file.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { WIRES, type Model } from '../../domain/model.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { isModelReady, poolNamed } from '../input/model-pool.ts';
import { jsonText } from '../text/json-text.ts';
import { refreshText } from '../text/refresh-text.ts';
import { textTable } from '../width/text-table.ts';

export const command: CliCommand = {
  name: 'models',
  usage:
    '[list | show NAME | refresh [--undo | --dry-run]] [--pool all|ready|NAME] [--cross-check] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        pool: { type: 'string', default: 'all' },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
        'cross-check': { type: 'boolean', default: false },
        undo: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
      },
    });
    const [verb = 'list', name, ...rest] = positionals;
    checkWords(verb, name, rest);
    const say = ({ data, text }: Report): void => io.stdout(values.json ? jsonText('models', data) : text);
    if (verb === 'refresh' && !values.undo) {
      say(await refreshModels(io, values['dry-run']));
      return EXIT.ok;
    }
    if (verb === 'refresh') {
      // Before anything is read: what cannot be read any more must be possible to undo.
      say(undoRefresh(io));
      return EXIT.ok;
    }
    const settings = await loadSettings(io, values.config);
    if (verb === 'show') {
      say(shownModel(name ?? '', settings));
      return EXIT.ok;
    }
    const models = poolNamed(values.pool, settings);
    if (values['cross-check']) say(await crossCheckReport(models));
    else if (values.json) {
      const rows = models.map((model) => ({ ...model, ready: isModelReady(model, settings) }));
      io.stdout(jsonText('models', { pool: values.pool, models: rows }));
    } else {
      io.stdout(modelTable(models, settings, io.columns));
    }
    return EXIT.ok;
  },
};

/** @throws PointsmanError `config-invalid` for words that mean nothing here */
function checkWords(verb: string, name: string | undefined, rest: readonly string[]): void {
  const verbs = ['list', 'show', 'refresh'];
  const [stray] = verb === 'show' ? rest : [name, ...rest].filter((word) => word !== undefined);
  if (!verbs.includes(verb) || stray !== undefined) {
    const word = verbs.includes(verb) ? (stray ?? '') : verb;
    throw new PointsmanError('config-invalid', `"models" does not know "${word}".${didYouMean(word, verbs)}`, {
      hint: 'One of: pointsman models [list], models show NAME, models refresh [--undo | --dry-run].',
    });
  }
  if (verb === 'show' && name === undefined) {
    throw new PointsmanError('config-invalid', 'Which model is to be shown?', {
      hint: 'As in: pointsman models show NAME.',
    });
  }
}

/**
 * What a name means here, with where its facts are from: a row of the catalogue, or a name that is passed on.
 * @throws PointsmanError `not-found`
 */
function shownModel(name: string, { config, catalog }: Settings): Report {
  const endpoints = [...config.endpoints.values()].map((endpoint) => ({ ...endpoint, isReady: isReady(endpoint) }));
  const found =
    modelsNamed(catalog.models, name)[0]?.model ??
    unlistedModel(name, { models: catalog.models, endpoints, refreshed: config.refreshed }, WIRES[0]) ??
    requireModel(catalog, name);
  const isListed = catalog.get(found.id) !== undefined;
  const { base } = found.prices;
  const rows: readonly (readonly [string, string])[] = [
    ['name', found.id],
    ['on the wire', `${found.wireModel} at ${found.endpoint}`],
    ['known by', isListed ? 'the catalogue: may be routed to' : 'its name alone: called when named, never routed to'],
    [
      'USD per MTok',
      `in ${known(base.input)} · out ${known(base.output)} · read ${usd(base.cacheRead)} · write ${usd(base.cacheWrite)}`,
    ],
    ['reads', found.inputModalities.join(', ')],
    ['context', `${found.contextTokens} tokens`],
    [
      'cache',
      found.cacheRule.kind === 'none'
        ? 'none'
        : `${found.cacheRule.kind} ${cacheText(found)}, prompts from ${found.cacheRule.minTokens} tokens`,
    ],
    ['source', `${found.source}, ${found.asOf}`],
  ];
  return {
    data: { ...found, listed: isListed },
    text: rows.map(([title, value]) => `${title.padEnd(13)} ${value}\n`).join(''),
  };
}

const known = (price: number | undefined): string => (Number.isNaN(price) ? 'unknown' : usd(price));

function modelTable(models: readonly Model[], settings: Settings, columns: number | undefined): string {
  const listed = [...Map.groupBy(models, ({ endpoint }) => endpoint).values()].flat();
  const table = textTable(
    [
      { title: 'MODEL' },
      { title: 'IN', align: 'right' },
      { title: 'OUT', align: 'right' },
      { title: 'READ', align: 'right' },
      { title: 'WRITE', align: 'right' },
      { title: 'CONTEXT', align: 'right' },
      { title: 'CACHE' },
    ],
    listed.map(rowOf),
    {
      width: columns,
      above: (index) =>
        listed[index] === undefined || listed[index].endpoint === listed[index - 1]?.endpoint
          ? undefined
          : `${listed[index].endpoint} (${keyText(listed[index], settings)})`,
    },
  );
  const ready = models.filter((model) => isModelReady(model, settings)).length;
  const { refreshed } = settings.config;
  const prices =
    refreshed === undefined
      ? ''
      : ` Prices as of ${refreshed.publishedOn} (${refreshed.source}) where it changed them.`;
  const note = `${models.length} models, ${ready} ready.${prices} USD per million tokens; "*": a frontier model; "-": no price of its own, billed as input; "+": dearer for long prompts; "~": dearer at peak hours.`;
  return `${table}\n${note}\n`;
}

function rowOf(model: Model): readonly string[] {
  const { base, tiers, peak } = model.prices;
  const marks = `${tiers.length > 0 ? '+' : ''}${peak === undefined ? '' : '~'}`;
  return [
    `  ${model.id}${model.frontier ? '*' : ''}`,
    usd(base.input) + marks,
    usd(base.output),
    usd(base.cacheRead),
    usd(base.cacheWrite),
    `${Math.round(model.contextTokens / 1000)}k`,
    cacheText(model),
  ];
}

const usd = (price: number | undefined): string => (price === undefined ? '-' : String(Number(price.toFixed(4))));

/** `5m/1h`: how long a prompt is kept. */
function cacheText({ cacheRule: rule }: Model): string {
  if (rule.kind === 'none') return 'none';
  const long = rule.longTtlMs === undefined ? '' : `/${duration(rule.longTtlMs)}`;
  return `${duration(rule.ttlMs)}${long}`;
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function keyText(model: Model, { config }: Settings): string {
  const endpoint = config.endpoints.get(model.endpoint);
  if (endpoint === undefined) return 'no endpoint';
  if (endpoint.apiKey !== undefined) return 'its key is here';
  return endpoint.keyless ? 'it wants no key' : `no ${endpoint.apiKeyName}`;
}

interface Report {
  readonly data: unknown;
  readonly text: string;
}

/** Against the price data that ships with `@pydantic/genai-prices`, at an hour that is nobody's peak. */
async function crossCheckReport(models: readonly Model[]): Promise<Report> {
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

/**
 * Fetches the newest price list, checks it, stores what it changes and says what that is.
 * @param isDry nothing is stored
 * @throws PointsmanError `provider-unavailable` without a registry, `catalog-invalid` for what is no price list
 */
async function refreshModels(io: CommandIo, isDry: boolean): Promise<Report> {
  // The price list that this version came with takes longer to load than a list of models takes to show.
  const { fetchPricePackage } = await import('../../app/fetch-price-package.ts');
  const { refreshPrices } = await import('../../catalog/refresh-prices.ts');
  const { source, publishedOn, module } = await fetchPricePackage(io.env, io.signal);
  const refresh = refreshPrices(shippedModels(), readPricePackage(module), { source, publishedOn, at: Date.now() });
  const file = isDry ? undefined : writeRefreshedFile(io.env, refresh.refreshed);
  const { changes, refused, newNames } = refresh;
  return { data: { source, publishedOn, file, changes, refused, newNames }, text: refreshText(refresh, file) };
}

/** Goes back to the prices from before the last refresh. */
function undoRefresh(io: CommandIo): Report {
  const now = undoRefreshedFile(io.env);
  const text =
    now === undefined
      ? 'Prices are those that this version of pointsman comes with.\n'
      : `Prices are again those of ${now.source}, published ${now.publishedOn}.\n`;
  return { data: { source: now?.source, publishedOn: now?.publishedOn }, text };
}
