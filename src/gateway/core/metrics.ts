/**
 * Counters and gauges in Prometheus' text form. Labels are names of ours, of the catalogue and of access keys; where callers name models that
 * nobody knows, there are still no more series than `MAX_SERIES` of one counter.
 */
export interface Metrics {
  count(name: MetricName, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** Time that the gateway itself took for a call, upstream waiting left out. */
  observeOverhead(seconds: number): void;
  render(gauges: readonly Gauge[]): string;
}

export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

const HELP = {
  pointsman_calls_total: 'Calls answered, by wire format, status, model, endpoint, access key and harness',
  pointsman_decisions_total: 'Decisions, by kind',
  pointsman_retries_total: 'Second and later tries on an endpoint',
  pointsman_fallbacks_total: 'Calls that another model than the chosen one answered',
  pointsman_upstream_failures_total: 'Failed tries, by endpoint and kind',
  pointsman_cut_streams_total: 'Streams that ended before their end',
  pointsman_tokens_total: 'Tokens, by bucket, model, endpoint, access key and harness',
  pointsman_billed_nano_usd_total: 'Billed, in billionths of a US dollar, by model, endpoint, access key and harness',
  pointsman_keep_alive_total: 'Pings that kept the prefix of an idle session, by what came of it',
  pointsman_head_waits_total: 'First calls that let another one write the system and tools that they share',
  pointsman_reader_calls_total: 'Questions to a small model about what a step needs, by what came of them',
  pointsman_cache_hits_total: 'Answers from the response cache',
  pointsman_refused_total: 'Requests refused before routing, by kind',
} as const;
export type MetricName = keyof typeof HELP;

/** Of one counter. */
const MAX_SERIES = 2000;
/** Labels whose values others may choose; past the bound all of them are `other`. */
const OPEN_LABELS: ReadonlySet<string> = new Set(['model', 'endpoint', 'key', 'harness']);

const OVERHEAD_BOUNDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05] as const;

export function createMetrics(): Metrics {
  const counters = new Map<MetricName, Map<string, Counter>>();
  const buckets = Array.from({ length: OVERHEAD_BOUNDS.length + 1 }, () => 0);
  let overheadSum = 0;
  return {
    count(name, labels, by = 1) {
      let series = counters.get(name);
      if (series === undefined) counters.set(name, (series = new Map()));
      const counter = counterOf(series, labels) ?? counterOf(series, folded(labels), true);
      if (counter !== undefined) counter.value += by;
    },
    observeOverhead(seconds) {
      let index = 0;
      while (index < OVERHEAD_BOUNDS.length && seconds > (OVERHEAD_BOUNDS[index] ?? 0)) index++;
      buckets[index] = (buckets[index] ?? 0) + 1;
      overheadSum += seconds;
    },
    render(gauges) {
      const lines: string[] = [];
      for (const [name, series] of counters) {
        lines.push(`# HELP ${name} ${HELP[name]}`, `# TYPE ${name} counter`);
        for (const { text, value } of series.values()) lines.push(`${name}${text} ${value}`);
      }
      const named = new Set<string>();
      for (const gauge of gauges) {
        if (!named.has(gauge.name)) lines.push(`# HELP ${gauge.name} ${gauge.help}`, `# TYPE ${gauge.name} gauge`);
        named.add(gauge.name);
        lines.push(`${gauge.name}${gauge.labels === undefined ? '' : labelText(gauge.labels)} ${gauge.value}`);
      }
      lines.push(...histogramLines(buckets, overheadSum));
      return `${lines.join('\n')}\n`;
    },
  };
}

function histogramLines(buckets: readonly number[], sum: number): readonly string[] {
  const name = 'pointsman_overhead_seconds';
  const lines = [`# HELP ${name} Time in the gateway before a call goes upstream`, `# TYPE ${name} histogram`];
  let total = 0;
  buckets.forEach((value, index) => {
    total += value;
    lines.push(`${name}_bucket{le="${OVERHEAD_BOUNDS[index] ?? '+Inf'}"} ${total}`);
  });
  return [...lines, `${name}_sum ${sum}`, `${name}_count ${total}`];
}

interface Counter {
  /** Its labels in Prometheus' form. */
  readonly text: string;
  value: number;
}

type Labels = Readonly<Record<string, string>> | undefined;

/** `undefined`: there is none yet, and no place for one more. */
function counterOf(series: Map<string, Counter>, labels: Labels, isLast = false): Counter | undefined {
  const key = labels === undefined ? '' : labelKey(labels);
  let counter = series.get(key);
  if (counter === undefined && (series.size < MAX_SERIES || isLast))
    series.set(key, (counter = { text: labels === undefined ? '' : labelText(labels), value: 0 }));
  return counter;
}

function folded(labels: Labels): Labels {
  return (
    labels &&
    Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, OPEN_LABELS.has(name) ? 'other' : value]))
  );
}

/** Tells series of one metric apart; the text for people is made once per series. */
function labelKey(labels: Readonly<Record<string, string>>): string {
  let key = '';
  for (const name in labels) key += `${name}\n${labels[name] ?? ''}\n`;
  return key;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${labelValue(value)}"`);
  return `{${pairs.join(',')}}`;
}

/** A text as it stands in a label: nothing in it ends one. */
export function labelValue(text: string): string {
  return text.replaceAll(/["\\\n]/gu, '_');
}
