import { createHash } from 'node:crypto';
import { toPointsmanError } from '../domain/errors.ts';
import { canonicalJson, type JsonObject } from '../domain/json.ts';
import { namedPlaces } from '../trust/places/path-values.ts';
import { shown, shownDeep } from '../trust/shown.ts';
import { baseOf, closedPlace, placesOf, protectedPlaces, type EffectPlace } from './effect-places.ts';
import { type CommandScript, scriptsOf } from './script-of-command.ts';
import type { RegisteredTool, ToolRisk } from './tool-registry.ts';

/** What a server says of its tool. Hints only: a server that lies gains nothing but its own user's trust. */
export interface ToolHints {
  readonly readOnlyHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
}

/** `destructive` unless the server says otherwise, as the protocol's own defaults have it. */
export function riskOf(hints: ToolHints | undefined): ToolRisk {
  if (hints?.readOnlyHint === true) return 'read-only';
  return hints?.destructiveHint === false ? 'write' : 'destructive';
}

const MAX_SHOWN = 300;
/** A command may do at its end what it does not say at its beginning. */
const MAX_COMMAND_SHOWN = 4000;
const MAX_SCRIPT_SHOWN = 600;
/** A patch may touch many at once, and none is to be hidden behind the first. */
const MAX_PLACES = 20;

/** What a person is asked before a call. */
export interface PermissionNeed {
  /** One line, safe for a terminal: the command as it would be typed and what its scripts say, or the arguments. */
  readonly why: string;
  /** Of all that was shown, in full: another tool, argument, program or script has another one, and is asked for again. */
  readonly digest: string;
}

/**
 * Whether a person must be asked before this call, unless they said yes to everything, and what to tell them. Tools that
 * read need no permission, nor do tools that write but say that they destroy nothing, unless what they would change is of
 * a kind that programs act on: then every tool needs it.
 * @param workspace the real path that relative paths are taken from; absent: only what the call itself says is judged
 */
export function needsPermission(
  tool: RegisteredTool,
  input: JsonObject,
  workspace?: string,
): PermissionNeed | undefined {
  if (tool.risk === 'read-only') return undefined;
  const found = workspace === undefined ? undefined : protectedIn(tool, input, workspace);
  if (tool.risk !== 'destructive' && found === undefined) return undefined;
  const scripts = workspace === undefined ? [] : commandScripts(tool, input, workspace);
  const seen = {
    tool: tool.spec.name,
    server: tool.server,
    serverLeadsTo: tool.serverLeadsTo,
    serverTool: tool.serverTool,
    input,
    place: found?.leads,
    scripts,
  };
  return {
    why: [whatItWants(tool, input), ...(found === undefined ? [] : [found.text]), ...scripts.map(scriptText)].join(
      '; ',
    ),
    digest: createHash('sha256').update(canonicalJson(seen)).digest('hex'),
  };
}

/** Why no answer could allow this call: it leads into a store of ours. `undefined`: it does not. */
export function closedTo(
  tool: RegisteredTool,
  input: JsonObject,
  where: { readonly workspace: string; readonly closed: readonly string[] },
): string | undefined {
  const place = closedPlace(placesOf(tool, input, where.workspace), where);
  return place === undefined ? undefined : `${shown(place.written, MAX_SHOWN)} belongs to pointsman itself`;
}

function protectedIn(
  tool: RegisteredTool,
  input: JsonObject,
  workspace: string,
): { readonly text: string; readonly leads: EffectPlace['leads'] } | undefined {
  try {
    const places = protectedPlaces(placesOf(tool, input, workspace), workspace);
    if (places.length === 0) return isComputed(tool, input) ? { text: COMPUTED, leads: [] } : undefined;
    const texts = places.map(
      ({ written, kind }) => `${shown(written, MAX_SHOWN)} is ${wordsOf(kind)}, which programs act on`,
    );
    const more = texts.length > MAX_PLACES ? [`and ${texts.length - MAX_PLACES} more such places`] : [];
    return { text: [...texts.slice(0, MAX_PLACES), ...more].join('; '), leads: places.flatMap(({ leads }) => leads) };
  } catch (thrown) {
    return { text: shown(toPointsmanError(thrown).message, MAX_SHOWN), leads: [] };
  }
}

const COMPUTED = 'what it runs is put together only while it runs, so nobody can say what it touches';

/** Of a server whose arguments we know none are. */
function isComputed(tool: RegisteredTool, input: JsonObject): boolean {
  return tool.own === undefined && namedPlaces(input).isComputed;
}

function wordsOf(kind: string): string {
  return /^(?:a|an|our|the) /u.test(kind) ? `of ${kind}` : `of the kind “${kind}”`;
}

function whatItWants(tool: RegisteredTool, input: JsonObject): string {
  const command = commandOf(input);
  if (tool.own === 'commands' && command !== undefined) return `It wants to run: ${shown(command, MAX_COMMAND_SHOWN)}`;
  const does = tool.risk === 'destructive' ? ', which may change or delete things' : '';
  return `It wants to use ${shown(tool.serverTool, MAX_SHOWN)} of ${shown(tool.server, MAX_SHOWN)}${does}: ${argumentsText(input)}`;
}

/** Whole where that is short enough; else every argument cut by itself, so that none is hidden behind a long one. */
function argumentsText(input: JsonObject): string {
  const whole = JSON.stringify(input);
  const text = whole.length <= MAX_COMMAND_SHOWN ? whole : JSON.stringify(shownDeep(input, bothEnds));
  return shown(text, MAX_COMMAND_SHOWN);
}

function bothEnds(text: string): string {
  if (text.length <= MAX_SHOWN) return text;
  const half = MAX_SHOWN / 2;
  return `${text.slice(0, half)} … (${text.length - MAX_SHOWN} characters) … ${text.slice(-half)}`;
}

function scriptText({ file, says }: CommandScript): string {
  return `${shown(file, MAX_SHOWN)} says: ${shown(says.replaceAll(/\s*\n\s*/gu, ' ⏎ '), MAX_SCRIPT_SHOWN)}`;
}

function commandScripts(tool: RegisteredTool, input: JsonObject, workspace: string): readonly CommandScript[] {
  const { program, args } = input;
  if (tool.own !== 'commands' || typeof program !== 'string') return [];
  const words = Array.isArray(args) ? args.map(String) : [];
  return scriptsOf({ program, args: words, cwd: baseOf(tool, input, workspace) }, workspace);
}

function commandOf(input: JsonObject): string | undefined {
  const { program, args, cwd } = input as { program?: unknown; args?: unknown; cwd?: unknown };
  if (typeof program !== 'string') return undefined;
  const words = Array.isArray(args) ? args.map(String) : [];
  const text = [program, ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : JSON.stringify(word)))
    .join(' ');
  return typeof cwd === 'string' && cwd !== '.' ? `${text} (in ${JSON.stringify(cwd)})` : text;
}
