import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import { loadPolicies } from './load-policies.ts';
import { promoted, retreated, widened, withProposal } from './lock-moves.ts';
import { lockRows } from './lock-rows.ts';
import { lockedPolicy, lockText, NO_LOCK, parseLock, type LockCandidate } from './policy-lock.ts';

const policy = loadPolicies(loadCatalog()).get('balanced')?.policy;
if (policy === undefined) throw new RangeError('The policy "balanced" is shipped.');

const candidate: LockCandidate = {
  stage: 'proposed',
  settings: {
    dial: 6,
    failureFactors: { code: 2 },
    stakesFactors: [1, 2, 5],
    maxRungs: 3,
    denyModels: [asId<ModelId>('gpt-6-luna')],
  },
  shareRatio: 0.2,
  salt: 'one',
  since: '2026-11-30T10:00:00.000Z',
  allowedBy: 'user ada at host',
  reward: 'green - 4 * usd',
  evidence: { stepCount: 900, effectiveCount: 120, gain: 0.02, lowerBound: 0.004 },
};
const by = { learnedOn: 'file-1', now: '2026-11-30T11:00:00.000Z', allowedBy: 'user ben at host' };
const proposed = withProposal(NO_LOCK, 'balanced', { learnedOn: 'file-1', candidate });

describe('a lock', () => {
  test('reads back what was written', () => {
    expect(parseLock(lockText({ policies: proposed }), 'lock').policies).toEqual(proposed);
    expect(parseLock(undefined, 'lock').policies).toEqual({});
  });

  test('holds nothing that would steer the terminal it is shown at', () => {
    const steering = withProposal(NO_LOCK, 'balanced', {
      learnedOn: 'file-1',
      candidate: { ...candidate, allowedBy: 'ada\u001B[2J\nforged' },
    });
    expect(() => parseLock(lockText({ policies: steering }), 'lock')).toThrow(/allowedBy.*control characters/su);
    const lines = { ...candidate, reward: 'green\n  - usd' };
    const wrapped = withProposal(NO_LOCK, 'balanced', { learnedOn: 'file-1', candidate: lines });
    expect(parseLock(lockText({ policies: wrapped }), 'lock').policies).toEqual(wrapped);
  });

  test.each([
    ['v: 2\npolicies: {}\n', /lock.*v/u],
    ['v: 1\n', /policies/u],
    ['v: 1\npolicies: []\n', /policies/u],
    ['{ not yaml', /lock/u],
    ['v: 1\npolicies: { balanced: { learnedOn: x, current: { dial: 11 } } }', /current\.dial/u],
    ['v: 1\npolicies: { balanced: { learnedOn: x, current: { dail: 5 } } }', /did you mean "dial"/iu],
    ['v: 1\npolicies: { balanced: { learnedOn: x, current: { dial: .nan } } }', /dial/u],
    ['v: 1\npolicies: { balanced: { learnedOn: x, current: { stakesFactors: [3, 2, 1] } } }', /must not fall/u],
    ['v: 1\npolicies: { balanced: { learnedOn: x, current: { failureFactors: { code: -1 } } } }', /code/u],
    [lockText({ policies: proposed }).replace('shareRatio: 0.2', 'shareRatio: 1'), /0\.5 at most/u],
    [lockText({ policies: proposed }).replace('proposed', 'current'), /stage/u],
  ])('edited to %j is an error that says where', (text, why) => {
    expect(() => parseLock(text, 'lock')).toThrow(
      expect.objectContaining({ code: 'policy-invalid', message: expect.stringMatching(why) }),
    );
  });
});

describe('a candidate', () => {
  const locked = (lock: typeof proposed, digest = 'file-1') =>
    lockedPolicy(policy, { lock, digest, explore: undefined });

  test('changes nothing while it is proposed, is watched, is tried in a share, and is in force', () => {
    expect(locked(proposed)).toEqual(policy);
    const watched = promoted(proposed, 'balanced', by);
    expect(watched.to).toBe('shadow');
    expect(locked(watched.lock)).toMatchObject({
      dial: policy.dial,
      trial: { candidate: { stage: 'shadow', rules: { dial: 6 } } },
    });
    const tried = promoted(watched.lock, 'balanced', by);
    expect(locked(tried.lock).trial?.candidate).toMatchObject({
      stage: 'canary',
      allowedBy: 'user ben at host',
      shareRatio: 0.2,
    });
    const inForce = promoted(tried.lock, 'balanced', by);
    expect(inForce.to).toBe('current');
    expect(locked(inForce.lock)).toMatchObject({
      dial: 6,
      ladder: { maxRungs: 3 },
      stakesFactors: [1, 2, 5],
      denyModels: ['gpt-6-luna'],
      failureNanoUsd: { code: 2 * policy.failureNanoUsd.code, plan: policy.failureNanoUsd.plan },
    });
    expect(locked(inForce.lock).trial).toBeUndefined();
    const back = retreated(inForce.lock, 'balanced');
    expect([back.from, locked(back.lock)]).toEqual(['current', policy]);
  });

  test('gets half of the sessions once, and only on a canary; in force it says what its canary has shown', () => {
    const tried = promoted(promoted(proposed, 'balanced', by).lock, 'balanced', by).lock;
    expect([widened(proposed, 'balanced'), widened(NO_LOCK, 'balanced')]).toEqual([undefined, undefined]);
    const wide = widened(tried, 'balanced') ?? {};
    expect(wide['balanced']?.candidate).toEqual({ ...tried['balanced']?.candidate, shareRatio: 0.5 });
    expect(widened(wide, 'balanced')).toBeUndefined();
    const shown = { sessionCount: 400, gain: 0.1, lowerBound: 0.02 };
    const inForce = promoted(wide, 'balanced', { ...by, shown }).lock;
    const [row] = lockRows(inForce, new Map([['balanced', policy]]), () => 'file-1');
    expect(row).toMatchObject({ stage: 'in-force', holds: true, lowerBound: { gain: 0.02, of: 'session' } });
    expect(row?.text).toContain(
      'in force since 2026-11-30, allowed by user ben at host. It gains at least 0.02 a session',
    );
    expect(lockRows(inForce, new Map(), () => 'file-1')[0]?.text).toContain('is not obeyed');
  });

  test('of another policy file holds nowhere, and is not promoted', () => {
    const tried = promoted(promoted(proposed, 'balanced', by).lock, 'balanced', by).lock;
    expect(locked(tried, 'file-2')).toEqual(policy);
    expect(() => promoted(tried, 'balanced', { ...by, learnedOn: 'file-2' })).toThrow(/another policy file/u);
  });

  test('that is taken back leaves what was in force; where there is nothing, that is said', () => {
    expect(locked(retreated(proposed, 'balanced').lock)).toEqual(policy);
    expect(() => retreated(NO_LOCK, 'balanced')).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(() => promoted(NO_LOCK, 'constructor', by)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  test('is measured against the file, not upon what is in force', () => {
    const inForce = {
      balanced: {
        learnedOn: 'file-1',
        current: { failureFactors: { code: 2 } },
        candidate: { ...candidate, stage: 'canary' as const },
      },
    };
    expect(locked(inForce).trial?.candidate?.rules.failureNanoUsd.code).toBe(2 * policy.failureNanoUsd.code);
  });
});
