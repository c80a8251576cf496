import { parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { nanoFromUsd, type NanoUsd } from '../../domain/money.ts';
import { STEP_KINDS, STEP_MODES, type StepKind, type StepMode } from '../../domain/step.ts';
import { CONTRACT_NAMES, contractNameOf, type ContractName } from './contracts.ts';

/** Who takes a kind of step: what it is told, what it may use, and what it must hand back. */
export interface Agent {
  readonly name: string;
  readonly description: string;
  readonly kind: StepKind;
  readonly contract: ContractName;
  /** Tool names as the file spells them; `undefined`: every tool of the job. */
  readonly tools: readonly string[] | undefined;
  /** Exact model id; `undefined`: the router chooses. */
  readonly model: string | undefined;
  /** What a failed step of this agent costs; `undefined`: what the policy says for its kind. */
  readonly failureNanoUsd: NanoUsd | undefined;
  /** Context modes it can work in, the preferred first. */
  readonly modes: readonly StepMode[];
  readonly prompt: string;
  /** What models of a family are told beside the prompt. Absent: nothing. */
  readonly familyWords?: ReadonlyMap<string, string>;
  /** It is no agent of its own, but what these families are told beside the prompt of their kind's. */
  readonly families?: readonly string[];
  /** Where it was read. */
  readonly file: string;
}

/** A list in YAML, or words with commas between them, as Claude Code's agent files have it. */
const words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (Array.isArray(value) ? value : value.split(',')).map((word) => word.trim()).filter((word) => word !== ''),
  );

/** Keys that only other programs read (colour, permission mode …) pass; ours are checked. */
const frontMatterSchema = z.looseObject({
  name: z.string().min(1),
  description: z.string().default(''),
  kind: z.enum(STEP_KINDS),
  contract: z.enum(CONTRACT_NAMES).optional(),
  tools: words.optional(),
  model: z.string().default('inherit'),
  gammaUsd: z.number().min(0).optional(),
  families: words.pipe(z.array(z.string()).min(1)).optional(),
  modes: words.pipe(z.array(z.enum(STEP_MODES)).min(1)).optional(),
});

/** Names that stand for a tier in other programs; here the router chooses. */
const TIER_NAMES: ReadonlySet<string> = new Set(['inherit', 'sonnet', 'opus', 'haiku', 'fable', 'default']);

/**
 * Reads an agent file: YAML front matter between `---` lines, then the prompt.
 * @throws PointsmanError `agent-invalid` with file and line.
 */
export function parseAgentFile(text: string, file: string): Agent {
  const parts = splitFrontMatter(text, file);
  const document = parseDocument(parts.frontMatter);
  const broken = document.errors[0];
  if (broken !== undefined)
    throw invalid(file, 1 + (broken.linePos?.[0].line ?? 1), broken.message.split('\n')[0] ?? '');
  const parsed = frontMatterSchema.safeParse(unfolded(document, file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = String(issue?.path[0] ?? '');
    throw invalid(file, lineOfKey(parts.frontMatter, key), `${key === '' ? '' : `"${key}": `}${issue?.message ?? ''}`);
  }
  if (parts.prompt === '') throw invalid(file, parts.promptLine, 'there is no prompt below the front matter');
  return toAgent(parsed.data, parts.prompt, file);
}

/** As the one who is asked about the file sees it: no further than there. */
function unfolded(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (thrown) {
    throw invalid(file, 1, thrown instanceof Error ? thrown.message : 'it unfolds beyond reason');
  }
}

function toAgent(data: z.infer<typeof frontMatterSchema>, prompt: string, file: string): Agent {
  return {
    name: data.name,
    description: data.description,
    kind: data.kind,
    contract: data.contract ?? contractNameOf(data.kind),
    tools: toToolNames(data.tools),
    model: TIER_NAMES.has(data.model) ? undefined : data.model,
    failureNanoUsd: data.gammaUsd === undefined ? undefined : nanoFromUsd(data.gammaUsd),
    modes: data.modes ?? STEP_MODES,
    prompt,
    ...(data.families === undefined ? {} : { families: data.families }),
    file,
  };
}

function toToolNames(tools: readonly string[] | undefined): readonly string[] | undefined {
  if (tools === undefined || tools.includes('*')) return undefined;
  return tools.filter((tool) => tool !== 'none');
}

interface Parts {
  readonly frontMatter: string;
  readonly prompt: string;
  readonly promptLine: number;
}

function splitFrontMatter(text: string, file: string): Parts {
  const lines = text.replace(/^\uFEFF/u, '').split(/\r?\n/u);
  if (lines[0]?.trim() !== '---') throw invalid(file, 1, 'it must start with a line "---" and YAML front matter');
  const end = lines.findIndex((line, index) => index > 0 && line.trim() === '---');
  if (end < 0) throw invalid(file, lines.length, 'the front matter has no closing line "---"');
  return {
    frontMatter: lines.slice(1, end).join('\n'),
    prompt: lines
      .slice(end + 1)
      .join('\n')
      .trim(),
    promptLine: end + 2,
  };
}

function lineOfKey(frontMatter: string, key: string): number {
  const index = frontMatter.split('\n').findIndex((line) => line.startsWith(`${key}:`));
  return index < 0 ? 1 : index + 2;
}

function invalid(file: string, line: number, what: string): PointsmanError {
  return new PointsmanError('agent-invalid', `Agent file ${file}, line ${line}: ${what}.`, {
    details: { file, line },
    hint: 'Front matter needs name and kind; see agents/code.md for the form.',
  });
}
