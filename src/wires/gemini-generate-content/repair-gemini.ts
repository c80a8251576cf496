import type { Model } from '../../domain/model.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from '../shared/fields.ts';
import { isSealed } from '../shared/issued-envelope.ts';
import {
  createRepairNotes,
  mayKeep,
  type Repair,
  type RepairNotes,
  type RepairOptions,
} from '../shared/wire-repair.ts';
import { at, nameOf } from './gemini-fields.ts';
import { FOREIGN_SIGNATURE, isBareSignature, unpackSignature } from './gemini-signature.ts';

/**
 * The edits that make a body acceptable to another model of this format: thoughts and signatures to nobody but their maker, and
 * where a call may not go without a signature, the one that says that another model made it.
 */
export function repairGemini(body: Fields, target: Model, options: RepairOptions): Repair {
  const notes = createRepairNotes();
  listIn(body['contents']).forEach((raw, index) => {
    const content = fieldsIn(raw);
    if (content['role'] === 'model') repairTurn(content, index, { target, options, notes });
  });
  return notes;
}

interface TurnRepair {
  readonly target: Model;
  readonly options: RepairOptions;
  readonly notes: RepairNotes;
}

function repairTurn(content: Fields, index: number, repair: TurnRepair): void {
  const { notes } = repair;
  const parts = listIn(content['parts']).map(fieldsIn);
  const cut = parts.flatMap((part, place) => (isForeignThought(part, repair) ? [place] : []));
  notes.strippedThinkingCount += cut.length;
  if (cut.length > 0 && cut.length === parts.length) {
    notes.edits.push({ op: 'remove', path: ['contents', index] });
    return;
  }
  const firstCall = parts.findIndex((part) => isFields(at(part, 'functionCall')));
  parts.forEach((part, place) => {
    const path = ['contents', index, 'parts', place] as const;
    if (cut.includes(place)) notes.edits.push({ op: 'remove', path });
    else repairSignature(part, path, { ...repair, isFirstCall: place === firstCall });
  });
}

/** A thought of another model, or a part that carries nothing but its state. */
function isForeignThought(part: Fields, { target, options }: TurnRepair): boolean {
  const signature = signatureOf(part);
  if (part['thought'] === true) {
    if (options.stripAll === true) return true;
    return options.ownThoughts !== true && (signature === undefined || !mayKeep(signature, target, options));
  }
  return (
    (part['text'] === '' || isBareSignature(part)) && signature !== undefined && !mayKeep(signature, target, options)
  );
}

function repairSignature(
  part: Fields,
  path: readonly (string | number)[],
  { target, options, notes, isFirstCall }: TurnRepair & { readonly isFirstCall: boolean },
): void {
  const signature = signatureOf(part);
  const isKept = signature === FOREIGN_SIGNATURE || (signature !== undefined && mayKeep(signature, target, options));
  if (isKept) return;
  const wanted = remembered(part, target, options) ?? (isFirstCall ? placeholderFor(target) : undefined);
  if (wanted === undefined && signature === undefined) return;
  const at = [...path, nameOf(part, 'thoughtSignature')];
  notes.edits.push(wanted === undefined ? { op: 'remove', path: at } : { op: 'set', path: at, value: wanted });
  if (signature !== undefined && !isSealed(signature)) notes.strippedThinkingCount++;
}

/** What the target itself gave with this call, where its caller lost it. */
function remembered(part: Fields, target: Model, { toolStateOf, stripAll }: RepairOptions): string | undefined {
  const id = textIn(fieldsIn(at(part, 'functionCall'))['id']);
  const state = id === undefined || stripAll === true ? undefined : toolStateOf?.(id);
  return state?.by === target.id ? textIn(fieldsIn(state.wire)['thoughtSignature']) : undefined;
}

function placeholderFor({ requestLimits }: Model): string | undefined {
  return requestLimits?.unsignedCalls === 'refused' ? FOREIGN_SIGNATURE : undefined;
}

function signatureOf(part: Fields): string | undefined {
  const signature = textIn(at(part, 'thoughtSignature'));
  return signature === undefined ? undefined : unpackSignature(signature);
}
