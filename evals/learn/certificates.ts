import { openPredictor } from '../../src/app/open-predictor.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import { modelsInRows, judgeRows } from '../../src/decisions/judge-rows.ts';
import { stepReaders } from '../../src/decisions/read-step.ts';
import type { Figure } from '../../src/domain/figure.ts';
import { certifyThrift, type JudgedRow, type ThriftCertificate } from '../../src/learn/certificate/certify-thrift.ts';
import { loadPolicies } from '../../src/policy/load-policies.ts';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import { shippedNeed } from '../../src/predict/need/shipped-need.ts';
import { decide } from '../../src/router/decide.ts';
import { mean } from '../../src/stats/mean.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { loadOutcomeSet, withoutBrokenRuns } from '../data/outcome-sets.ts';

/** What is promised, to whom it is held, and among whom is chosen. */
const PROMISES = ['claude-fable-5', 'claude-opus-4-8'].flatMap((reference) =>
  [/./u, /^claude-/u].flatMap((pool) => [0.05, 0.1].map((worseByRatio) => ({ reference, pool, worseByRatio }))),
);
const CONFIDENCE_RATIO = 0.95;

export interface CertificateTrial {
  readonly splitCount: number;
  readonly embedder: Embedder;
  readonly progress: (text: string) => void;
}

/**
 * Do promises hold? Rows are split at random, the promise is made on one half as `pointsman certify` makes it, and held to what the other
 * half bears out. The predictor has seen all rows, both halves alike, so that neither is easier for it.
 */
export async function certificateFigures(
  dataDir: string,
  { splitCount, embedder, progress }: CertificateTrial,
): Promise<Readonly<Record<string, Figure>>> {
  const catalog = loadCatalog();
  const policy = loadPolicies(catalog).get('balanced')?.policy;
  if (policy === undefined) throw new RangeError('The policy "balanced" is shipped.');
  // Read as `certify` reads: with the sentence encoder, however long it takes.
  const needs = createLocalNeedReader(shippedNeed(), {
    openEmbedder: () => Promise.resolve(embedder),
    waitMs: Number.POSITIVE_INFINITY,
  });
  const readers = stepReaders(openPredictor({ env: {}, onWarning: undefined }), undefined, needs);
  const rows = withoutBrokenRuns(loadOutcomeSet(dataDir, 'openhands'));
  const known = modelsInRows(rows, catalog.models);
  const streams = await Promise.all(
    PROMISES.map(async ({ reference: name, pool, worseByRatio }) => {
      const models = known.filter(({ id }) => pool.test(id));
      const reference = models.find(({ id }) => id === name);
      if (reference === undefined) throw new RangeError(`The rows know nothing of ${name}.`);
      const judged = await judgeRows(rows, { policy, models, reference, readers, decide });
      progress(
        `${models.length} models, at most ${100 * worseByRatio} % worse than ${name}: ${judged.rows.length} tasks read`,
      );
      return { worseByRatio, rows: judged.rows };
    }),
  );
  await needs.close();
  const random = seededRandom(1);
  const tries: Tried[] = [];
  for (let split = 0; split < splitCount; split += 1) {
    if (split % 100 === 0) progress(`split ${split} of ${splitCount}`);
    const stream = streams[split % streams.length];
    if (stream !== undefined) tries.push(...trySplit(stream.rows, stream.worseByRatio, random));
  }
  const made = tries.filter((one) => one.isHeld !== undefined);
  const figure = (value: number, unit: string, n: number): Figure => ({ value, unit, n, seed: 1, label: 'measured' });
  const priced = made.filter((one) => one.bills !== undefined);
  const total = (pick: (bills: Bills) => number): number =>
    mean(priced.map(({ bills }) => (bills === undefined ? 0 : pick(bills))));
  return {
    'learning.certificate.coverage.pct': figure(
      100 * mean(made.map(({ isHeld }) => (isHeld === true ? 1 : 0))),
      '%',
      made.length,
    ),
    'learning.certificate.issued.pct': figure((100 * made.length) / Math.max(1, tries.length), '%', tries.length),
    'learning.certificate.bill_of_always.pct': figure(
      (100 * total(({ promised }) => promised)) / total(({ always }) => always),
      '%',
      priced.length,
    ),
    'learning.certificate.bill_of_thriftiest.pct': figure(
      (100 * total(({ promised }) => promised)) / total(({ thriftiest }) => thriftiest),
      '%',
      priced.length,
    ),
  };
}

/** USD a task on the other half. */
interface Bills {
  readonly promised: number;
  readonly always: number;
  readonly thriftiest: number;
}

interface Tried {
  /** Whether the other half bears the promise out; `undefined`: none was made. */
  readonly isHeld: boolean | undefined;
  readonly bills: Bills | undefined;
}

function trySplit(rows: readonly JudgedRow[], worseByRatio: number, random: () => number): readonly Tried[] {
  const shuffled = rows
    .map((row) => ({ row, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row);
  const half = Math.floor(shuffled.length / 2);
  const others = shuffled.slice(half);
  return certifyThrift(shuffled.slice(0, half), { worseByRatio, confidenceRatio: CONFIDENCE_RATIO }).map(
    (certificate) => tryCertificate(certificate, others, worseByRatio),
  );
}

function tryCertificate({ kind, notch }: ThriftCertificate, others: readonly JudgedRow[], worseByRatio: number): Tried {
  if (notch === undefined) return { isHeld: undefined, bills: undefined };
  const own = others.filter((row) => kind === 'all' || row.kind === kind);
  const lacking = own.map((row) => (1 - worseByRatio) * row.reference.score - (row.notches[notch]?.score ?? 0));
  const bills = own.flatMap((row) => {
    const [promised, thriftiest, always] = [
      row.notches[notch]?.costUsd,
      row.notches[10]?.costUsd,
      row.reference.costUsd,
    ];
    return promised === undefined || thriftiest === undefined || always === undefined
      ? []
      : [{ promised, thriftiest, always }];
  });
  return {
    isHeld: mean(lacking) <= 0,
    bills:
      bills.length === 0
        ? undefined
        : {
            promised: mean(bills.map(({ promised }) => promised)),
            always: mean(bills.map(({ always }) => always)),
            thriftiest: mean(bills.map(({ thriftiest }) => thriftiest)),
          },
  };
}
