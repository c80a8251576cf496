// One file: every key of the configuration as it may be written, beside the schema that holds it.

import { z } from 'zod';
import { complianceSchema } from '../catalog/compliance.ts';
import { ownModelRowSchema, statedPrices, type ModelRowPrices, type OwnModelRow } from '../catalog/model-row.ts';
import { WIRES, type Compliance, type Wire } from '../domain/model.ts';
import type { RewardScale } from '../domain/quality.ts';
import { STEP_KINDS, type HandsChoice, type StepKind } from '../domain/step.ts';
import { isTeamPath } from '../money/team.ts';
import { handsSchema } from '../policy/hands-choice.ts';
import { parseShape, parseYaml, type YamlDocument } from '../policy/yaml-document.ts';
import { DIALECTS, HOST_KINDS, type Dialect, type HostKind } from '../wires/shared/endpoint-config.ts';
import { learnSchema, type LearnFile } from './learn-config.ts';
import { SERVED_KINDS, type ServedKind } from './served-kinds.ts';

/** The configuration file as written. `${NAME}` inside a text stands for a variable of the environment. */
interface ConfigFile {
  readonly policy?: string | undefined;
  readonly dial?: number | undefined;
  readonly budgetUsd?: number | undefined;
  readonly pool?: readonly string[] | undefined;
  readonly pools?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly store?: string | undefined;
  readonly records?:
    | {
        readonly keepDays?: number | 'forever' | undefined;
        readonly maxMegabytes?: number | undefined;
        readonly words?: boolean | undefined;
      }
    | undefined;
  readonly policyDirs?: readonly string[] | undefined;
  readonly shadows?: readonly string[] | undefined;
  readonly endpoints?: Readonly<Record<string, EndpointFile>> | undefined;
  readonly models?: readonly OwnModelRow[] | undefined;
  readonly tools?: ToolsFile | undefined;
  readonly check?: string | readonly string[] | undefined;
  readonly hands?: HandsChoice | undefined;
  readonly steps?: StepsFile | undefined;
  readonly reward?: RewardScale | undefined;
  readonly alarms?: AlarmsFile | undefined;
  readonly learn?: LearnFile | undefined;
  readonly teams?: Readonly<Record<string, TeamFile>> | undefined;
}

/** What a place of an organisation may spend. */
export interface TeamFile {
  readonly budgetUsd?: number | undefined;
  readonly dayUsd?: number | undefined;
  readonly weekUsd?: number | undefined;
  readonly monthUsd?: number | undefined;
}

export interface EndpointFile {
  readonly baseUrl?: string | undefined;
  readonly wires?: readonly Wire[] | undefined;
  readonly apiKey?: string | undefined;
  readonly apiKeyName?: string | undefined;
  readonly keyless?: boolean | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly idleTimeoutSeconds?: number | undefined;
  readonly firstByteSeconds?: number | undefined;
  readonly compliance?: Compliance | undefined;
  readonly host?: HostKind | undefined;
  readonly apiVersion?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly project?: string | undefined;
  readonly credentialsFile?: string | undefined;
  readonly dialect?: Dialect | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly caFile?: string | undefined;
  readonly serves?: readonly ServedKind[] | undefined;
  readonly keys?: readonly (string | KeyFile)[] | undefined;
  readonly weight?: number | undefined;
  readonly canary?: number | undefined;
  readonly shadow?: boolean | undefined;
  readonly priceRatio?: number | undefined;
  readonly models?: Readonly<Record<string, HostedModelFile>> | undefined;
}

/** One of several keys of an endpoint. */
export interface KeyFile {
  readonly name: string;
  readonly weight?: number | undefined;
  readonly onlyFor?: readonly string[] | undefined;
}

/** What a host says of a model that another row describes. */
export interface HostedModelFile {
  readonly wireModel?: string | undefined;
  readonly usdPerMTok?: ModelRowPrices | undefined;
}

interface ToolsFile {
  readonly mcpFile?: string | undefined;
  readonly defaults?: 'when-none' | 'always' | 'never' | undefined;
  readonly allowCommands?: readonly (string | CommandFile)[] | undefined;
  readonly risks?: Readonly<Record<string, ToolRiskName>> | undefined;
  readonly callTimeoutSeconds?: number | undefined;
  readonly approve?: 'ask' | 'all' | undefined;
  readonly sandbox?: 'auto' | 'off' | undefined;
  readonly inPlace?: boolean | undefined;
  readonly network?: boolean | undefined;
  readonly testTimeoutSeconds?: number | undefined;
  readonly person?: readonly StepKind[] | undefined;
  readonly reproduction?: 'keep' | 'drop' | 'off' | undefined;
}

interface AlarmsFile {
  readonly webhook: string;
  readonly secret: string;
}

/** What one try of a step may take. */
export interface StepsFile {
  readonly maxCalls?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly maxUsd?: number | undefined;
  readonly maxMinutes?: number | undefined;
  readonly ask?: AskFile | 'off' | undefined;
}

export interface AskFile {
  readonly maxQuestions?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly maxUsd?: number | undefined;
}

type ToolRiskName = 'read-only' | 'write' | 'destructive';

export interface CommandFile {
  readonly program: string;
  readonly starts?: readonly (readonly string[])[] | undefined;
  readonly letters?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly scriptArguments?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
}

const text = z.string().min(1).max(4000);
const list = z.array(text);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/u, 'must be the name of an environment variable');
const endpointId = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u, 'must be lower-case words joined by hyphens');
const url = z
  .string()
  .max(2000)
  .refine((value) => value.includes('${') || isHttpUrl(value), 'must be an http or https address');

const hosted = z.strictObject({
  wireModel: z.string().min(1).max(300).optional(),
  usdPerMTok: statedPrices.optional(),
});

const weight = z.number().gt(0, 'must be more than 0').max(1000);

const key = z.union([
  variable,
  z.strictObject({ name: variable, weight: weight.optional(), onlyFor: list.min(1).optional() }),
]);

const endpoint = z.strictObject({
  baseUrl: url.optional(),
  wires: z.array(z.enum(WIRES)).min(1).optional(),
  /** Only a reference: a key in a file ends up in a repository. */
  apiKey: z
    .string()
    .regex(/^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/u, 'keys are not kept in the file; write ${NAME} and set that variable')
    .optional(),
  apiKeyName: variable.optional(),
  keyless: z.boolean().optional(),
  headers: z.record(text, text).optional(),
  timeoutSeconds: z.number().gt(0).max(86_400).optional(),
  idleTimeoutSeconds: z.number().gt(0).max(86_400).optional(),
  firstByteSeconds: z.number().gt(0).max(86_400).optional(),
  compliance: complianceSchema.optional(),
  host: z.enum(HOST_KINDS).optional(),
  apiVersion: text.max(40).optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,40}$/u, 'must be the name of a region')
    .optional(),
  profile: text.optional(),
  project: z
    .string()
    .regex(/^[A-Za-z0-9:.-]{1,100}$/u, 'must be the id of a project')
    .optional(),
  credentialsFile: text.optional(),
  dialect: z.enum(DIALECTS).optional(),
  query: z.record(text, text).optional(),
  caFile: text.optional(),
  /** What of it beside model calls goes here where neither a model nor an id says where. */
  serves: z.array(z.enum(SERVED_KINDS)).optional(),
  keys: z.array(key).min(1).max(100).optional(),
  weight: weight.optional(),
  canary: z.number().gt(0, 'must be more than 0').lt(1, 'must be less than 1: a share of the sessions').optional(),
  /** It is never chosen; what would have been chosen with it is recorded. */
  shadow: z.boolean().optional(),
  priceRatio: z.number().gt(0).max(100).optional(),
  models: z.record(text, hosted).optional(),
});

const program = z.string().regex(/^[A-Za-z0-9][\w.+-]{0,63}$/u, 'must be the name of a program, without a path');
const word = z.string().min(1).max(200);

/** `make test`, or the same as a rule with more to say. */
const command = z.union([
  z.string().regex(/^[A-Za-z0-9][\w.+-]*(?: [^\s;|&<>$`'"\\]+)*$/u, 'must be a program and its first words'),
  z.strictObject({
    program,
    starts: z.array(z.array(word)).min(1).optional(),
    letters: z
      .string()
      .regex(/^[A-Za-z0-9]*$/u)
      .optional(),
    options: z.array(z.string().regex(/^--[\w-]+=?$/u, 'must be a long option, such as --check or --name=')).optional(),
    scriptArguments: z.boolean().optional(),
    readOnly: z.boolean().optional(),
  }),
]);

const tools = z.strictObject({
  mcpFile: text.optional(),
  defaults: z.enum(['when-none', 'always', 'never']).optional(),
  allowCommands: z.array(command).optional(),
  risks: z.record(text, z.enum(['read-only', 'write', 'destructive'])).optional(),
  callTimeoutSeconds: z.number().gt(0).max(86_400).optional(),
  approve: z.enum(['ask', 'all']).optional(),
  sandbox: z.enum(['auto', 'off']).optional(),
  inPlace: z.boolean().optional(),
  network: z.boolean().optional(),
  testTimeoutSeconds: z.number().gt(0).max(86_400).optional(),
  person: z.array(z.enum(STEP_KINDS)).optional(),
  reproduction: z.enum(['keep', 'drop', 'off']).optional(),
});

const steps = z.strictObject({
  maxCalls: z.number().int().min(1).max(100_000).optional(),
  maxTokens: z.number().int().min(1).optional(),
  maxUsd: z.number().gt(0, 'must be more than 0').max(1_000_000).optional(),
  maxMinutes: z.number().gt(0, 'must be more than 0').max(100_000).optional(),
  ask: z
    .union([
      z.literal('off'),
      z.strictObject({
        maxQuestions: z.number().int().min(1).max(100).optional(),
        maxTokens: z.number().int().min(1).optional(),
        maxUsd: z.number().gt(0, 'must be more than 0').max(1_000_000).optional(),
      }),
    ])
    .optional(),
});

const usd = z.number().gt(0, 'must be more than 0').max(1_000_000_000);
const teamPath = text.refine(isTeamPath, 'must be ORGANISATION, ORGANISATION/TEAM or ORGANISATION/TEAM/PROJECT');

const schema = z.strictObject({
  policy: text.optional(),
  dial: z.number().min(0).max(10).optional(),
  budgetUsd: z.number().gt(0, 'must be more than 0').max(1_000_000).optional(),
  pool: list.min(1).optional(),
  pools: z.record(text, list.min(1)).optional(),
  store: text.optional(),
  records: z
    .strictObject({
      keepDays: z
        .union([z.number().min(1, 'must be at least 1, or "forever"').max(36_500), z.literal('forever')])
        .optional(),
      maxMegabytes: z.number().min(10).max(10_000_000).optional(),
      words: z.boolean().optional(),
    })
    .optional(),
  policyDirs: list.optional(),
  shadows: list.optional(),
  endpoints: z.record(endpointId, endpoint).optional(),
  models: z.array(ownModelRowSchema).optional(),
  tools: tools.optional(),
  steps: steps.optional(),
  check: z.union([text, list.min(1)]).optional(),
  hands: handsSchema.optional(),
  reward: z
    .strictObject({ bad: z.number(), good: z.number() })
    .refine(({ bad, good }) => bad !== good, 'must say two different rewards')
    .optional(),
  learn: learnSchema.optional(),
  teams: z
    .record(
      teamPath,
      z.strictObject({
        budgetUsd: usd.optional(),
        dayUsd: usd.optional(),
        weekUsd: usd.optional(),
        monthUsd: usd.optional(),
      }),
    )
    .optional(),
  alarms: z
    .strictObject({
      webhook: url,
      /** Only a reference, as keys are. */
      secret: z
        .string()
        .regex(
          /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/u,
          'secrets are not kept in the file; write ${NAME} and set that variable',
        ),
    })
    .optional(),
});

const configFileSchema = schema as unknown as z.ZodType<ConfigFile>;

export interface ParsedConfigFile {
  readonly values: ConfigFile;
  readonly document: YamlDocument;
}

/**
 * Reads the text of a configuration file, YAML or JSON. Strict: an unknown key is an error. Messages never quote values.
 * @throws PointsmanError `config-invalid` with file, line, path and, where one is near, the name that was meant
 */
export function parseConfigFile(content: string, file: string): ParsedConfigFile {
  const document = parseYaml(content, { file, code: 'config-invalid' });
  return { values: parseShape(document, configFileSchema), document };
}

export function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/u.test(new URL(value).protocol);
}
