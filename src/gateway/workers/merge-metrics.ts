/** Of these the worst of all workers is said; all else is counted together. */
const WORST = new Set(['pointsman_circuit_state']);

/** The metrics of several workers as those of one server. Takes and gives Prometheus' text form; series keep the order in which they come. */
export function mergeMetrics(texts: readonly string[]): string {
  const sums = new Map<string, number>();
  const blocks = new Map<string, { readonly heads: Set<string>; readonly series: Set<string> }>();
  for (const text of texts) {
    let block: ReturnType<typeof blockOf> | undefined;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      if (line.startsWith('#')) {
        block = blockOf(blocks, line.split(' ')[2] ?? '');
        block.heads.add(line);
        continue;
      }
      const cut = line.lastIndexOf(' ');
      const [series, value] = [line.slice(0, cut), Number(line.slice(cut + 1))];
      const before = sums.get(series);
      const isWorst = WORST.has(series.split('{')[0] ?? '');
      sums.set(series, before === undefined ? value : isWorst ? Math.max(before, value) : before + value);
      block?.series.add(series);
    }
  }
  const lines = [...blocks.values()].flatMap(({ heads, series }) => [
    ...heads,
    ...[...series].map((one) => `${one} ${sums.get(one) ?? 0}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function blockOf(
  blocks: Map<string, { readonly heads: Set<string>; readonly series: Set<string> }>,
  name: string,
): { readonly heads: Set<string>; readonly series: Set<string> } {
  let block = blocks.get(name);
  if (block === undefined) blocks.set(name, (block = { heads: new Set(), series: new Set() }));
  return block;
}
