import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';
import { accountOf, type BudgetLimits, type Charge } from '../../money/ledger.ts';
import { isTeamPath, teamCharges, type TeamLimits, type TeamPath } from '../../money/team.ts';

/** How a token is known again. The token itself is shown once and never stored. */
export type TokenHash =
  | {
      /** A token has 256 random bits: there is nothing to stretch, so one round of SHA-256 compares at once. */
      readonly kind: 'sha256';
      readonly hashBase64: string;
      /** A token that was rotated out works until then. `undefined`: as long as its key. */
      readonly validUntil: At | undefined;
    }
  | {
      /** As versions before kept it. Read, and replaced when the token is first seen. */
      readonly kind: 'scrypt';
      readonly saltBase64: string;
      readonly hashBase64: string;
      readonly validUntil: At | undefined;
    };

/** One caller of a gateway that others can reach. */
export interface AccessKey {
  readonly id: string;
  readonly name: string;
  /** Newest first; more than one while a rotation lasts. */
  readonly tokens: readonly TokenHash[];
  readonly createdAt: At;
  /** From then on it opens nothing. `undefined`: it does not expire. */
  readonly expiresAt?: At | undefined;
  /** Spending limit over the key's life. `undefined`: none. */
  readonly budgetNanoUsd: NanoUsd | undefined;
  /** Spending limits of a day, week or month, in UTC. */
  readonly periodBudgets?: PeriodBudgets | undefined;
  /** Its place in an organisation, whose budgets its calls are charged to as well. Absent: it has none. */
  readonly team?: TeamPath | undefined;
  /** Policy that its calls are routed by. `undefined`: the gateway's. */
  readonly policyId: string | undefined;
  /** Models it may reach by name or by routing. `undefined`: all. */
  readonly allowModels: readonly string[] | undefined;
  readonly requestsPerMinute: number | undefined;
}

/** What an access key may spend. */
export function limitsOf({ budgetNanoUsd, periodBudgets }: AccessKey): BudgetLimits {
  return { ...periodBudgets, total: budgetNanoUsd };
}

/** All that pay for a call with this key: itself, and its place with those above it. */
export function chargesOfKey(key: AccessKey, teams: TeamLimits = NO_TEAMS): readonly Charge[] {
  return [{ account: accountOf('key', key.id), limits: limitsOf(key) }, ...teamCharges(key.team, teams)];
}

const NO_TEAMS: TeamLimits = new Map();

export interface PeriodBudgets {
  readonly day?: NanoUsd | undefined;
  readonly week?: NanoUsd | undefined;
  readonly month?: NanoUsd | undefined;
}

const amountSchema = z
  .number()
  .int()
  .nonnegative()
  .transform((amount) => amount as NanoUsd);
const common = {
  id: z.string().regex(/^[a-z0-9]{8}$/u),
  name: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().optional(),
  budgetNanoUsd: amountSchema.optional(),
  periodBudgets: z
    .strictObject({ day: amountSchema.optional(), week: amountSchema.optional(), month: amountSchema.optional() })
    .optional(),
  team: z.string().refine(isTeamPath).optional(),
  policyId: z.string().optional(),
  allowModels: z.array(z.string()).optional(),
  requestsPerMinute: z.number().int().positive().optional(),
};
const tokenSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sha256'), hashBase64: z.string(), validUntil: z.number().optional() }),
  z.strictObject({
    kind: z.literal('scrypt'),
    saltBase64: z.string(),
    hashBase64: z.string(),
    validUntil: z.number().optional(),
  }),
]);
const fileSchema = z.discriminatedUnion('v', [
  z.strictObject({
    v: z.literal(1),
    keys: z.array(z.strictObject({ ...common, saltBase64: z.string(), hashBase64: z.string() })),
  }),
  z.strictObject({
    v: z.literal(2),
    keys: z.array(z.strictObject({ ...common, tokens: z.array(tokenSchema).min(1) })),
  }),
]);

/**
 * Reads the text of an access-key file, of this version or the one before.
 * @throws PointsmanError `config-invalid`
 */
export function parseAccessKeys(text: string): readonly AccessKey[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new PointsmanError('config-invalid', 'The access-key file is not JSON', { cause });
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    throw new PointsmanError('config-invalid', `The access-key file is invalid: ${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  if (data.v === 2) return data.keys.map(({ tokens, ...key }) => ({ ...whole(key), tokens: tokens.map(withEnd) }));
  return data.keys.map(({ saltBase64, hashBase64, ...key }) => ({
    ...whole(key),
    tokens: [{ kind: 'scrypt', saltBase64, hashBase64, validUntil: undefined }],
  }));
}

type ReadKey = z.infer<z.ZodObject<typeof common>>;

function whole(key: ReadKey): Omit<AccessKey, 'tokens'> {
  return {
    ...key,
    budgetNanoUsd: key.budgetNanoUsd,
    policyId: key.policyId,
    allowModels: key.allowModels,
    requestsPerMinute: key.requestsPerMinute,
  };
}

function withEnd(token: z.infer<typeof tokenSchema>): TokenHash {
  return { ...token, validUntil: token.validUntil };
}

export function formatAccessKeys(keys: readonly AccessKey[]): string {
  return `${JSON.stringify({ v: 2, keys }, undefined, 2)}\n`;
}

export type NewAccessKey = Omit<AccessKey, 'id' | 'tokens'>;

/** Makes a key and its token, `pm-<id>-<256 random bits>`. */
export function createAccessKey(options: NewAccessKey): { readonly key: AccessKey; readonly token: string } {
  const id = randomBytes(5).toString('hex').slice(0, 8);
  const { token, hash } = newToken(id);
  return { key: { id, ...options, tokens: [hash] }, token };
}

/** The same key with a new token. The tokens it had work until `oldUntil`; those that no longer work at `now` go. */
export function rotateAccessKey(
  key: AccessKey,
  { now, oldUntil }: { readonly now: At; readonly oldUntil: At },
): { readonly key: AccessKey; readonly token: string } {
  const { token, hash } = newToken(key.id);
  const old = key.tokens
    .map((one) => ({ ...one, validUntil: Math.min(one.validUntil ?? oldUntil, oldUntil) }))
    .filter((one) => one.validUntil > now);
  return { key: { ...key, tokens: [hash, ...old] }, token };
}

function newToken(id: string): { readonly token: string; readonly hash: TokenHash } {
  const token = `pm-${id}-${randomBytes(32).toString('base64url')}`;
  return { token, hash: tokenHash(token, undefined) };
}

/** What is kept of a token. */
export function tokenHash(token: string, validUntil: At | undefined): TokenHash {
  return { kind: 'sha256', hashBase64: createHash('sha256').update(token).digest('base64'), validUntil };
}
