import { shippedModels } from '../../catalog/load-catalog.ts';
import { readPricePackage } from '../../catalog/price-package.ts';
import { refreshPrices, type PriceChange, type Refresh } from '../../catalog/refresh-prices.ts';
import { undoRefreshedFile, writeRefreshedFile } from '../../config/refreshed-file.ts';
import { shown } from '../../trust/shown.ts';
import type { CommandIo } from '../input/command.ts';
import { textTable } from './text-table.ts';

interface RefreshReport {
  readonly data: object;
  readonly text: string;
}

/**
 * Fetches the newest price list, checks it, stores what it changes and says what that is.
 * @param isDry nothing is stored
 * @throws PointsmanError `provider-unavailable` without a registry, `catalog-invalid` for what is no price list
 */
export async function refreshModels(io: CommandIo, isDry: boolean): Promise<RefreshReport> {
  const { fetchPricePackage } = await import('../../app/fetch-price-package.ts');
  const { source, publishedOn, module } = await fetchPricePackage(io.env, io.signal);
  const refresh = refreshPrices(shippedModels(), readPricePackage(module), { source, publishedOn, at: Date.now() });
  const file = isDry ? undefined : writeRefreshedFile(io.env, refresh.refreshed);
  const { changes, refused, newNames } = refresh;
  return { data: { source, publishedOn, file, changes, refused, newNames }, text: textOf(refresh, file) };
}

/** Goes back to the prices from before the last refresh. */
export function undoRefresh(io: CommandIo): RefreshReport {
  const now = undoRefreshedFile(io.env);
  const text =
    now === undefined
      ? 'Prices are those that this version of pointsman comes with.\n'
      : `Prices are again those of ${now.source}, published ${now.publishedOn}.\n`;
  return { data: { source: now?.source, publishedOn: now?.publishedOn }, text };
}

const MAX_NAMES = 12;

function textOf({ refreshed, changes, refused, newNames }: Refresh, file: string | undefined): string {
  const { source, publishedOn, names } = refreshed;
  const head = `${source}, published ${publishedOn}: ${names.length} names with a price, ${changes.length} prices changed since this version of pointsman.\n`;
  const parts = [
    head,
    changes.length === 0 ? '' : `\n${tableOf(changes)}\n`,
    ...refused.map(
      ({ model, bucket, before, after, why }) =>
        `Not taken: ${model} ${bucket} ${usd(before)} → ${usd(after)}, ${why}.\n`,
    ),
    newNames.length === 0
      ? ''
      : `\n${newNames.length} names that the catalogue lacks now have a price: ${newNames
          .slice(0, MAX_NAMES)
          .map((name) => shown(name, 100))
          .join(', ')}${newNames.length > MAX_NAMES ? ', …' : ''}\n`,
    file === undefined
      ? '\nNothing was stored.\n'
      : `\nStored in ${file}; a running gateway takes it when it starts again. "pointsman models refresh --undo" goes back.\n`,
  ];
  return parts.join('');
}

function tableOf(changes: readonly PriceChange[]): string {
  const columns = [
    { title: 'MODEL' },
    { title: 'PRICE' },
    { title: 'WAS', align: 'right' as const },
    { title: 'IS', align: 'right' as const },
  ];
  return textTable(
    columns,
    changes.map(({ model, bucket, before, after }) => [model, bucket, usd(before), usd(after)]),
  );
}

function usd(price: number | undefined): string {
  return price === undefined ? '-' : String(Number(price.toFixed(4)));
}
