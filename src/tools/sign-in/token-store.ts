import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { z } from 'zod';
import type { Environment } from '../../domain/environment.ts';
import { jsonIn } from '../../domain/json.ts';
import { userDataDir } from '../../trust/user-folders.ts';

/** What signing in at one tool server has left: who we are there, and what opens it. */
export interface SignedIn {
  readonly client: OAuthClientInformationMixed;
  readonly tokens?: OAuthTokens | undefined;
}

/** Tokens of tool servers, each in a file of its own that only its user can read. They are never shown, logged or recorded. */
export interface TokenStore {
  /** `undefined`: nobody has signed in there, or the file is damaged. */
  readonly read: (serverUrl: string) => Promise<SignedIn | undefined>;
  readonly write: (serverUrl: string, signedIn: SignedIn) => Promise<void>;
  /** @returns whether there was one */
  readonly forget: (serverUrl: string) => Promise<boolean>;
}

/** Fields of others stay as they are: the protocol's client wants back what it gave. */
const fileSchema = z.object({
  client: z.looseObject({ client_id: z.string() }),
  tokens: z.looseObject({ access_token: z.string(), token_type: z.string() }).optional(),
});

/** @returns `undefined`: this user has no folder of their own */
export function openTokenStore(env: Environment): TokenStore | undefined {
  const data = userDataDir(env);
  if (data === undefined) return undefined;
  const dir = path.join(data, 'tool-servers');
  // By digest: an address may hold a key.
  const fileOf = (serverUrl: string): string =>
    path.join(dir, `${createHash('sha256').update(new URL(serverUrl).href).digest('hex').slice(0, 32)}.json`);
  return {
    read: async (serverUrl) => {
      const text = await fs.readFile(fileOf(serverUrl), 'utf8').catch(() => undefined);
      const parsed = fileSchema.safeParse(text === undefined ? undefined : jsonIn(text));
      return parsed.success ? parsed.data : undefined;
    },
    write: async (serverUrl, signedIn) => {
      await fs.mkdir(dir, { recursive: true, mode: 0o700 });
      const file = fileOf(serverUrl);
      const draft = `${file}.${process.pid}`;
      await fs.writeFile(draft, JSON.stringify(signedIn), { mode: 0o600 });
      await fs.rename(draft, file);
    },
    forget: async (serverUrl) =>
      fs.rm(fileOf(serverUrl)).then(
        () => true,
        () => false,
      ),
  };
}
