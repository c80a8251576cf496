import type { At, Ratio } from '../../domain/time.ts';
import type { StandingCertificate } from '../../learn/certificate/certificate-file.ts';
import type { ThriftCertificate, ThriftPromise } from '../../learn/certificate/certify-thrift.ts';
import type { EarlierPromise } from '../../learn/certificate/retry-certificate.ts';
import { PROVED_HEADING } from '../../replay/report/replay-report.ts';
import { textTable } from '../width/text-table.ts';

/** What held-out rows allow a policy to promise, and of which models. */
export interface MadeCertificate extends ThriftPromise {
  readonly policyId: string;
  /** Where its dial stands. */
  readonly dial: number;
  readonly digest: string;
  readonly predictorVersion: string;
  readonly referenceModel: string;
  readonly models: readonly string[];
  /** False: words were read by the head alone, because the sentence encoder could not be had. */
  readonly withEncoder: boolean;
  /** Nothing was proved, and something had been promised before. */
  readonly earlier?: EarlierPromise;
  /** Rows that say nothing here. */
  readonly leftOutCount: number;
  readonly certificates: readonly ThriftCertificate[];
}

/** The verdict, then a row for each kind: what is promised, and what more thrift would have cost. */
export function certificateText(made: MadeCertificate): string {
  const { certificates, policyId, dial } = made;
  const holding = certificates.filter(({ notch }) => notch !== undefined && notch >= dial);
  const others = certificates.filter((one) => !holding.includes(one));
  const names = (some: readonly ThriftCertificate[]): string => some.map(({ kind }) => kind).join(', ');
  const verdict =
    holding.length === 0
      ? `Not proved for ${policyId} at dial ${dial}: ${promiseText(made)}.`
      : `${policyId} at dial ${dial}, ${names(holding)}: ${promiseText(made)}.${others.length === 0 ? '' : ` Not proved for ${names(others)}.`}`;
  const columns = [
    { title: 'KIND' },
    { title: 'ROWS', align: 'right' as const },
    { title: 'PROVED', isWhole: true as const },
    { title: 'SUCCESS, BILL A TASK' },
    { title: 'ALWAYS THE REFERENCE' },
    { title: 'AT DIAL 10' },
  ];
  return `${verdict}

${textTable(
  columns,
  certificates.map((one) => rowOf(one)),
)}
Each kind is proved by itself. Bills and success are of these rows, at the thriftiest dial that is proved; beyond it nothing is promised.
${made.leftOutCount === 0 ? '' : `${made.leftOutCount} rows say nothing here: no kind of step, no outcome of the reference, or a task that stands here already.\n`}${
    made.withEncoder
      ? ''
      : 'Read without the sentence encoder: where it can be had, harder and easier tasks are told apart better, and choices may differ.\n'
  }${made.earlier === undefined ? '' : earlierText(made.earlier)}`;
}

function earlierText({ kind, madeAt, why }: EarlierPromise): string {
  const promise = `The promise of ${dayOf(madeAt)}`;
  return kind === 'taken-back' ? `${promise} is taken back: ${why}.\n` : `${promise} stands: ${why}.\n`;
}

function rowOf({
  kind,
  rowCount,
  notch,
  leastRowCount,
  referenceSuccessRatio,
  notches,
}: ThriftCertificate): readonly string[] {
  const [at, last] = [notch === undefined ? undefined : notches[notch], notches.at(-1)];
  const refused = rowCount < leastRowCount ? `no: at least ${leastRowCount} rows` : 'no';
  return [
    kind,
    String(rowCount),
    notch === undefined ? refused : notch === 0 ? 'dial 0' : `dial 0 to ${notch}`,
    at === undefined ? '' : cell(at.successRatio, at.costUsd),
    cell(referenceSuccessRatio, (at ?? last)?.referenceCostUsd),
    last === undefined ? '' : cell(last.successRatio, last.costUsd),
  ];
}

/** `at most 5 % worse than always claude-opus-4-8, with 95 % confidence`. */
function promiseText(promise: ThriftPromise & { readonly referenceModel: string }): string {
  const { worseByRatio, referenceModel, confidenceRatio } = promise;
  return `at most ${percent(worseByRatio)} worse than always ${referenceModel}, with ${percent(confidenceRatio)} confidence`;
}

/** One line for a policy that was promised something, and why it stands no longer. */
export function savedCertificateLine(saved: StandingCertificate): string {
  const kinds = saved.kinds.flatMap(({ kind, notch }) => (notch === undefined ? [] : [`${kind} to dial ${notch}`]));
  const without = saved.withEncoder === false ? ', without the sentence encoder' : '';
  const stands = saved.outOfDate === undefined ? '' : ` No longer: ${saved.outOfDate}.`;
  return `${saved.policyId}: ${promiseText(saved)}: ${kinds.join(', ')} (${saved.rowsName}, ${dayOf(saved.madeAt)}${without}).${stands}`;
}

/** Of a replay's report: nothing, where nothing was proved. */
export function provedSection(proved: readonly string[] = []): readonly string[] {
  return proved.length === 0 ? [] : [`${PROVED_HEADING}\n${proved.map((line) => `  ${line}`).join('\n')}\n`];
}

const dayOf = (at: At): string => new Date(at).toISOString().slice(0, 10);
const cell = (success: Ratio, bill: number | undefined): string => `${percent(success)}, ${usd(bill)}`;
const percent = (ratio: Ratio): string => `${Number((ratio * 100).toFixed(1))} %`;
const usd = (amount: number | undefined): string =>
  amount === undefined ? 'unknown' : `$${amount.toFixed(amount < 0.1 ? 4 : 2)}`;
