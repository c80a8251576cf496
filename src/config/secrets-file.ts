import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../domain/secret/subscription-token.ts';

const fileSchema = z.strictObject({
  v: z.literal(1),
  cipher: z.literal('scrypt-aes-256-gcm'),
  salt: z.string(),
  iv: z.string(),
  tag: z.string(),
  data: z.string(),
});
const secretsSchema = z.record(z.string(), z.string());

/** Provider keys by the name of their environment variable. */
export type Secrets = Readonly<Record<string, string>>;

/** Encrypts provider keys with a passphrase: scrypt (N = 2^15) for the key, AES-256-GCM for the content. */
export function sealSecrets(secrets: Secrets, passphrase: string): string {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(passphrase, salt), iv);
  const data = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()]);
  const base64 = (bytes: Buffer): string => bytes.toString('base64');
  const file: z.infer<typeof fileSchema> = {
    v: 1,
    cipher: 'scrypt-aes-256-gcm',
    salt: base64(salt),
    iv: base64(iv),
    tag: base64(cipher.getAuthTag()),
    data: base64(data),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/**
 * @throws PointsmanError `config-invalid` when the file is damaged or the passphrase is another one, which cannot be told
 * apart; and when it holds a subscription token, whoever wrote it.
 */
export function openSecrets(text: string, passphrase: string): Secrets {
  const secrets = decrypted(text, passphrase);
  const name = Object.keys(secrets).find((key) => holdsSubscriptionToken(secrets[key] ?? ''));
  if (name === undefined) return secrets;
  throw new PointsmanError('config-invalid', `The secrets file holds a subscription token under ${name}.`, {
    hint: SUBSCRIPTION_HINT,
  });
}

function decrypted(text: string, passphrase: string): Secrets {
  try {
    const file = fileSchema.parse(JSON.parse(text));
    const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', keyFrom(passphrase, bytes(file.salt)), bytes(file.iv), {
      authTagLength: 16,
    });
    decipher.setAuthTag(bytes(file.tag));
    const plain = Buffer.concat([decipher.update(bytes(file.data)), decipher.final()]);
    return secretsSchema.parse(JSON.parse(plain.toString('utf8')));
  } catch {
    throw new PointsmanError('config-invalid', 'The secrets file cannot be opened', {
      hint: 'Check POINTSMAN_SECRETS_PASSPHRASE, or write the file again with "pointsman keys set".',
    });
  }
}

function keyFrom(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
}
