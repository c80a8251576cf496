import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { toNanoUsd } from '../../domain/money.ts';
import { accountOf, type Ask } from '../ledger.ts';
import { openMoneyAccounts } from './money-accounts.ts';
import { openMoneyFile } from './money-tables.ts';
import { openStandIn } from './stand-in.ts';

const KEY = accountOf('key', 'k');
const AT = Date.UTC(2026, 10, 1);

function anAsk(id: string): Ask {
  const charges = [{ account: KEY, limits: { total: toNanoUsd(100) } }];
  return { id, charges, expectedNanoUsd: toNanoUsd(10), worstNanoUsd: toNanoUsd(20), at: AT };
}

test('what another process booked for one that could not write gives way to what that one knows', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'stand-in-'));
  try {
    const file = openMoneyFile(path.join(dir, 'money.db'));
    const own = { id: 'own', host: 'here', pid: process.pid };
    const accounts = openMoneyAccounts(file, own);
    accounts.beat(AT);
    for (const id of ['ended', 'running']) accounts.apply({ kind: 'reserve', ask: anAsk(id) });
    const standIn = openStandIn(file, own);
    const watcher = openMoneyAccounts(file, { id: 'watcher', host: 'there', pid: 1 });
    watcher.beat(AT + 31_000);
    const total = (): unknown => watcher.apply({ kind: 'standings', account: KEY, at: AT });
    expect(total()).toMatchObject({ total: { spentNanoUsd: 40, unknownNanoUsd: 40, heldNanoUsd: 0 } });
    standIn.applyEach([{ kind: 'settle', id: 'ended', settlement: { kind: 'billed', nanoUsd: toNanoUsd(33) } }]);
    standIn.writeTo(file);
    expect(total()).toMatchObject({ total: { spentNanoUsd: 33, unknownNanoUsd: 0, heldNanoUsd: 20 } });
    standIn.close();
    file.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
