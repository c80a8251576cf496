import { alarmRows } from '../../learn/alarms/alarm.ts';
import type { PageSource } from '../../page/page-source.ts';
import { createPage, type Page, type PageAdmission } from '../../page/page.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { GatewayPage } from '../gateway.ts';
import { budgetRows } from './budget-row.ts';
import { isSameText } from './same-text.ts';

/** The page over a running gateway: its records, keys, policies and hosts as they are now. */
export function createGatewayPage(core: GatewayCore, { views, operatorToken, proved, learned }: GatewayPage): Page {
  const { deps } = core;
  const source: PageSource = {
    views,
    now: () => deps.clock.now(),
    models: () => core.deps.catalog.models,
    policies: () => ({ active: core.deps.policy, all: core.deps.policies }),
    proved: async () => proved?.(core.deps.policies, core.deps.models) ?? [],
    learned: async () => learned?.() ?? [],
    decide: deps.decide,
    alarms: async () => Promise.resolve(alarmRows(deps.alarms?.() ?? [])),
    budgets: async () => budgetRows(core.deps, deps.ledger, deps.clock.now()),
    gateway: {
      runningCount: () => core.live.runningCount,
      circuits: () => {
        const nowMs = core.monotonicMs();
        return [...core.health.all()].map((host) => ({
          endpoint: host.endpoint,
          model: host.model,
          state: host.stateAt(nowMs),
        }));
      },
      passThrough: core.passThrough,
    },
  };
  return createPage(source, {
    admit: async (token, now) => {
      if (token !== undefined && operatorToken !== undefined && isSameText(token, operatorToken)) return EVERYTHING;
      if (!core.keys.isDemanded) return EVERYTHING;
      if (token === undefined) return LOG_IN;
      const verdict = await core.keys.check(token, now);
      if (verdict.kind === 'busy') return nobody(503, 'Too many keys are being checked; come again.');
      if (verdict.kind !== 'known') return nobody(401, 'This access key is not known here, or has expired.');
      const { id, name } = verdict.key;
      // Records know keys by their names alone.
      const isShared = core.deps.accessKeys.some((key) => key.id !== id && key.name === name);
      if (isShared) return nobody(403, 'Another access key has the same name, and records cannot tell them apart.');
      return { kind: 'viewer', viewer: { sees: 'key', keyId: id, name } };
    },
  });
}

const EVERYTHING: PageAdmission = { kind: 'viewer', viewer: { sees: 'all' } };
const LOG_IN = nobody(401, 'Log in with an access key, or by the link that "pointsman ui" gives.');

function nobody(status: 401 | 403 | 503, message: string): PageAdmission {
  return { kind: 'nobody', status, message };
}
