import { afterEach, expect, test } from 'vitest';
import type { AuditEntry } from '../../audit/audit-entry.ts';
import { fine, openTestBed, type TestBed } from '../../testing/internal/test-bed.ts';
import { withAudit } from './open-audit.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const SIGNED = '{ baaAvailable: true, trainsOnData: false, retentionDays: 30, soc2: true }';
const ASKED = { text: 'Sum up the visit of this patient.', kind: 'summarize' } as const;

test('what proved a step’s endpoint stands on the trail of the store, and plain steps do not', async () => {
  testBed = await openTestBed({
    words: (asked) => fine(asked),
    files: { 'pointsman.config.yaml': `endpoints: { anthropic: { compliance: ${SIGNED} } }\n` },
  });
  const { pointsman, store } = testBed;
  await pointsman.routeStep(ASKED);
  const admitted = await pointsman.routeStep({ ...ASKED, policy: 'health-data' });
  const refused = await pointsman.routeStep({ ...ASKED, policy: 'eu-only' }).catch(() => undefined);
  expect(refused?.model).toBeUndefined();
  await pointsman.close();
  const entries: AuditEntry[] = [];
  await withAudit({ store: { kind: 'sqlite', dir: store }, gate: { claim: () => undefined } }, async (trail) => {
    for await (const entry of trail.entries()) entries.push(entry);
  });
  expect(entries.map(({ act }) => act)).toEqual(['step-admitted', 'step-refused']);
  expect(entries[0]).toMatchObject({
    subject: admitted.decisionId,
    actor: 'gateway',
    detail: {
      policy: 'health-data',
      model: 'claude-opus-5-5',
      endpoint: 'anthropic',
      proof: expect.stringContaining('source: your configuration') as string,
    },
  });
});
