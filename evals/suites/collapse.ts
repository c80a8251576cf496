import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figure } from '../../src/domain/figure.ts';
import { asId } from '../../src/domain/ids.ts';
import { collapseIndex } from '../../src/learn/alarms/collapse-index.ts';
import { loadPolicies } from '../../src/policy/load-policies.ts';
import { gatherLogs } from '../../src/replay/gather-logs.ts';
import { replayFiles } from '../../src/replay/replay-files.ts';
import { dialPolicies, ourPolicies } from '../../src/replay/rules/ours.ts';
import { rivalPolicies } from '../../src/replay/rules/rivals.ts';
import { dataFile } from '../data/data-file.ts';
import { watchPicks, type WatchedPick } from '../replay/watch-picks.ts';
import type { Suite } from '../suite.ts';

/** Two vendors, four price levels. */
const POOL = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-sol', 'gpt-5.4-mini', 'gpt-6-luna'];

/**
 * Do policies fall back to the strongest model for everything? Asked of each step of two real sessions: was the strongest
 * picked although a cheaper one is predicted to be enough? Our default policy, its dial, and every rival.
 */
export const suite: Suite = {
  name: 'collapse',
  summary: 'how often the strongest model is picked where a cheaper one is predicted to be enough',
  async run({ dataDir, signal, quick }) {
    const file = dataFile(dataDir, 'agent_sessions_pi.jsonl.gz');
    if (file.kind === 'absent') return file.answer;
    const catalog = loadCatalog();
    const balanced = loadPolicies(catalog).get('balanced')?.policy;
    if (balanced === undefined) throw new TypeError('The balanced policy is gone');
    const picks = new Map<string, WatchedPick[]>();
    const dials = quick ? [] : dialPolicies(balanced);
    const policies = [...ourPolicies([balanced]), ...dials, ...rivalPolicies()].map((policy) => {
      const watched: WatchedPick[] = [];
      picks.set(policy.name, watched);
      return watchPicks(policy, (pick) => watched.push(pick));
    });
    await replayFiles(await gatherLogs({ paths: [file.path], home: '/', env: {}, cwd: '/' }), {
      catalog,
      pool: POOL.flatMap((id) => catalog.get(asId(id)) ?? []),
      policies,
      optimum: 'off',
      timelineCount: 0,
      signal,
      onProgress: () => undefined,
    });
    return { kind: 'ran', figures: figuresOf(picks) };
  },
};

/** Bounds such as never-switch are run without being watched; they have no picks of their own. */
function figuresOf(picks: ReadonlyMap<string, readonly WatchedPick[]>): Readonly<Record<string, Figure>> {
  const rows = [...picks].flatMap(([name, watched]) => {
    const value = collapseIndex(watched);
    const figure: Figure = {
      value: Number((value ?? 0).toFixed(4)),
      unit: 'ratio',
      n: watched.length,
      label: 'modelled',
    };
    return value === undefined ? [] : [[figureName(name), figure] as const];
  });
  return Object.fromEntries(rows);
}

function figureName(policy: string): string {
  if (policy === 'balanced') return 'collapse.index';
  const dial = /\/dial-(\d+)$/u.exec(policy)?.[1];
  return dial === undefined ? `collapse.rival.${policy}.index` : `collapse.dial.${dial}.index`;
}
