import { randomBytes } from 'node:crypto';
import { judgeTrials, lockShown, shownBy } from '../../app/learning/judge-trials.ts';
import { readRewardRows, type RewardSource } from '../../app/learning/reward-rows.ts';
import { openViewsOf } from '../../app/open-views.ts';
import { withAudit } from '../../app/stores/open-audit.ts';
import { lockDigest, noteMoves, withLock, type LockChange, type LockStore } from '../../app/stores/open-lock.ts';
import { DEFAULT_CANARY_RATIO } from '../../config/learn-config.ts';
import { learnPolicy, type TriedSettings } from '../../decisions/learn-policy.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { parseReward, type RewardExpression } from '../../learn/reward/reward-expression.ts';
import { choosePolicy } from '../../policy/load-policies.ts';
import { promoted, retreated, withProposal } from '../../policy/lock-moves.ts';
import type { LockCandidate, LockedPolicy, LockShown } from '../../policy/policy-lock.ts';
import { decide } from '../../router/decide.ts';
import { errorLine } from '../error-line.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { actorHere } from '../stores/note-act.ts';
import { jsonText } from '../text/json-text.ts';
import { shownDiff } from '../text/shown-diff.ts';
import { checkDenied, parseLearnArguments, type LearnAsked } from './learn-arguments.ts';
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
    checkDenied(asked.asked, catalog.models);
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
  const { rows, sessionRatio } = await withRecords(work, async (source) =>
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
  const view: LearnedView = { ...learned, policyId: policy.id, reward: reward.text, locked, sessionRatio };
  const { best } = view;
  const isProved = best !== undefined && best.unknownWhy === undefined && best.estimate.interval.low > 0;
  const isWanted = asked.act === 'propose' && (isProved || asked.asked !== undefined);
  const change = isWanted ? await propose(work, lock, { view, reward }) : undefined;
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
  { view: { best }, reward }: { readonly view: LearnedView; readonly reward: RewardExpression },
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
    reward: reward.text,
    ...(reward.scale === undefined ? {} : { scale: reward.scale }),
    ...(reward.caps === undefined ? {} : { caps: reward.caps }),
    ...evidenceOf(best),
  };
  const detail = { settings: settingsText(chosen), reward: reward.text };
  const change = await lock.move((found) => ({
    lock: withProposal(found, policy.id, { learnedOn: lockDigest(policy), candidate }),
    note: { act: 'policy-proposed', actor: allowedBy, subject: policy.id, detail },
  }));
  await note(config, io, lock);
  return change;
}

/** Bounds that reach nowhere say nothing, and are not kept. */
function evidenceOf(best: TriedSettings | undefined): Pick<LockCandidate, 'evidence'> {
  if (best === undefined || best.unknownWhy !== undefined || !Number.isFinite(best.estimate.interval.low)) return {};
  const { stepCount, effectiveCount, gain, interval } = best.estimate;
  return { evidence: { stepCount, effectiveCount: Math.floor(effectiveCount), gain, lowerBound: interval.low } };
}

async function promote(work: Work, lock: LockStore): Promise<ExitCode> {
  const {
    settings: { config },
    policy,
    asked,
    io,
  } = work;
  let to = '';
  let settings = '';
  const allowedBy = actorHere();
  const shown = await shownSoFar(work, lock);
  const change = await lock.move((found) => {
    const by = { learnedOn: lockDigest(policy), now: new Date().toISOString(), allowedBy, shown };
    const made = promoted(found, policy.id, by);
    [to, settings] = [made.to, settingsText(made.candidate.settings)];
    const detail = { to, settings, by: 'hand' };
    return { lock: made.lock, note: { act: 'policy-promoted', actor: allowedBy, subject: policy.id, detail } };
  });
  await note(config, io, lock);
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

/** What a canary has shown when it comes into force by hand. */
async function shownSoFar(work: Work, lock: LockStore): Promise<LockShown | undefined> {
  const candidate = ownEntry(await lock.read(), work.policy)?.candidate;
  if (candidate?.stage !== 'canary') return undefined;
  const { verdict } = await withRecords(work, async (source) => shownBy(candidate, { source, now: Date.now() }));
  return lockShown(verdict);
}

async function retreat({ settings: { config }, policy, asked, io }: Work, lock: LockStore): Promise<ExitCode> {
  let from = '';
  let settings = '';
  const change = await lock.move((found) => {
    const made = retreated(found, policy.id);
    [from, settings] = [made.from, settingsText(made.settings)];
    const detail = { from, settings, by: 'hand' };
    return { lock: made.lock, note: { act: 'policy-retreated', actor: actorHere(), subject: policy.id, detail } };
  });
  await note(config, io, lock);
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
      actor: actorHere(),
      append: async (wishes) =>
        withAudit({ store: config.store, gate: await openFolderGate(io) }, async (trail) => trail.append(wishes)),
    }),
  );
  io.stdout(asked.json ? jsonText('learn', { trials: judged }) : trialsText(judged));
  return EXIT.ok;
}

/** What is done stays done where the trail cannot be written; it stands in the lock until it can, and the user is told. */
async function note({ store }: Settings['config'], io: CommandIo, lock: LockStore): Promise<void> {
  try {
    await noteMoves(lock, async (wishes) =>
      withAudit({ store, gate: await openFolderGate(io) }, async (trail) => trail.append(wishes)),
    );
  } catch (thrown) {
    const error = toPointsmanError(thrown, 'record-unwritable');
    io.stderr(`! It is done, and will stand on the audit trail once that can be written: ${errorLine(error)}\n`);
  }
}

/** What was learned of this very policy file. */
function ownEntry(lock: Readonly<Record<string, LockedPolicy>>, policy: RouterPolicy): LockedPolicy | undefined {
  const entry = Object.hasOwn(lock, policy.id) ? lock[policy.id] : undefined;
  return entry?.learnedOn === lockDigest(policy) ? entry : undefined;
}

/** @throws PointsmanError `request-invalid` where nobody has said what a good step is */
function rewardOf({ asked, settings: { config } }: Work): RewardExpression {
  const text = asked.reward ?? config.learn?.reward;
  if (text !== undefined) return parseReward(text, { scale: config.reward, caps: config.learn?.caps });
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
