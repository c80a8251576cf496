import type { Draw } from '../trust/draw.ts';

/** A thing to be set to a value that somebody knows. */
export interface Fact {
  readonly key: string;
  readonly right: string;
  readonly wrong: string;
}

const KEYS = [
  ['port', '8443', '8080'],
  ['retryLimit', '7', '3'],
  ['table', 'orders_v2', 'orders_v1'],
  ['region', 'eu-central-1', 'us-east-1'],
  ['timeout', '2750', '1000'],
  ['queue', 'bill-run', 'default-q'],
  ['header', 'x-trace-id', 'x-request-id'],
  ['currency', 'chf-rappen-100', 'usd-cents-100'],
  ['scope', 'ledger.read', 'ledger.all'],
  ['endpoint', 'v3.invoices', 'v2.invoices'],
  ['column', 'paid_at', 'created_at'],
  ['digits', '4', '2'],
  ['bucket', 'archive-2031', 'archive-2019'],
  ['grace', '45d', '30d'],
] as const;

const PREFIXES = ['', 'billing ', 'export ', 'mail ', 'importer ', 'login ', 'stock ', 'search '];
const NOISE = [
  'The module was written in 2019 and has 14 callers.',
  'See ticket AB-4412 for why the cache was added.',
  'It takes about 120 ms on a laptop.',
  'There are 3 open questions about the old format.',
  'max_rows is 500 and is not part of this.',
  'Nobody remembers who chose utf-8 here.',
  'A pool of 16 workers reads from it.',
];

export function drawFact(draw: Draw): Fact {
  const [key, right, wrong] = draw.oneOf(KEYS);
  return { key: `${draw.oneOf(PREFIXES)}${key}`, right, wrong };
}

export function noise(draw: Draw, count: number): string {
  return Array.from({ length: count }, () => draw.oneOf(NOISE)).join(' ');
}

/** As people write it down. */
export function saidOf(fact: Fact, value: string, draw: Draw): string {
  return draw.oneOf([
    `The ${fact.key} is ${value}.`,
    `${fact.key}: ${value}`,
    `Use ${value} as the ${fact.key}.`,
    `For the ${fact.key} we settled on "${value}".`,
    `${fact.key} = ${value}`,
  ]);
}

/** What a model takes the value to be that reads a text with care: what stands nearest to the key, the newest word last. */
export function readValue(fact: Fact, text: string): string | undefined {
  const at = [fact.right, fact.wrong]
    .map((value) => ({ value, at: text.lastIndexOf(value) }))
    .filter((one) => one.at !== -1)
    .sort((a, b) => b.at - a.at);
  return at[0]?.value;
}

/** How checks and reviewers word what is wrong; `undefined` values: they do not say what would be right. */
export function complaintOf(fact: Fact, draw: Draw, isMute: boolean): string {
  if (isMute)
    return draw.oneOf(['It is not right yet.', 'This does not do what was asked.', 'Wrong again, see the task.']);
  return draw.oneOf([
    `the ${fact.key} must be ${fact.right} and is ${fact.wrong}`,
    `expected ${fact.right}, got ${fact.wrong}`,
    `${fact.wrong} !== ${fact.right} (${fact.key})`,
    `assert ${fact.key} == "${fact.right}": left "${fact.wrong}", right "${fact.right}"`,
    `got ${fact.wrong}, want ${fact.right}`,
    `Expected: "${fact.right}" Received: "${fact.wrong}" at check 12`,
  ]);
}
