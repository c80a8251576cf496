import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { programsOf } from './brought-programs.ts';
import { splitFrontMatter } from './front-matter.ts';
import { namedFiles } from './named-files.ts';

/** What a file of a folder is to us; each kind starts programs, reads the environment or changes what is chosen and said. */
export type BroughtKind =
  | 'configuration'
  | 'tool-servers'
  | 'program'
  | 'certificate'
  | 'credentials'
  | 'agent'
  | 'policy'
  | 'store'
  | 'keys';

/** A file that a folder brings and that we would act on. */
export interface BroughtFile {
  readonly kind: BroughtKind;
  /** Absolute. */
  readonly file: string;
  /** As a person would name it: relative to the folder where it lies inside. */
  readonly name: string;
  /** `undefined`: it cannot be read, or is larger than anything written by hand; it is never used. */
  readonly text: string | undefined;
}

/** Of a folder's own configuration, the first that exists. */
const CONFIGURATION_NAMES = ['pointsman.config.yaml', 'pointsman.config.yml', 'pointsman.config.json'];
/** A later folder's agent wins. */
const AGENT_FOLDERS = [path.join('.claude', 'agents'), path.join('.pointsman', 'agents')];
const TOOL_SERVERS_NAME = '.mcp.json';
const POLICY_SUFFIX = '.policy.yaml';
const MAX_FILE_BYTES = 1024 * 1024;

/** Everything that the folder brings, in a fixed order, and what its configuration names beside that. */
export function findBroughtFiles(folder: string): readonly BroughtFile[] {
  const configuration = CONFIGURATION_NAMES.flatMap((name) => fileOf(folder, name, 'configuration')).slice(0, 1);
  const servers = fileOf(folder, TOOL_SERVERS_NAME, 'tool-servers');
  const agents = AGENT_FOLDERS.flatMap((inside) => filesOf(folder, inside, '.md', 'agent')).filter(
    ({ text }) => text === undefined || declaresKind(text),
  );
  const named = configuration.flatMap(({ text }) => namedBy(folder, text ?? ''));
  const files = once([...configuration, ...servers, ...agents, ...named]);
  return [...files, ...files.flatMap((one) => (one.kind === 'tool-servers' ? runBy(folder, one) : []))];
}

function runBy(folder: string, { text }: BroughtFile): readonly BroughtFile[] {
  return programsOf(folder, text ?? '').map((program) => ({
    kind: 'program',
    file: path.resolve(folder, program.name),
    ...program,
  }));
}

/** A configuration may name what is brought anyway. */
function once(files: readonly BroughtFile[]): readonly BroughtFile[] {
  return [...new Map(files.map((one) => [`${one.kind}\0${one.file}`, one])).values()];
}

/** One digest over all of it: another one means that the user has not seen this. */
export function digestOfFiles(files: readonly BroughtFile[]): string {
  const rows = files.map(({ kind, name, text }) => [kind, name, text === undefined ? 'unreadable' : digestOf(text)]);
  return digestOf(JSON.stringify(rows));
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** True where an agent file says which kind of step it is for; others are somebody else's business. */
function declaresKind(text: string): boolean {
  return splitFrontMatter(text)
    .head.split('\n')
    .some((line) => line.startsWith('kind:'));
}

/** Lists of tool servers, certificates, credentials and policies that a configuration points to, wherever they lie. */
function namedBy(folder: string, configuration: string): readonly BroughtFile[] {
  const { toolServers, certificates, credentials, policies, policyFolders } = namedFiles(configuration);
  return [
    ...toolServers.flatMap((name) => fileOf(folder, name, 'tool-servers')),
    ...certificates.flatMap((name) => fileOf(folder, name, 'certificate')),
    ...credentials.flatMap((name) => fileOf(folder, name, 'credentials')),
    ...policies.flatMap((name) => fileOf(folder, name, 'policy')),
    ...policyFolders.flatMap((name) => filesOf(folder, name, POLICY_SUFFIX, 'policy')),
  ];
}

function filesOf(folder: string, inside: string, suffix: string, kind: BroughtKind): readonly BroughtFile[] {
  return namesIn(path.resolve(folder, inside))
    .filter((name) => name.endsWith(suffix))
    .sort()
    .flatMap((name) => fileOf(folder, path.join(inside, name), kind));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** None where nothing is there. A pipe or a device is never opened: reading it might not end. */
function fileOf(folder: string, name: string, kind: BroughtKind): readonly BroughtFile[] {
  const file = path.resolve(folder, name);
  const inside = path.relative(folder, file);
  const known = { kind, file, name: inside.startsWith('..') ? file : inside };
  try {
    const { size } = statSync(file);
    if (!statSync(file).isFile() || size > MAX_FILE_BYTES) return [{ ...known, text: undefined }];
    return [{ ...known, text: readFileSync(file, 'utf8') }];
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR' ? [] : [{ ...known, text: undefined }];
  }
}
