import { z } from 'zod';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../domain/secret/subscription-token.ts';
import type { Ms } from '../domain/time.ts';

/** One MCP server, ready to be started. */
export type ServerConfig = {
  readonly name: string;
  /** Hard limit of one call; `undefined`: the registry's. */
  readonly callTimeoutMs: Ms | undefined;
} & (
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string | undefined;
    }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** For signing in: a client that its owner knows already, and the port that it comes back to. Absent: any. */
      readonly oauth?:
        | { readonly clientId?: string | undefined; readonly callbackPort?: number | undefined }
        | undefined;
    }
);

/** A server that cannot even be tried. */
interface BrokenServer {
  readonly name: string;
  readonly why: string;
  readonly hint: string;
}

export interface ServerConfigs {
  readonly servers: readonly ServerConfig[];
  readonly broken: readonly BrokenServer[];
}

const MAX_FILE_LENGTH = 1_000_000;
const common = { timeout: z.number().positive().optional(), disabled: z.boolean().optional() };
const stdioSchema = z.object({
  type: z.literal('stdio').optional(),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  cwd: z.string().optional(),
  ...common,
});
const httpSchema = z.object({
  type: z.enum(['http', 'streamable-http', 'streamableHttp']).optional(),
  url: z.string().min(1),
  headers: z.record(z.string(), z.string()).default({}),
  oauth: z
    .object({ clientId: z.string().min(1).optional(), callbackPort: z.number().int().min(1).max(65_535).optional() })
    .optional(),
  ...common,
});
const fileSchema = z.object({ mcpServers: z.record(z.string(), z.unknown()).default({}) });

/**
 * Reads the text of a `.mcp.json` in the form that coding agents share: `{ mcpServers: { NAME: { command, args, env, cwd } |
 * { type: "http", url, headers } } }`, with `${VAR}` and `${VAR:-default}` filled in from `env`. Keys of other programs pass.
 * A server that is wrong is left out and named in `broken`; the others stand.
 * @throws PointsmanError `config-invalid` where the file as a whole cannot be read
 */
export function parseServerConfigs(text: string, file: string, env: Environment): ServerConfigs {
  const parsed = fileSchema.safeParse(parseJson(text, file));
  if (!parsed.success) throw invalid(file, `it has no object "mcpServers": ${parsed.error.issues[0]?.message ?? ''}`);
  const servers: ServerConfig[] = [];
  const broken: BrokenServer[] = [];
  for (const [name, entry] of Object.entries(parsed.data.mcpServers)) {
    const config = toServerConfig(name, entry, env);
    if (config === undefined) continue;
    if ('why' in config) broken.push(config);
    else servers.push(config);
  }
  return { servers, broken };
}

/** `undefined`: switched off. */
function toServerConfig(name: string, entry: unknown, env: Environment): ServerConfig | BrokenServer | undefined {
  const type = (entry as { type?: unknown } | null)?.type;
  if (type === 'sse') {
    return { name, why: 'the transport "sse" is not spoken any more', hint: 'Use the server\'s "http" address.' };
  }
  const isHttp = typeof (entry as { url?: unknown } | null)?.url === 'string';
  const parsed = isHttp ? httpSchema.safeParse(entry) : stdioSchema.safeParse(entry);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const why = `its entry is wrong at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}`;
    return { name, why, hint: 'Give it a "command", or a "type": "http" with a "url".' };
  }
  if (parsed.data.disabled === true) return undefined;
  const missing = new Set<string>();
  const fill = (value: string): string => expand(value, env, missing);
  const config = filled(name, parsed.data, fill);
  if (missing.size > 0) {
    const names = [...missing].join(', ');
    return { name, why: `${names} is not set in the environment`, hint: `Set ${names}, or write \${NAME:-default}.` };
  }
  if ('why' in config || !wouldSend(config).some(holdsSubscriptionToken)) return config;
  return { name, why: 'it would be handed a subscription token', hint: SUBSCRIPTION_HINT };
}

/** Everything that a server is told or handed. */
function wouldSend(config: ServerConfig): readonly string[] {
  if (config.kind === 'http') return [config.url, ...Object.values(config.headers)];
  return [config.command, ...config.args, ...Object.values(config.env)];
}

function filled(
  name: string,
  data: z.output<typeof stdioSchema> | z.output<typeof httpSchema>,
  fill: (value: string) => string,
): ServerConfig | BrokenServer {
  const each = (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fill(value)]));
  const base = { name, callTimeoutMs: data.timeout };
  if ('command' in data) {
    const cwd = data.cwd === undefined ? undefined : fill(data.cwd);
    return { ...base, kind: 'stdio', command: fill(data.command), args: data.args.map(fill), env: each(data.env), cwd };
  }
  const url = fill(data.url);
  if (!/^https?:$/u.test(URL.parse(url)?.protocol ?? '')) {
    return { name, why: 'its "url" is no http address', hint: 'Write it as https://HOST/PATH.' };
  }
  const { oauth } = data;
  return { ...base, kind: 'http', url, headers: each(data.headers), ...(oauth === undefined ? {} : { oauth }) };
}

/** What is filled in is not looked at again: a value never becomes another variable. */
function expand(value: string, env: Environment, missing: Set<string>): string {
  return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/gu, (_all, name: string, fallback?: string) => {
    const found = Object.hasOwn(env, name) ? env[name] : undefined;
    if (found !== undefined && (found !== '' || fallback === undefined)) return found;
    if (fallback === undefined) missing.add(name);
    return fallback ?? '';
  });
}

function parseJson(text: string, file: string): unknown {
  if (text.length > MAX_FILE_LENGTH) throw invalid(file, 'it is larger than a megabyte');
  try {
    return JSON.parse(text.replace(/^\uFEFF/u, ''));
  } catch (cause) {
    throw invalid(file, `it is not JSON: ${cause instanceof Error ? cause.message : ''}`, cause);
  }
}

function invalid(file: string, why: string, cause?: unknown): PointsmanError {
  return new PointsmanError('config-invalid', `${file} cannot be read: ${why}`, { cause, hint: `Correct ${file}.` });
}
