import { randomBytes } from 'node:crypto';
import { judgeTrials } from '../../app/learning/judge-trials.ts';
import { readRewardRows, type RewardSource } from '../../app/learning/reward-rows.ts';
import { openViewsOf } from '../../app/open-views.ts';
import { lockDigest, withLock, type LockChange, type LockStore } from '../../app/stores/open-lock.ts';
import type { AuditWish } from '../../audit/audit-entry.ts';
import { DEFAULT_CANARY_RATIO } from '../../config/learn-config.ts';
import { learnPolicy, type TriedSettings } from '../../decisions/learn-policy.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { parseReward, type RewardExpression } from '../../learn/reward/reward-expression.ts';
import { choosePolicy } from '../../policy/load-policies.ts';
import { promoted, retreated, withProposal } from '../../policy/lock-moves.ts';
import type { LockCandidate, LockedPolicy } from '../../policy/policy-lock.ts';
import { decide } from '../../router/decide.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { actorHere, noteAct } from '../stores/note-act.ts';
import { jsonText } from '../text/json-text.ts';
import { shownDiff } from '../text/shown-diff.ts';
import { parseLearnArguments, type LearnAsked } from './learn-arguments.ts';
import { learnText, settingsText, trialsText, type LearnedView } from './learn-text.ts';

export const command: CliCommand = {
  name: 'learn',
  usage:
    '[--reward EXPR] [--since 30d] [--tenant NAME] [--policy ID] [--set NAME=VALUE]… [--propose | --promote | --retreat | --check] [--json] [--config FILE]',
  async run(args, io) {
    const asked = parseLearnArguments(args);
    const settings = await loadSettings(io, asked.config);
    const { config, policies, catalog } = settings;
    const { policy } = choosePolicy(policies, asked.policy ?? config.policyId, { catalog, cwd: io.cwd });
    const work: Work = { asked, settings, policy, io };
    return withLock(config.store, async (lock) => {
      if (asked.act === 'promote') return promote(work, lock);
      if (asked.act === 'retreat') return retreat(work, lock);
      if (asked.act === 'check') return check(work, lock);
      return learn(work, lock);
    });
  },
};

interface Work {
  readonly asked: LearnAsked;
  readonly settings: Settings;
  /** As its file has it. */
  readonly policy: RouterPolicy;
  readonly io: CommandIo;
}

async function learn(work: Work, lock: LockStore): Promise<ExitCode> {
  const { asked, policy, io } = work;
  const reward = rewardOf(work);
  const locked = ownEntry(await lock.read(), policy);
  const now = Date.now();
  const rows = await withRecords(work, async (source) =>
    readRewardRows(source, { sinceAt: now - asked.sinceMs, now, tenant: asked.tenant }),
  );
  const learned = await learnPolicy(rows, {
    reward,
    policy,
    current: locked?.current ?? {},
    asked: asked.asked,
    decide,
    seed: 1,
    onTried: (count, of) => {
      io.signal.throwIfAborted();
      io.erase?.('line');
      if (io.erase !== undefined && count < of) io.stderr(`deciding ${rows.length} steps again, ${count} of ${of}`);
    },
  });
  const view: LearnedView = { ...learned, policyId: policy.id, reward: reward.text, locked };
  const { best } = view;
  const isProved = best !== undefined && best.unknownWhy === undefined && best.estimate.interval.low > 0;
  const isWanted = asked.act === 'propose' && (isProved || asked.asked !== undefined);
  const change = isWanted ? await propose(work, lock, view) : undefined;
  show(work, lock, { view, change });
  return isProved || change !== undefined ? EXIT.ok : EXIT.failed;
}

function show(
  { asked, io }: Work,
  { place }: LockStore,
  { view, change }: { readonly view: LearnedView; readonly change: LockChange | undefined },
): void {
  if (asked.json) {
    io.stdout(jsonText('learn', change === undefined ? view : { ...view, lock: change }));
    return;
  }
  io.stdout(learnText(view));
  if (change !== undefined) {
    io.stdout(`\n${place}\n${shownDiff(change.before, change.after)}\n${PROPOSED}\n`);
  } else if (asked.act === 'propose') io.stderr('Nothing is proposed.\n');
}

const PROPOSED =
  'It changes nothing yet: "pointsman learn --promote" has it watched, then tried in a share of the sessions, then in force.';

async function propose(
  { asked, settings: { config }, policy, io }: Work,
  lock: LockStore,
  { best, reward }: LearnedView,
): Promise<LockChange> {
  const chosen = best?.settings ?? asked.asked ?? {};
  const allowedBy = actorHere();
  const candidate: LockCandidate = {
    stage: 'proposed',
    settings: chosen,
    shareRatio: config.learn?.canaryRatio ?? DEFAULT_CANARY_RATIO,
    salt: randomBytes(8).toString('hex'),
    since: new Date().toISOString(),
    allowedBy,
    reward,
    ...evidenceOf(best),
  };
  const change = await lock.change((found) =>
    withProposal(found, policy.id, { learnedOn: lockDigest(policy), candidate }),
  );
  await note(
    config,
    io,
  )({ act: 'policy-proposed', subject: policy.id, detail: { settings: settingsText(chosen), reward } });
  return change;
}

/** Bounds that reach nowhere say nothing, and are not kept. */
function evidenceOf(best: TriedSettings | undefined): Pick<LockCandidate, 'evidence'> {
  if (best === undefined || best.unknownWhy !== undefined || !Number.isFinite(best.estimate.interval.low)) return {};
  const { stepCount, effectiveCount, gain, interval } = best.estimate;
  return { evidence: { stepCount, effectiveCount: Math.floor(effectiveCount), gain, lowerBound: interval.low } };
}

async function promote({ settings: { config }, policy, asked, io }: Work, lock: LockStore): Promise<ExitCode> {
  let to = '';
  let settings = '';
  const change = await lock.change((found) => {
    const by = { learnedOn: lockDigest(policy), now: new Date().toISOString(), allowedBy: actorHere() };
    const made = promoted(found, policy.id, by);
    [to, settings] = [made.to, settingsText(made.candidate.settings)];
    return made.lock;
  });
  await note(config, io)({ act: 'policy-promoted', subject: policy.id, detail: { to, settings, by: 'hand' } });
  const where = {
    shadow: 'decided beside and recorded',
    canary: 'obeyed in a share of the sessions',
    current: 'in force',
  }[to];
  io.stdout(
    asked.json
      ? jsonText('learn', { policyId: policy.id, to, lock: change })
      : `${policy.id}, ${settings}: ${where ?? to} from now on.\n\n${lock.place}\n${shownDiff(change.before, change.after)}\n`,
  );
  return EXIT.ok;
}

async function retreat({ settings: { config }, policy, asked, io }: Work, lock: LockStore): Promise<ExitCode> {
  let from = '';
  let settings = '';
  const change = await lock.change((found) => {
    const made = retreated(found, policy.id);
    [from, settings] = [made.from, settingsText(made.settings)];
    return made.lock;
  });
  await note(config, io)({ act: 'policy-retreated', subject: policy.id, detail: { from, settings, by: 'hand' } });
  io.stdout(
    asked.json
      ? jsonText('learn', { policyId: policy.id, from, lock: change })
      : `${policy.id}, ${settings}: taken back.\n\n${lock.place}\n${shownDiff(change.before, change.after)}\n`,
  );
  return EXIT.ok;
}

async function check(work: Work, lock: LockStore): Promise<ExitCode> {
  const { settings, asked, io } = work;
  const { config } = settings;
  const judged = await withRecords(work, async (source) =>
    judgeTrials({
      lock,
      source,
      promote: config.learn?.promote ?? 'by-hand',
      now: Date.now(),
      note: note(config, io),
    }),
  );
  io.stdout(asked.json ? jsonText('learn', { trials: judged }) : trialsText(judged));
  return EXIT.ok;
}

function note(
  { store }: Settings['config'],
  io: CommandIo,
): (...acts: readonly Omit<AuditWish, 'actor'>[]) => Promise<void> {
  return async (...acts) => noteAct(io, { store, gate: await openFolderGate(io) }, ...acts);
}

/** What was learned of this very policy file. */
function ownEntry(lock: Readonly<Record<string, LockedPolicy>>, policy: RouterPolicy): LockedPolicy | undefined {
  const entry = Object.hasOwn(lock, policy.id) ? lock[policy.id] : undefined;
  return entry?.learnedOn === lockDigest(policy) ? entry : undefined;
}

/** @throws PointsmanError `request-invalid` where nobody has said what a good step is */
function rewardOf({ asked, settings: { config } }: Work): RewardExpression {
  const text = asked.reward ?? config.learn?.reward;
  if (text !== undefined) return parseReward(text);
  throw new PointsmanError('request-invalid', 'Nobody has said what a good step is.', {
    hint: 'Give --reward "green - 4 * usd - 0.5 * override", or learn.reward in the configuration.',
  });
}

async function withRecords<Result>(
  { settings, asked, io }: Work,
  act: (source: RewardSource) => Promise<Result>,
): Promise<Result> {
  const { views, close } = await openViewsOf(settings.config.store);
  try {
    return await withPointsman(io, { configFile: asked.config, looksOnly: true }, async (pointsman) =>
      act({ views, outcomes: { outcomes: (options) => pointsman.outcomes(options) } }),
    );
  } finally {
    await close();
  }
}
