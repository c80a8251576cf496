import { isSameModel, type Model } from '../domain/model.ts';

/**
 * The many spellings of one model: bare, dated, with a context size in brackets, as Bedrock, Vertex, the Gemini API and
 * aggregators write it. Vendors' naming pages, read 2026-11: Anthropic "Models overview" (dates, Bedrock and Vertex ids),
 * AWS "Inference profiles" (regions, ARNs), Google "Model versions" (`models/`, `@001`, `-latest`), OpenAI "Models"
 * (snapshots `-YYYY-MM-DD`).
 */
export interface ModelName {
  /** Without where it is hosted and without a size in brackets; still with its date. What the vendor itself calls it. */
  readonly plain: string;
  /** `plain` without date and `-latest`, folded, for comparing. */
  readonly key: string;
  /** What `plain` says behind the name that `key` stands for, such as `-20260922`; empty where it says nothing. */
  readonly version: string;
  /** Where the name demands that it runs, such as `eu`; `undefined`: anywhere. */
  readonly region: string | undefined;
}

const ARN = /^arn:aws[\w-]*:bedrock:([a-z0-9-]*):\d*:[a-z-]+\/(.+)$/u;
const HOSTED = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/)?models\//u;
const BEDROCK = /^(?:(us-gov|us|eu|apac|ap|jp|au|ca|sa|me|global)\.)?([a-z0-9]+)\.(?=[a-z])/u;
const BEDROCK_VENDORS: ReadonlySet<string> = new Set(
  'anthropic openai google amazon meta mistral deepseek qwen moonshot moonshotai minimax zai cohere ai21'.split(' '),
);
const BEDROCK_VERSION = /-v\d+(?::\d+(?::\w+)?)?$/u;
const VENDOR_PREFIX =
  /^(?:anthropic|openai|google|deepseek|deepseek-ai|moonshotai|zai|z-ai|qwen|alibaba|mistral|mistralai|x-ai|xai|meta|meta-llama|minimax|vertex_ai|gemini|bedrock|converse|invoke|vertex)\//iu;
const CONTEXT_SIZE = /\[\w{1,8}\]$/u;
const VERTEX_VERSION = /@(default|latest|\d{3,8})$/u;
const DATE = /-(?:20\d{6}|20\d\d-\d\d-\d\d)$/u;
/** Google's stable versions of one model: `gemini-2.0-flash-001`. */
const STABLE = /^(gemini-.+)(-0\d\d)$/u;
const OLD_CLAUDE_ORDER = /^claude-(\d+(?:-\d+)?)-(opus|sonnet|haiku|fable)$/u;

export function readModelName(name: string): ModelName {
  let text = name.trim().slice(0, 300).replace(CONTEXT_SIZE, '');
  const arn = ARN.exec(text);
  if (arn !== null) text = arn[2] ?? text;
  text = text.replace(HOSTED, '');
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replace(VENDOR_PREFIX, '');
  }
  const bedrock = BEDROCK.exec(text);
  const isBedrock = bedrock !== null && BEDROCK_VENDORS.has(bedrock[2] ?? '');
  if (isBedrock) text = text.slice(bedrock[0].length);
  if (isBedrock || text.startsWith('claude-')) text = text.replace(BEDROCK_VERSION, '');
  const version = VERTEX_VERSION.exec(text)?.[1];
  if (version !== undefined) {
    text = text.replace(VERTEX_VERSION, version === 'default' || version === 'latest' ? '' : `-${version}`);
  }
  const head = headOf(text);
  const region = isBedrock && bedrock[1] !== 'global' ? bedrock[1] : undefined;
  return { plain: text, key: fold(head), version: text.slice(head.length), region };
}

function headOf(plain: string): string {
  const undated = plain.replace(DATE, '');
  if (undated !== plain) return undated;
  return STABLE.exec(plain)?.[1] ?? plain.replace(/-latest$/u, '');
}

/** Dots, dashes and case are written as people like; the older order of Claude's names counts as the newer. */
function fold(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[._]/gu, '-');
  return plain.replace(OLD_CLAUDE_ORDER, (_all, version: string, tier: string) => `claude-${tier}-${version}`);
}

/** A model that a name means, with what it is to be called on the wire. */
export interface NamedModel {
  readonly model: Model;
  readonly wireModel: string;
  readonly region: string | undefined;
}

/**
 * The models that a name means, best match first: exactly, by the name on the wire, then by rule. Several rows may serve
 * one model at different endpoints; a model brings all of its hosts. A date stays in the name that is sent: what was asked for is what runs.
 */
export function modelsNamed(models: readonly Model[], name: string): readonly NamedModel[] {
  const sized = name.replace(CONTEXT_SIZE, '');
  const exact = models.filter((model) => model.id === name || model.id === sized);
  const onWire = models.filter((model) => model.wireModel === name || model.wireModel === sized);
  const alias = newestOfTier(models, sized.trim().toLowerCase());
  if (alias.length > 0 && exact.length === 0 && onWire.length === 0) return alias;
  const read = readModelName(name);
  const same = models.filter((model) => read.key !== '' && keyOf(model) === read.key);
  const plainly = [...exact, ...onWire].map((model) => ({ model, wireModel: model.wireModel, region: undefined }));
  const byRule = same.map((model) => ({
    model,
    wireModel: hasOwnVersion(model) ? model.wireModel : `${model.wireModel}${read.version}`,
    region: read.region,
  }));
  // Whoever names one host means that one.
  if (exact[0]?.sameAs !== undefined) return plainly.slice(0, 1);
  const found = [...plainly, ...byRule];
  const hosts = models.filter(
    (model) => model.sameAs !== undefined && found.some((one) => isSameModel(one.model, model)),
  );
  const seen = new Set<Model>();
  return [...found, ...hosts.map((model) => ({ model, wireModel: model.wireModel, region: read.region }))].filter(
    ({ model }) => !seen.has(model) && seen.add(model) !== undefined,
  );
}

/** Claude Code's own short names of Anthropic's tiers, which agent files and SDKs send as they are. Its model page, read 2026-11. */
const TIERS: ReadonlySet<string> = new Set(['opus', 'sonnet', 'haiku', 'fable']);

/** The newest model of a tier, at every endpoint that has it. */
function newestOfTier(models: readonly Model[], tier: string): readonly NamedModel[] {
  if (!TIERS.has(tier)) return [];
  const versions = models.flatMap((model) => {
    const version = new RegExp(`^claude-${tier}-(\\d+(?:-\\d+)?)$`, 'u').exec(keyOf(model))?.[1];
    return version === undefined ? [] : [{ model, order: Number(version.replace('-', '.')) }];
  });
  const newest = Math.max(...versions.map(({ order }) => order));
  return versions
    .filter(({ order }) => order === newest)
    .map(({ model }) => ({ model, wireModel: model.wireModel, region: undefined }));
}

const keys = new WeakMap<Model, string>();

function keyOf(model: Model): string {
  let key = keys.get(model);
  if (key === undefined) keys.set(model, (key = readModelName(model.wireModel).key));
  return key;
}

/** A row whose own name on the wire is dated or hosted is called by that name only. */
function hasOwnVersion(model: Model): boolean {
  const own = readModelName(model.wireModel);
  return own.version !== '' || own.plain !== model.wireModel;
}
