import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import { PointsmanError } from '../domain/errors.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { compilePolicy } from './compile-policy.ts';
import { parsePolicy, type ParsedPolicy, type PolicyExample } from './policy-file.ts';
import { policyWarnings, type PolicyWarning } from './policy-warnings.ts';

/** A policy that is ready to decide with, and what the file says beside its rules. */
export interface LoadedPolicy {
  readonly policy: RouterPolicy;
  readonly summary: string;
  readonly file: string;
  readonly examples: readonly PolicyExample[];
  /** What it cannot do with the models of the catalogue. */
  readonly warnings: readonly PolicyWarning[];
}

/** Where the policies that come with pointsman are; the same from `src` and from `dist`. */
export const SHIPPED_POLICIES_DIR: string = path.resolve(import.meta.dirname, '../../policies');

const SUFFIX = '.policy.yaml';

/** Texts of files by absolute path, as the user has seen them. */
type SeenFiles = ReadonlyMap<string, string>;

/**
 * All policies by id: the shipped ones, then those of `dirs` in order; a later folder's policy replaces an earlier one of
 * the same id. A folder that does not exist holds none.
 * @param seen the only files of `dirs` that count, by absolute path, with their texts; absent: what lies there
 * @throws PointsmanError `policy-invalid` for the first file that is wrong, or two files of one folder with one id
 */
export function loadPolicies(
  catalog: Catalog,
  dirs: readonly string[] = [],
  seen?: SeenFiles,
): ReadonlyMap<string, LoadedPolicy> {
  const policies = new Map<string, LoadedPolicy>();
  for (const [id, loaded] of loadFolder(SHIPPED_POLICIES_DIR, catalog)) policies.set(id, loaded);
  for (const dir of new Set(dirs.map((dir) => path.resolve(dir)))) {
    for (const [id, loaded] of loadFolder(dir, catalog, seen)) policies.set(id, loaded);
  }
  return policies;
}

function loadFolder(dir: string, catalog: Catalog, seen?: SeenFiles): ReadonlyMap<string, LoadedPolicy> {
  const found = new Map<string, LoadedPolicy>();
  for (const name of policyFilesIn(dir, seen)) {
    const loaded = loadPolicyFile(path.join(dir, name), catalog, seen);
    const twin = found.get(loaded.policy.id);
    if (twin !== undefined) {
      throw new PointsmanError(
        'policy-invalid',
        `Policy "${loaded.policy.id}" is in ${twin.file} and in ${loaded.file}.`,
        {
          hint: 'Give one of them another id.',
        },
      );
    }
    found.set(loaded.policy.id, loaded);
  }
  return found;
}

function seenIn(dir: string, seen: SeenFiles): readonly string[] {
  return [...seen.keys()]
    .filter((file) => path.dirname(file) === dir && file.endsWith(SUFFIX))
    .map((file) => path.basename(file))
    .sort();
}

/** Names of the policy files of a folder, sorted; none where there is no such folder. */
export function policyFilesIn(dir: string, seen?: SeenFiles): readonly string[] {
  if (seen !== undefined) return seenIn(dir, seen);
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith(SUFFIX))
      .sort();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR'))
      return [];
    throw new PointsmanError('policy-invalid', `The policy folder ${dir} cannot be read.`, {
      cause: thrown,
      hint: 'Check its permissions.',
    });
  }
}

/**
 * One policy file, parsed and compiled.
 * @throws PointsmanError `policy-invalid` with file, line and rule; `not-found` when there is no such file
 */
export function loadPolicyFile(file: string, catalog: Catalog, seen?: SeenFiles): LoadedPolicy {
  const shown = path.relative(process.cwd(), file);
  const text = seen?.get(file) ?? readPolicyFile(file);
  const parse = path.dirname(file) === SHIPPED_POLICIES_DIR ? parseOnce : parsePolicy;
  const parsed = parse(text, shown.startsWith('..') ? file : shown);
  const policy = compilePolicy(parsed, catalog);
  return {
    policy,
    summary: parsed.policy.summary,
    file,
    examples: parsed.policy.examples,
    warnings: policyWarnings(policy, catalog.models),
  };
}

const parsedTexts = new Map<string, ParsedPolicy>();

/** The shipped ones are asked for again by every part of a start, and reading them is a fifth of one. */
function parseOnce(text: string, file: string): ParsedPolicy {
  const known = parsedTexts.get(text) ?? parsePolicy(text, file);
  parsedTexts.set(text, known);
  return known;
}

/**
 * The policy that a user named: an exact id, or a path (it has a slash or ends in `.yaml`).
 * @throws PointsmanError `not-found` with the nearest id, or what `loadPolicyFile` throws
 */
export function choosePolicy(
  policies: ReadonlyMap<string, LoadedPolicy>,
  idOrFile: string,
  source: { readonly catalog: Catalog; readonly cwd: string; readonly seen?: SeenFiles | undefined },
): LoadedPolicy {
  const known = policies.get(idOrFile);
  if (known !== undefined) return known;
  if (/[/\\]|\.ya?ml$/u.test(idOrFile))
    return loadPolicyFile(path.resolve(source.cwd, idOrFile), source.catalog, source.seen);
  throw new PointsmanError(
    'not-found',
    `No policy is called "${idOrFile}".${didYouMean(idOrFile, [...policies.keys()])}`,
    {
      hint: `Known: ${[...policies.keys()].join(', ')}. A file is named by its path.`,
    },
  );
}

function readPolicyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    throw new PointsmanError(missing ? 'not-found' : 'policy-invalid', `The policy file ${file} cannot be read.`, {
      cause: thrown,
      hint: missing ? 'Check the path.' : 'Check that it is a readable text file.',
    });
  }
}
