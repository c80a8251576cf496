import type { ModelId } from '../../domain/ids.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import type { Dialect } from './endpoint-config.ts';
import { textIn } from './fields.ts';
import type { JsonEdit } from './json-bytes.ts';
import type { LossId } from './lossy-fields.ts';
import { MISTRAL_TOOL_ID, mapName, type NameRule } from './tool-ids.ts';

/** Who issued a signature, as far as the ledger and the envelopes know. */
export type IssuerOf = (signature: string) => ModelId | 'unknown';

/** What must change in a body that stays in its wire format, and what was taken out. */
export interface Repair {
  readonly edits: readonly JsonEdit[];
  /** What of the request the target is not asked for. */
  readonly losses: ReadonlySet<LossId>;
  readonly strippedThinkingCount: number;
  readonly remappedIdCount: number;
}

export interface RepairOptions {
  readonly issuerOf: IssuerOf;
  /** The habits of the endpoint. */
  readonly dialect: Dialect;
  /** The vendor's state of a tool call, as far as anybody here remembers it. */
  readonly toolStateOf?: (toolCallId: string) => IssuedState | undefined;
  /** All answers of this transcript, as far as it was seen, are the target's: unsigned thoughts in it are its own. */
  readonly ownThoughts?: boolean;
  /** Takes out all thinking, whoever issued it: the target has just refused it. */
  readonly stripAll?: boolean;
}

/** What a repair has found so far. */
export interface RepairNotes {
  readonly edits: JsonEdit[];
  readonly losses: Set<LossId>;
  strippedThinkingCount: number;
  remappedIdCount: number;
}

export function createRepairNotes(): RepairNotes {
  return { edits: [], losses: new Set(), strippedThinkingCount: 0, remappedIdCount: 0 };
}

/** The form of tool ids that a model takes: the format's own, but for vendors that are stricter. */
export function toolIdRule(target: Model, ofFormat: NameRule): NameRule {
  return target.vendor === 'mistral' ? MISTRAL_TOOL_ID : ofFormat;
}

/** Whether a piece of vendor-bound state may go to the target. State of unknown origin may: it most likely is its own. */
export function mayKeep(signature: unknown, target: Model, options: RepairOptions): boolean {
  if (options.stripAll === true) return false;
  const issuer = options.issuerOf(textIn(signature) ?? '');
  return issuer === 'unknown' || issuer === modelIdentity(target);
}

/** Where something stands in a body. */
type Path = readonly (string | number)[];

/** Notes the edit that gives a tool id the form that the target takes. `path` is asked for where there is one: few ids need it. */
export function remapId(notes: RepairNotes, rule: NameRule, id: unknown, pathOf: () => Path): void {
  if (typeof id !== 'string') return;
  const mapped = mapName(rule, id);
  if (mapped === id) return;
  const path = pathOf();
  notes.edits.push({ op: 'set', path, value: mapped });
  notes.remappedIdCount++;
}
