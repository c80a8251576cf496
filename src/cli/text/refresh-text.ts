import type { PriceChange, Refresh } from '../../catalog/refresh-prices.ts';
import { shown } from '../../trust/shown.ts';
import { textTable } from '../width/text-table.ts';

const MAX_NAMES = 12;

/** What a refresh changes, for people. `file`: where it was stored; `undefined`: nowhere. */
export function refreshText({ refreshed, changes, refused, newNames }: Refresh, file: string | undefined): string {
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
