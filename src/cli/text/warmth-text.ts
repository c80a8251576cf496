import { LOSS_HEADS, OPTION_HEADS, warmthRows } from '../../replay/report/warmth-names.ts';
import type { WarmthReport } from '../../replay/report/warmth-report.ts';
import { textTable, type Column } from '../width/text-table.ts';

/** What cold prefixes cost, and what keeping them warm would have changed, with no change of model. */
export function warmthSection(warmth: WarmthReport): string {
  const { losses, options } = warmthRows(warmth);
  if (losses.length === 0) return 'Cold prefixes: these logs show none.\n';
  return `Cold prefixes, beyond reading the same from the cache\n${textTable(columnsOf(LOSS_HEADS), losses)}On the same models, less or more would have been billed\n${textTable(columnsOf(OPTION_HEADS), options)}`;
}

function columnsOf(heads: readonly string[]): readonly Column[] {
  return heads.map((title, at) => (at === 0 || at === heads.length - 1 ? { title } : { title, align: 'right' }));
}
