import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withAudit } from '../../app/stores/open-audit.ts';
import { learnedPolicy, lockIn } from '../../app/stores/open-lock.ts';
import { loadCatalog, shippedModels } from '../../catalog/load-catalog.ts';
import { makeDecision } from '../../decisions/make-decision.ts';
import { streamInputs } from '../../decisions/pool-dial.ts';
import { asId, type CallId, type DecisionId, type SessionId, type StepId } from '../../domain/ids.ts';
import { nanoFromUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { DAY_MS } from '../../domain/time.ts';
import { loadPolicies } from '../../policy/load-policies.ts';
import { retreated } from '../../policy/lock-moves.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { decide } from '../../router/decide.ts';
import { aCallRecord, aStepRecord } from '../../testing/record-builders.ts';
import { command as doctorCommand } from '../commands/doctor-command.ts';
import { command as policiesCommand } from '../commands/policies-command.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { command } from './learn-command.ts';

const root = mkdtempSync(path.join(tmpdir(), 'pointsman-learn-'));
afterAll(() => rmSync(root, { recursive: true }));

const file = loadPolicies(loadCatalog()).get('balanced')?.policy;
if (file === undefined) throw new RangeError('The policy "balanced" is shipped.');
const filed: RouterPolicy = file;
const models = shippedModels().filter(({ id }) => /^claude-(?:opus-4-8|sonnet-5|haiku-4-5)$/u.test(id));
/** Ties are drawn nowhere where a failure would do harm. */
const inputs = streamInputs(filed, models).filter(({ step }) => (step.need?.stakes.ratios[2] ?? 1) < 0.1);

const explore = { allowedBy: 'Ada', shareRatio: 0.5, tieRatio: 0.25, maxNanoUsd: nanoFromUsd(0.2) };

/** Sessions of four steps under a policy; a step is green where its model is one of `able`. */
async function record(
  dir: string,
  policy: RouterPolicy,
  {
    sessions,
    able,
    tag = 's',
    tenant,
  }: { readonly sessions: number; readonly able: RegExp; readonly tag?: string; readonly tenant?: string },
): Promise<void> {
  const recorder = openSqliteRecorder({
    file: path.join(dir, 'records.db'),
    onWriteError: (error) => {
      throw error;
    },
  });
  for (let index = 0; index < sessions * 4; index += 1) {
    const base = inputs[(index * 13) % inputs.length];
    if (base === undefined) throw new RangeError('The stream has steps.');
    const id = `${tag}-${index}`;
    const sessionId = asId<SessionId>(`${tag}${Math.floor(index / 4)}`);
    const asked = { ...base, policy, decisionId: asId<DecisionId>(id), session: { ...base.session, sessionId } };
    const { input, decision, shadows } = makeDecision(asked, { decide, shadows: [] });
    if (decision.kind === 'refuse') continue;
    const startedAt = Date.now() - 2 * DAY_MS + index;
    const stepId = asId<StepId>(id);
    const { jobId: _job, ...step } = aStepRecord({ input, decision, shadows, startedAt, stepId, sessionId });
    recorder.writeStep({ ...step, jobId: undefined, ...(tenant === undefined ? {} : { tenant }) });
    const { jobId: _own, ...call } = aCallRecord({
      callId: asId<CallId>(id),
      stepId,
      sessionId,
      startedAt,
      billNanoUsd: nanoFromUsd(0.01),
    });
    recorder.writeCall({ ...call, jobId: undefined });
    const verdict = able.test(decision.to) ? 'good_fit' : 'failed';
    recorder.writeOutcome({
      v: 1,
      decisionId: decision.decisionId,
      at: startedAt + 1,
      verdict,
      reward: undefined,
      truth: undefined,
      note: undefined,
      principal: 'user',
    });
  }
  await recorder.close();
}

async function said(
  dir: string,
  ...[first = '', ...rest]: readonly [({ readonly command: CliCommand } | string)?, ...(readonly string[])]
): Promise<{ readonly exit: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const isOther = typeof first !== 'string';
  const args = isOther || first === '' ? rest : [first, ...rest];
  const exit = await (isOther ? first.command : command).run(args, {
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    env: { POINTSMAN_STORE: dir, HOME: dir },
    cwd: dir,
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { exit, out, err };
}

const placeFor = (name: string): string => mkdtempSync(path.join(root, `${name}-`));
const REWARD = ['--reward', 'green - usd'];

async function auditOf(dir: string): Promise<readonly string[]> {
  const acts: string[] = [];
  await withAudit({ store: { kind: 'sqlite', dir }, gate: { claim: () => undefined } }, async (trail) => {
    for await (const { act, actor } of trail.entries()) acts.push(`${act} ${actor.split(' ')[0]}`);
  });
  return acts;
}

describe('pointsman learn', () => {
  test('an empty store cannot tell, and says so', async () => {
    const { exit, out } = await said(placeFor('empty'), ...REWARD);
    expect(exit).toBe(EXIT.failed);
    expect(out).toMatch(/^Cannot tell: 0 steps, effective sample 0\./u);
  });

  test.each([
    [[], /what a good step is/u],
    [['--reward', 'process.exit(1)'], /character 8/u],
    [['--reward', 'green/0'], /divides by 0/u],
    [[...REWARD, '--since', 'ever'], /--since ever/u],
    [['--promote', '--retreat'], /two things/u],
    [['--set', 'dial=11', ...REWARD], /--set dial=11/u],
    [['--set', 'dial=', ...REWARD], /--set dial=/u],
    [['--set', 'deny=claude-opus-4-9', ...REWARD], /no known model\. Did you mean "claude-opus-4-8"/u],
    [['--set', 'dail=6', ...REWARD], /Did you mean "dial"/u],
    [['--set', 'failureFactors.cod=2', ...REWARD], /Did you mean "code"/u],
    [['--reward', 'reward - usd'], /nobody has said what those may be/u],
    [['--set', 'dial=6', '--retreat'], /says nothing to --retreat/u],
    [['--promote'], /Nothing was learned/u],
    [['--retreat'], /Nothing was learned/u],
  ])('%j is an error with a hint', async (args, message) => {
    await expect(said(placeFor('wrong'), ...args)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringMatching(/\w/u) }),
    );
  });

  test('records of a policy that left nothing to chance cannot tell', async () => {
    const dir = placeFor('certain');
    await record(dir, filed, { sessions: 60, able: /opus/u });
    const { exit, out } = await said(dir, ...REWARD);
    expect([exit, out]).toEqual([EXIT.failed, expect.stringMatching(/^Cannot tell: 240 steps, effective sample 0\./u)]);
    expect(out.replaceAll(/\s+/gu, ' ')).toContain('never open to chance');
  });

  describe('on records in which ties were drawn', () => {
    const dir = placeFor('ties');
    beforeAll(async () => {
      await record(dir, { ...filed, trial: { dial: filed.dial, explore } }, { sessions: 300, able: /opus/u });
      await record(dir, filed, { sessions: 3, able: /haiku/u, tag: 'other', tenant: 'other' });
    });

    test('finds what would have earned more, judges it on other sessions, and proposes it as a change of the lock', async () => {
      const { exit, out } = await said(dir, ...REWARD, '--propose');
      expect(out).toMatch(/earns more: \+0\.\d+ a step, at least \+0\.\d+ with 95 % confidence/u);
      expect(out).toContain('+     candidate:');
      expect(exit).toBe(EXIT.ok);
      const { balanced } = await lockIn(dir).read();
      expect(balanced?.candidate).toMatchObject({ stage: 'proposed', reward: 'green - usd' });
      expect(balanced?.candidate?.evidence?.lowerBound).toBeGreaterThan(0);
      expect(learnedPolicy(filed, { lock: await lockIn(dir).read(), learn: undefined })).toEqual(filed);
      expect(await auditOf(dir)).toEqual(['policy-proposed user']);
    }, 300_000);

    test('another tenant has steps of its own', async () => {
      const { out } = await said(dir, ...REWARD, '--tenant', 'other', '--set', 'dial=4');
      expect(out).toMatch(/12 steps of yours/u);
      expect((await said(dir, ...REWARD, '--tenant', 'nobody', '--set', 'dial=4')).out).toMatch(
        /^Cannot tell: 0 steps/u,
      );
    });
  });
});

describe('a candidate that somebody names', () => {
  const canaryOf = async (dir: string, settings: readonly string[] = ['dial=10']): Promise<RouterPolicy> => {
    const named = settings.flatMap((one) => ['--set', one]);
    expect((await said(dir, ...REWARD, '--propose', ...named)).exit).toBe(EXIT.ok);
    expect((await said(dir, '--promote')).out).toMatch(/decided beside and recorded from now on/u);
    expect((await said(dir, '--promote')).out).toMatch(/obeyed in a share of the sessions from now on/u);
    const lock = lockIn(dir);
    // Its sessions are written as if they had come since two days ago.
    await lock.change((found) =>
      Object.fromEntries(
        Object.entries(found).map(([id, entry]) => [
          id,
          entry.candidate === undefined
            ? entry
            : { ...entry, candidate: { ...entry.candidate, since: new Date(Date.now() - 3 * DAY_MS).toISOString() } },
        ]),
      ),
    );
    return learnedPolicy(filed, { lock: await lock.read(), learn: undefined });
  };

  test('keeps what a step may count at most in its reward, as shipped or as declared', async () => {
    const dir = placeFor('caps');
    const config = path.join(dir, 'most.yaml');
    writeFileSync(config, 'learn: { most: { usd: 2 } }\n');
    const capsOf = async (): Promise<unknown> => (await lockIn(dir).read())['balanced']?.candidate?.caps;
    await said(dir, ...REWARD, '--propose', '--set', 'dial=10');
    expect(await capsOf()).toEqual({ usd: 10, minutes: 240 });
    await said(dir, ...REWARD, '--propose', '--set', 'dial=10', '--config', config);
    expect(await capsOf()).toEqual({ usd: 2, minutes: 240 });
  });

  test('goes on trial step by step, is taken back when it loses, and every act is on the audit trail', async () => {
    const dir = placeFor('loses');
    const policy = await canaryOf(dir);
    expect((await said(dir, '--check')).out).toMatch(/undecided after 0 sessions/u);
    await record(dir, policy, { sessions: 300, able: /opus|sonnet/u });
    expect((await said(dir, '--check')).out).toMatch(/worse after \d+ sessions that differ \(-.*taken back/u);
    expect((await lockIn(dir).read())['balanced']?.candidate).toBeUndefined();
    expect((await said(dir, '--check')).out).toBe('No candidate is on a canary.\n');
    expect(await auditOf(dir)).toEqual([
      'policy-proposed user',
      'policy-promoted user',
      'policy-promoted user',
      'policy-retreated user',
    ]);
  }, 300_000);

  test('is obeyed in half of the sessions once it has gained in a hundred, and nobody can tell yet', async () => {
    const dir = placeFor('widens');
    const policy = await canaryOf(dir);
    const shareOf = async (): Promise<number | undefined> =>
      (await lockIn(dir).read())['balanced']?.candidate?.shareRatio;
    expect(await shareOf()).toBe(0.2);
    await record(dir, policy, { sessions: 200, able: /./u, tag: 'alike' });
    await record(dir, policy, { sessions: 80, able: /luna|haiku|mini/u, tag: 'won' });
    await record(dir, policy, { sessions: 60, able: /opus/u, tag: 'lost' });
    const { out } = await said(dir, '--check');
    expect(out).toMatch(/undecided after \d{3} sessions/u);
    expect(await shareOf()).toBe(0.5);
    expect((await auditOf(dir)).at(-1)).toBe('policy-promoted user');
  }, 300_000);

  test('is taken back at once where it would refuse what the policy serves', async () => {
    const dir = placeFor('refuses');
    const policy = await canaryOf(
      dir,
      models.map(({ id }) => `deny=${id}`),
    );
    await record(dir, policy, { sessions: 4, able: /opus/u });
    expect((await said(dir, '--check')).out).toMatch(/it would refuse 16 steps .*taken back/su);
    expect((await lockIn(dir).read())['balanced']?.candidate).toBeUndefined();
    expect((await auditOf(dir)).at(-1)).toBe('policy-retreated user');
  });

  test('is judged by its own steps alone, and not by those of a candidate before it', async () => {
    const dir = placeFor('successor');
    const first = await canaryOf(dir);
    await record(dir, first, { sessions: 300, able: /opus|sonnet/u });
    await said(dir, '--retreat');
    await canaryOf(dir);
    expect((await said(dir, '--check')).out).toMatch(/undecided after 0 sessions/u);
  }, 300_000);

  test('is taken back where nobody can judge it', async () => {
    const dir = placeFor('unreadable');
    await canaryOf(dir);
    const file = path.join(dir, 'policy.lock.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('reward: green - usd', 'reward: gren - usd'));
    expect((await said(dir, '--check')).out).toMatch(/nobody can judge it; taken back\. .*Did you mean "green"/u);
    expect((await lockIn(dir).read())['balanced']?.candidate).toBeUndefined();
    expect((await auditOf(dir)).at(-1)).toBe('policy-retreated user');
  });

  test('stands on the audit trail though its process was killed before it could say so, and once', async () => {
    const dir = placeFor('unnoted');
    await canaryOf(dir);
    const lock = lockIn(dir);
    await lock.move((found) => ({
      lock: retreated(found, 'balanced').lock,
      note: { act: 'policy-retreated', actor: 'gateway', subject: 'balanced', detail: { by: 'canary' } },
    }));
    expect((await auditOf(dir)).at(-1)).toBe('policy-promoted user');
    for (let look = 0; look < 2; look += 1) await said(dir, '--check');
    expect((await auditOf(dir)).filter((act) => act === 'policy-retreated gateway')).toHaveLength(1);
    expect(readFileSync(path.join(dir, 'policy.lock.yaml'), 'utf8')).not.toContain('unnoted');
  });

  test('is shown with where it stands, since when and how to take it back, by "policies" and "doctor"', async () => {
    const dir = placeFor('shown');
    await canaryOf(dir);
    const listed = (await said(dir, { command: policiesCommand }, '--json')).out;
    expect((JSON.parse(listed) as { data: { learned: unknown } }).data.learned).toEqual([
      expect.objectContaining({ policyId: 'balanced', stage: 'canary', settings: ['dial: 10'], holds: true }),
    ]);
    const line =
      /balanced, dial: 10: on a canary, obeyed in 20 % of the sessions since 2\d{3}-\d\d-\d\d, allowed by user .*--retreat --policy balanced/su;
    expect((await said(dir, { command: policiesCommand })).out.replaceAll(/\s+/gu, ' ')).toMatch(line);
    expect((await said(dir, { command: policiesCommand }, 'balanced')).out.replaceAll(/\s+/gu, ' ')).toMatch(line);
    expect((await said(dir, { command: doctorCommand }, '--offline')).out.replaceAll(/\s+/gu, ' ')).toMatch(line);
    await lockIn(dir).change((found) => ({
      ...found,
      balanced: { ...found['balanced'], learnedOn: 'another', current: {} },
    }));
    expect((await said(dir, { command: doctorCommand }, '--offline')).out).toMatch(
      /warn  learned of balanced .*is not obeyed/u,
    );
  });

  test('takes over by a rule of the configuration when it wins, and goes back by hand', async () => {
    const dir = placeFor('wins');
    const policy = await canaryOf(dir);
    await record(dir, policy, { sessions: 300, able: /haiku/u });
    expect((await said(dir, '--check')).out).toMatch(/better after .*promote it with --promote/u);
    const config = path.join(dir, 'rule.yaml');
    writeFileSync(config, 'learn: { promote: by-rule }\n');
    expect((await said(dir, '--check', '--config', config)).out).toMatch(/better after .*; promoted\./u);
    expect(learnedPolicy(filed, { lock: await lockIn(dir).read(), learn: undefined }).dial).toBe(10);
    expect((await said(dir, '--retreat')).out).toMatch(/dial: 10: taken back/u);
    expect(learnedPolicy(filed, { lock: await lockIn(dir).read(), learn: undefined })).toEqual(filed);
  }, 300_000);
});

describe('a lock that was edited by hand to nonsense', () => {
  test('is an error that says where, and is not written over', async () => {
    const dir = placeFor('nonsense');
    const lock = path.join(dir, 'policy.lock.yaml');
    writeFileSync(lock, 'v: 1\npolicies:\n  balanced: { learnedOn: x, current: { dial: 99 } }\n');
    for (const args of [[...REWARD], ['--promote'], ['--check'], [...REWARD, '--propose', '--set', 'dial=4']]) {
      await expect(said(dir, ...args)).rejects.toThrow(
        expect.objectContaining({ code: 'policy-invalid', message: expect.stringMatching(/lock\.yaml:3: .*dial/u) }),
      );
    }
    expect(readFileSync(lock, 'utf8')).toContain('dial: 99');
  });

  test('a pipe in its place is an error and is not waited for', async () => {
    const dir = placeFor('pipe');
    execFileSync('mkfifo', [path.join(dir, 'policy.lock.yaml')]);
    for (const args of [[...REWARD], ['--promote'], ['--check'], [...REWARD, '--propose', '--set', 'dial=4']]) {
      await expect(said(dir, ...args)).rejects.toThrow(
        expect.objectContaining({ code: 'record-unreadable', message: expect.stringMatching(/it is no plain file/u) }),
      );
    }
  });

  test('a draft that a killed process left behind is no lock', async () => {
    const dir = placeFor('killed');
    writeFileSync(path.join(dir, 'policy.lock.yaml.123.tmp'), 'v: 1\npolic');
    expect(await lockIn(dir).read()).toEqual({});
    expect((await said(dir, ...REWARD, '--propose', '--set', 'dial=4')).exit).toBe(EXIT.ok);
    expect((await lockIn(dir).read())['balanced']?.candidate?.settings).toEqual({ dial: 4 });
  });
});
