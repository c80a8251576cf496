import type { Catalog } from '../catalog/catalog.ts';
import type { Decision } from '../domain/decision.ts';
import type { PolicyExample } from './policy-file.ts';

/** How a decision differs from what an example expects, as sentences; empty when it is as expected. Pure. */
export function exampleFaults(example: PolicyExample, decision: Decision, catalog: Catalog): readonly string[] {
  const { expect } = example;
  const faults: string[] = [];
  const compare = (what: string, wanted: string | undefined, got: string | undefined): void => {
    if (wanted !== undefined && wanted !== got) faults.push(`expected ${what} ${wanted}, got ${got ?? 'none'}`);
  };
  const to = decision.kind === 'refuse' ? undefined : decision.to;
  compare('decision', expect.decision, decision.kind);
  compare('model', expect.model, to);
  compare('family', expect.family, to === undefined ? undefined : catalog.get(to)?.family);
  compare('mode', expect.mode, decision.kind === 'refuse' ? undefined : decision.mode);
  for (const [model, code] of Object.entries(expect.rejected ?? {})) {
    const codes = decision.rejected.filter((row) => row.model === model).map((row) => row.code);
    if (!codes.includes(code)) {
      faults.push(
        `expected ${model} to be rejected as ${code}, got ${codes.length === 0 ? 'not rejected' : codes.join(', ')}`,
      );
    }
  }
  return faults;
}
