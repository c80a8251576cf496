import { isPointsmanError, isUnreadable, PointsmanError } from '../domain/errors.ts';
import { asId, type DecisionId, type JobId } from '../domain/ids.ts';
import { STEP_MODES, type StepMode } from '../domain/step.ts';
import { DAY_MS } from '../domain/time.ts';
import { withDial } from '../policy/with-dial.ts';
import type { CallRecord, StepRecord } from '../recorder/record.ts';
import { explainWhyNot } from '../router/explain/explain.ts';
import type { LearnedRow, PageSource, ProvedRow, Viewer } from './page-source.ts';
import { filterOf, textOf, timeZoneOf, wholeIn } from './query.ts';
import { callView } from './views/call-view.ts';
import { choiceView, replayedChoice } from './views/choice-view.ts';
import { effectRows, type EffectRow } from './views/effect-view.ts';
import { pauseView } from './views/pause-view.ts';
import { sessionSummary } from './views/session-summary.ts';
import { spendView } from './views/spend-view.ts';
import { timelineView } from './views/timeline-view.ts';

/** One question of the page. */
export interface PageQuestion {
  readonly query: URLSearchParams;
  readonly viewer: Viewer;
  /** What the path names, decoded. */
  readonly id: string;
}

export type PageAnswer = (source: PageSource, question: PageQuestion) => Promise<object>;

const MOST_RETURNS = 5000;
const MOST_EFFECT_STEPS = 400;

/** What is read by GET, under `/pointsman/api/`. A route that ends in `/` takes an id. None of them changes anything. */
export const PAGE_READS: Readonly<Record<string, PageAnswer>> = {
  status: async (source, { viewer }) => Promise.resolve(statusOf(source, viewer)),
  overview,
  calls: async ({ views, now }, { query, viewer }) => {
    const limit = wholeIn(query, 'limit', { min: 1, max: 200, default: 50 });
    const before = wholeIn(query, 'before', { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 });
    const after = wholeIn(query, 'after', { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 });
    const page = { limit, afterSeq: after, ...(before === 0 ? {} : { beforeSeq: before }) };
    const calls = await views.calls(filterOf(query, viewer, now()), page);
    return { calls: calls.map((call) => ({ seq: call.seq, ...callView(call) })) };
  },
  sessions: async ({ views, now }, { query, viewer }) => {
    const limit = wholeIn(query, 'limit', { min: 1, max: 200, default: 50 });
    const offset = wholeIn(query, 'offset', { min: 0, max: 1_000_000, default: 0 });
    const sessions = await views.sessions(filterOf(query, viewer, now()), { limit, offset });
    const workspaces = await views.workspaces(sessions.flatMap(({ jobId }) => jobId ?? []));
    return { sessions: sessions.map((row) => ({ ...row, workspace: workspaces[row.jobId ?? ''] })) };
  },
  'sessions/': async (source, { id, viewer }) => {
    const view = (await maySee(source, viewer, id)) ? await timelineView(source.views, id) : undefined;
    // Asked again behind it: another's call may have come to the session between the two.
    return view !== undefined && (await maySee(source, viewer, id))
      ? view
      : Promise.reject(nothing('session or job', id));
  },
  // Of a session whose calls all came with the viewer's key: whoever calls names it, as they may name another's.
  'summaries/': async ({ views }, { id, viewer }) => {
    const isSeen = (call: CallRecord): boolean =>
      viewer.sees === 'all' || (call.jobId === undefined && call.gateway?.key === viewer.name);
    return (await sessionSummary(views, id, isSeen)) ?? Promise.reject(nothing('session or job', id));
  },
  'decisions/': async (source, question) => choiceView(await stepFor(source, question), source.decide),
  'why-not/': async (source, question) => {
    const { decision, input } = await stepFor(source, question);
    const model = textOf(question.query, 'model') ?? '';
    return { text: explainWhyNot(decision, input, model, modeIn(question.query)) };
  },
  'replays/': async (source, question) => {
    const step = await stepFor(source, question);
    const { active, all } = source.policies();
    const name = textOf(question.query, 'policy') ?? active.id;
    const policy = active.id === name ? active : all.get(name);
    if (policy === undefined) throw nothing('policy', name);
    const dial = textOf(question.query, 'dial');
    return replayedChoice(step, dial === undefined ? policy : withDial(policy, Number(dial)), source.decide);
  },
  health: async ({ views, now, gateway, alarms }, { query, viewer }) => ({
    // They speak of all keys.
    alarms: viewer.sees === 'all' ? await alarms() : [],
    hosts: await views.hosts(filterOf(query, viewer, now())),
    circuits: gateway?.circuits() ?? [],
  }),
  pauses: async ({ views, now, models }, { query, viewer }) =>
    pauseView(await views.coldReturns(filterOf(query, viewer, now()), MOST_RETURNS), models()),
  policies: async (source) => {
    const { active, all } = source.policies();
    const policies = [active, ...[...all.values()].filter(({ id }) => id !== active.id)];
    return Promise.resolve({
      activeId: active.id,
      dial: active.dial,
      policies: policies.map(({ id, version, dial, keepAlive }) => ({ id, version, dial, keepAlive })),
    });
  },
  effect: async (source, question) => effect(source, question),
};

async function overview(source: PageSource, { query, viewer }: PageQuestion): Promise<object> {
  const { views, now } = source;
  const filter = filterOf(query, viewer, now());
  const zone = timeZoneOf(query);
  const [cells, calls, budgets] = await Promise.all([
    views.spend(filter, zone),
    views.calls(filter, { limit: 20 }),
    source.budgets(),
  ]);
  const workspaces = await views.workspaces([...new Set(cells.flatMap(({ jobId }) => jobId ?? []))]);
  return {
    ...statusOf(source, viewer),
    spend: spendView(cells, zone, workspaces),
    calls: calls.map((call) => ({ seq: call.seq, ...callView(call) })),
    budgets: viewer.sees === 'all' ? budgets : budgets.filter(({ keyId }) => keyId === viewer.keyId),
  };
}

function statusOf({ gateway, now }: PageSource, viewer: Viewer): object {
  return {
    now: now(),
    viewer: viewer.sees === 'all' ? { sees: 'all' } : { sees: 'key', name: viewer.name },
    gateway:
      gateway === undefined
        ? undefined
        : {
            runningCount: gateway.runningCount(),
            passThrough: { isOn: gateway.passThrough.isOn, changedAt: gateway.passThrough.changedAt },
          },
  };
}

interface Effect {
  readonly days: number;
  readonly stepCount: number;
  readonly limit: number;
  readonly rows: readonly EffectRow[];
  readonly proved: readonly ProvedRow[];
  /** Why what was proved is not known. */
  readonly provedFault?: string;
  readonly learned: readonly LearnedRow[];
  /** Why what was learned is not known. */
  readonly learnedFault?: string;
}

const running = new WeakMap<PageSource, Promise<Effect>>();

/** One at a time, whoever asks, as it is work: who comes meanwhile gets the answer that is being found, which says for what. */
async function effect(source: PageSource, { query, viewer }: PageQuestion): Promise<Effect> {
  if (viewer.sees !== 'all') throw nothing('view', 'effect');
  const days = wholeIn(query, 'days', { min: 1, max: 90, default: 7 });
  const limit = wholeIn(query, 'limit', { min: 1, max: MOST_EFFECT_STEPS, default: 100 });
  const started = running.get(source) ?? effectOn(source, days, limit).finally(() => running.delete(source));
  running.set(source, started);
  return started;
}

async function effectOn(source: PageSource, days: number, limit: number): Promise<Effect> {
  const since = source.now() - days * DAY_MS;
  const steps = (await source.views.newestSteps(limit)).filter(({ startedAt }) => startedAt >= since);
  const rows = await effectRows(steps, { ...source.policies(), decide: source.decide });
  return { days, stepCount: steps.length, limit, rows, ...(await provedOf(source)), ...(await learnedOf(source)) };
}

/** Nobody is kept from looking at policies by promises that cannot be read. */
async function provedOf(source: PageSource): Promise<Pick<Effect, 'proved' | 'provedFault'>> {
  try {
    return { proved: await source.proved() };
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
    const { message, hint } = thrown;
    return { proved: [], provedFault: hint === undefined ? message : `${message} ${hint}` };
  }
}

async function learnedOf(source: PageSource): Promise<Pick<Effect, 'learned' | 'learnedFault'>> {
  try {
    return { learned: await source.learned() };
  } catch (thrown) {
    if (!isPointsmanError(thrown)) throw thrown;
    const { message, hint } = thrown;
    return { learned: [], learnedFault: hint === undefined ? message : `${message} ${hint}` };
  }
}

/** @throws PointsmanError `not-found` for one that is not there, or is another's */
async function stepFor({ views }: PageSource, { id, viewer }: PageQuestion): Promise<StepRecord> {
  const [step] = await views.steps([asId<DecisionId>(id)]);
  if (step === undefined) throw nothing('decision', id);
  if (viewer.sees === 'all') return step;
  const calls = await views.callsOf(step.sessionId, 1000, step.decision.at);
  const isOwn = calls.some(({ call }) => call.gateway?.decisionId === id && call.gateway.key === viewer.name);
  return isOwn ? step : Promise.reject(nothing('decision', id));
}

/** Of a session that is shared by nobody: all of its calls came with the key. Whoever calls names it, as they may name a job. */
async function maySee({ views }: PageSource, viewer: Viewer, id: string): Promise<boolean> {
  if (viewer.sees === 'all') return true;
  const [calls, job] = await Promise.all([views.callsOf(id, 2000), views.job(asId<JobId>(id))]);
  return job === undefined && calls.length > 0 && calls.every(({ call }) => call.gateway?.key === viewer.name);
}

function modeIn(query: URLSearchParams): StepMode | undefined {
  const asked = textOf(query, 'mode');
  const mode = STEP_MODES.find((one) => one === asked);
  if (asked !== undefined && mode === undefined) {
    throw new PointsmanError('request-invalid', `The modes are ${STEP_MODES.join(', ')}.`);
  }
  return mode;
}

function nothing(what: string, id: string): PointsmanError {
  return new PointsmanError('not-found', `There is no ${what} "${id.slice(0, 100)}".`);
}
