import { modelIdentity, type Model } from '../../domain/model.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from '../shared/fields.ts';
import { isSealed } from '../shared/issued-envelope.ts';
import {
  createRepairNotes,
  mayKeep,
  type Repair,
  type RepairNotes,
  type RepairOptions,
} from '../shared/wire-repair.ts';
import { at, manyIn, nameOf, requestIn, requestPath } from './gemini-fields.ts';
import { FOREIGN_SIGNATURE, isBareSignature, unpackSignature } from './gemini-signature.ts';

/**
 * The edits that make a body acceptable to another model of this format: thoughts and signatures to nobody but their maker, and
 * where a call may not go without a signature, the one that says that another model made it.
 */
export function repairGemini(body: Fields, target: Model, options: RepairOptions): Repair {
  const notes = createRepairNotes();
  const head = requestPath(body);
  const request = requestIn(body);
  const contents = listIn(request['contents']).map(fieldsIn);
  if (head.length > 0) notes.edits.push({ op: 'set', path: [...head, 'model'], value: `models/${target.wireModel}` });
  const newest = newestPlaces(contents);
  const stateOf: TurnRepair['stateOf'] = (id, index) =>
    newest.get(id) === index && options.stripAll !== true ? options.toolStateOf?.(id) : undefined;
  contents.forEach((content, index) => {
    if (content['role'] === 'model') repairTurn(content, index, { head, target, options, notes, stateOf });
  });
  return notes;
}

/** Id of a call → the newest turn that has it: some servers number the calls of each answer anew. */
function newestPlaces(contents: readonly Fields[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  contents.forEach((content, index) => {
    for (const part of manyIn(content['parts'])) {
      const id = callIdOf(fieldsIn(part));
      if (id !== undefined) places.set(id, index);
    }
  });
  return places;
}

function callIdOf(part: Fields): string | undefined {
  return textIn(fieldsIn(at(part, 'functionCall'))['id']);
}

interface TurnRepair {
  /** Where the request stands in the body. */
  readonly head: readonly string[];
  readonly target: Model;
  readonly options: RepairOptions;
  readonly notes: RepairNotes;
  /** What is kept of a call in the turn at `index`. */
  readonly stateOf: (toolCallId: string, index: number) => IssuedState | undefined;
}

function repairTurn(content: Fields, index: number, repair: TurnRepair): void {
  const { notes, head } = repair;
  const parts = manyIn(content['parts']).map(fieldsIn);
  const isList = Array.isArray(content['parts']);
  const cut = parts.flatMap((part, place) => (isForeignThought(part, repair) ? [place] : []));
  notes.strippedThinkingCount += cut.length;
  if (cut.length > 0 && cut.length === parts.length) {
    notes.edits.push({ op: 'remove', path: [...head, 'contents', index] });
    return;
  }
  const firstCall = parts.findIndex((part) => isFields(at(part, 'functionCall')));
  parts.forEach((part, place) => {
    const path = [...head, 'contents', index, 'parts', ...(isList ? [place] : [])];
    if (cut.includes(place)) notes.edits.push({ op: 'remove', path });
    else repairSignature(part, path, { ...repair, index, isFirstCall: place === firstCall });
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
  repair: TurnRepair & { readonly index: number; readonly isFirstCall: boolean },
): void {
  const { target, options, notes } = repair;
  const signature = signatureOf(part);
  const isKept = signature === FOREIGN_SIGNATURE || (signature !== undefined && mayKeep(signature, target, options));
  const wanted = isKept ? signature : signatureFor(part, repair.index, repair);
  if (isKept || wanted === signature) return;
  const place = [...path, nameOf(part, 'thoughtSignature')];
  notes.edits.push(wanted === undefined ? { op: 'remove', path: place } : { op: 'set', path: place, value: wanted });
  if (signature !== undefined && !isSealed(signature)) notes.strippedThinkingCount++;
}

/** What the target itself gave with a call, where its caller lost it; else what says that another model made it. */
function signatureFor(
  part: Fields,
  index: number,
  { target, stateOf, isFirstCall }: TurnRepair & { readonly isFirstCall: boolean },
): string | undefined {
  const id = callIdOf(part);
  const state = id === undefined ? undefined : stateOf(id, index);
  const own = state?.by === modelIdentity(target) ? textIn(fieldsIn(state.wire)['thoughtSignature']) : undefined;
  return own ?? (isFirstCall ? placeholderFor(target) : undefined);
}

function placeholderFor({ requestLimits }: Model): string | undefined {
  return requestLimits?.unsignedCalls === 'refused' ? FOREIGN_SIGNATURE : undefined;
}

function signatureOf(part: Fields): string | undefined {
  const signature = textIn(at(part, 'thoughtSignature'));
  return signature === undefined ? undefined : unpackSignature(signature);
}
