import type { Figure, Figures } from '../../src/domain/figure.ts';
import { makeShapes } from '../../src/testing/internal/vendor-shapes/make-shapes.ts';
import { holdVendorsToTypes } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import type { Suite } from '../suite.ts';
import { nameOf } from '../wires/add-up.ts';
import { findCases, readCases } from '../wires/case-file.ts';
import { measureFailover, type FailoverResult } from '../wires/failover.ts';
import { accountForFields, type FieldAccount } from '../wires/field-account.ts';
import { playCases, type CaseVerdict } from '../wires/play-cases.ts';
import type { PairResult } from '../wires/play-pairs.ts';
import { playSideBySide } from '../wires/play-side-by-side.ts';

const SEED = 14;
const COUNTS = { quick: 25, usual: 1000, full: 20_000 } as const;

/** Whether what we write is taken by vendors as strict as theirs are, and what they answer is understood by their callers' SDKs. */
export const suite: Suite = {
  name: 'wires',
  summary:
    'generated conversations of every caller’s format to models of every vendor’s, held to the official SDKs’ types',
  run: async (context) => {
    await makeShapes();
    holdVendorsToTypes();
    const count = COUNTS[context.quick ? 'quick' : context.full === true ? 'full' : 'usual'];
    const pairs = await playSideBySide({ count, seed: SEED, signal: context.signal, progress: context.progress });
    context.print(tableOf(pairs));
    const folder = findCases(context.dataDir);
    const cases = folder === undefined ? [] : await playCases(readCases(folder));
    context.print(casesTable(cases));
    const failover = await measureFailover(context.quick ? 1 : 20);
    const fields = accountForFields();
    context.print(fields.unaccounted.map((what) => `    unaccounted: ${what}\n`).join(''));
    const figures = { ...pairFigures(pairs), ...caseFigures(cases), ...fieldFigures(fields) };
    return { kind: 'ran', figures: { ...figures, ...failoverFigures(failover) } };
  },
};

function pairFigures(pairs: readonly PairResult[]): Figures {
  const each = pairs.flatMap((pair) =>
    Object.entries(ratiosOf([pair], `wires.pairs.${nameOf(pair)}`)).filter(([name]) => !name.includes('refused')),
  );
  const faultCount = pairs.reduce((total, { faults }) => total + faults.length, 0);
  const played = pairs.reduce((total, pair) => total + pair.played, 0);
  return {
    ...ratiosOf(pairs, 'wires.pairs'),
    // Of a share near 100 a handful would be a rounding.
    'wires.pairs.faults.count': { value: faultCount, unit: 'faults', n: played, seed: SEED, label: 'measured' },
    ...Object.fromEntries(each),
  };
}

function ratiosOf(pairs: readonly PairResult[], prefix: string): Figures {
  const sum = (of: (pair: PairResult) => number): number => pairs.reduce((total, pair) => total + of(pair), 0);
  const played = sum((pair) => pair.played);
  const answered = sum((pair) => pair.answered);
  const share = (part: (pair: PairResult) => number, whole: number): Figure => {
    return { value: pct(sum(part), whole), unit: '%', n: whole, seed: SEED, label: 'measured' };
  };
  return {
    [`${prefix}.accepted.pct`]: share((pair) => pair.accepted, played),
    [`${prefix}.parsed.pct`]: share((pair) => pair.parsed, answered),
    [`${prefix}.refused_by_name.pct`]: share((pair) => pair.refused, played),
  };
}

function caseFigures(cases: readonly CaseVerdict[]): Figures {
  if (cases.length === 0) return {};
  const right = cases.filter(({ wrong }) => wrong.length === 0).length;
  return {
    'wires.cases.right.pct': { value: pct(right, cases.length), unit: '%', n: cases.length, label: 'measured' },
  };
}

function fieldFigures({ triedCount, unaccounted }: FieldAccount): Figures {
  return {
    'wires.fields.unaccounted.count': {
      value: unaccounted.length,
      unit: 'fields',
      n: triedCount,
      label: 'measured',
    },
  };
}

function failoverFigures({ callCount, lostCount, waitsMs }: FailoverResult): Figures {
  const sorted = waitsMs.toSorted((a, b) => a - b);
  const at = (ratio: number): number => sorted[Math.floor((sorted.length - 1) * ratio)] ?? Number.NaN;
  const about = { unit: 'ms', n: sorted.length, label: 'measured' } as const;
  return {
    'gateway.failover.p50.ms': { value: at(0.5), ...about },
    'gateway.failover.p99.ms': { value: at(0.99), ...about },
    'gateway.failover.lost.count': { value: lostCount, unit: 'calls', n: callCount, label: 'measured' },
  };
}

function casesTable(cases: readonly CaseVerdict[]): string {
  if (cases.length === 0) return '  skipped: no data; the cases lie beside the data folder\n';
  const lines = cases.flatMap(({ id, wrong }) => wrong.map((what) => `    ${id}: ${what}`));
  return `${[`  ${cases.length} cases`, ...lines].join('\n')}\n`;
}

function pct(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}

const MOST_FAULTS_SHOWN = 5;

function tableOf(pairs: readonly PairResult[]): string {
  const lines = pairs.flatMap(({ caller, vendor, played, accepted, refused, answered, parsed, faults }) => [
    `  ${caller} → ${vendor}: ${played} played, ${accepted} accepted (${refused} refused by name), ${parsed} of ${answered} answers read`,
    ...faults
      .slice(0, MOST_FAULTS_SHOWN)
      .map(({ index, model, isStream, what }) => `    #${index} ${model}${isStream ? ' (stream)' : ''}: ${what}`),
  ]);
  return `${lines.join('\n')}\n`;
}
