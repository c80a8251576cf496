import { randomBytes, scrypt, timingSafeEqual, createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';

/** One caller of a gateway that others can reach. The token itself is shown once and never stored. */
export interface AccessKey {
  readonly id: string;
  readonly name: string;
  readonly saltBase64: string;
  /** scrypt of the token. */
  readonly hashBase64: string;
  readonly createdAt: At;
  /** Spending limit over the key's life. `undefined`: none. */
  readonly budgetNanoUsd: NanoUsd | undefined;
  /** Policy that its calls are routed by. `undefined`: the gateway's. */
  readonly policyId: string | undefined;
  /** Models it may reach by name or by routing. `undefined`: all. */
  readonly allowModels: readonly string[] | undefined;
  readonly requestsPerMinute: number | undefined;
}

const accessKeySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]{8}$/u),
  name: z.string(),
  saltBase64: z.string(),
  hashBase64: z.string(),
  createdAt: z.number(),
  budgetNanoUsd: z.number().int().nonnegative().optional(),
  policyId: z.string().optional(),
  allowModels: z.array(z.string()).optional(),
  requestsPerMinute: z.number().int().positive().optional(),
});
const fileSchema = z.strictObject({ v: z.literal(1), keys: z.array(accessKeySchema) });

/**
 * Reads the text of an access-key file.
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
  return parsed.data.keys.map((key) => ({
    ...key,
    budgetNanoUsd: key.budgetNanoUsd as NanoUsd | undefined,
    policyId: key.policyId,
    allowModels: key.allowModels,
    requestsPerMinute: key.requestsPerMinute,
  }));
}

export function formatAccessKeys(keys: readonly AccessKey[]): string {
  return `${JSON.stringify({ v: 1, keys }, undefined, 2)}\n`;
}

const scryptAsync = promisify(scrypt) as (token: string, salt: Buffer, bytes: number) => Promise<Buffer>;
const HASH_BYTES = 32;
const TOKEN_SHAPE = /^pm-([a-z0-9]{8})-[\w-]{43}$/u;

export type NewAccessKey = Pick<
  AccessKey,
  'name' | 'budgetNanoUsd' | 'policyId' | 'allowModels' | 'requestsPerMinute' | 'createdAt'
>;

/** Makes a key and its token, `pm-<id>-<256 random bits>`. */
export async function createAccessKey(
  options: NewAccessKey,
): Promise<{ readonly key: AccessKey; readonly token: string }> {
  const id = randomBytes(5).toString('hex').slice(0, 8);
  const token = `pm-${id}-${randomBytes(32).toString('base64url')}`;
  const salt = randomBytes(16);
  const hash = await scryptAsync(token, salt, HASH_BYTES);
  return { key: { id, ...options, saltBase64: salt.toString('base64'), hashBase64: hash.toString('base64') }, token };
}

export interface TokenCheck {
  /** The key that a token belongs to; `undefined` for any other text. */
  check(token: string): Promise<AccessKey | undefined>;
}

const MAX_REMEMBERED = 1000;

/**
 * Checks tokens against stored hashes. scrypt runs once per token; after that a digest in memory answers. Wrong tokens
 * of a known id cost one scrypt each, at most four at a time, so that guessing cannot take the processor.
 */
export function createTokenCheck(keys: readonly AccessKey[]): TokenCheck {
  const byId = new Map(keys.map((key) => [key.id, key]));
  const known = new Map<string, AccessKey>();
  let running = 0;
  return {
    async check(token) {
      const id = TOKEN_SHAPE.exec(token)?.[1];
      const key = id === undefined ? undefined : byId.get(id);
      if (key === undefined) return undefined;
      const digest = createHash('sha256').update(token).digest('base64');
      const remembered = known.get(digest);
      if (remembered !== undefined) return remembered;
      if (running >= 4) return undefined;
      running++;
      try {
        const hash = await scryptAsync(token, Buffer.from(key.saltBase64, 'base64'), HASH_BYTES);
        const stored = Buffer.from(key.hashBase64, 'base64');
        if (hash.length !== stored.length || !timingSafeEqual(hash, stored)) return undefined;
      } finally {
        running--;
      }
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(digest, key);
      return key;
    },
  };
}
