import { randomUUID } from 'node:crypto';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { BillEntry } from '../../evaluate/journal.ts';
import type { JobEvent } from '../../orchestrator/model/job-event.ts';

export interface BillNotes {
  /** Of the entry of what is known, for which the bill of the whole job stands in the end. */
  readonly callId: string;
  readonly onEvent: (event: JobEvent) => void;
  /** The job is over, and its own bill says it all. */
  readonly end: () => void;
}

/** Notes what a job bills while it works: whoever is killed meanwhile is billed for it all the same. */
export function noteBills({
  isPriced,
  budgetNanoUsd,
  onBill,
}: {
  readonly isPriced: boolean;
  readonly budgetNanoUsd: NanoUsd | undefined;
  readonly onBill: (entry: BillEntry) => void;
}): BillNotes {
  const known = { v: 1, what: 'bill', callId: randomUUID() } as const;
  const open = { v: 1, what: 'bill', callId: randomUUID() } as const;
  let [spentNanoUsd, openCount] = [0, 0];
  const noteOpen = (): void => {
    const most = budgetNanoUsd === undefined ? {} : { mostNanoUsd: Math.max(0, budgetNanoUsd - spentNanoUsd) };
    onBill(openCount === 0 ? { ...open, billNanoUsd: 0 } : { ...open, billNanoUsd: null, ...most });
  };
  return {
    callId: known.callId,
    onEvent: (event) => {
      if (event.type === 'call-start') openCount += 1;
      else if (event.type !== 'call-end') return;
      else if (isPriced && event.billNanoUsd !== undefined) {
        openCount -= 1;
        spentNanoUsd = toNanoUsd(spentNanoUsd + event.billNanoUsd);
        onBill({ ...known, billNanoUsd: spentNanoUsd });
      }
      noteOpen();
    },
    end: () => {
      if (openCount > 0) onBill({ ...open, billNanoUsd: 0 });
    },
  };
}
