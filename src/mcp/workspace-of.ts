import { realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PointsmanError } from '../domain/errors.ts';
import { isInside } from '../tools/confine-path.ts';
import { InputNeeded, type Dialog } from './dialog.ts';

/**
 * The folder that a job works in. The model may name one inside the roots that its client gives, or, where the client gives
 * none, inside the folder that the server was started in; nothing else, since it would give itself what nobody opened.
 * @throws PointsmanError `tool-denied`; InputNeeded
 */
export async function workspaceOf(
  dialog: Dialog,
  { named, startedIn }: { readonly named: string | undefined; readonly startedIn: string },
): Promise<string> {
  const roots = await rootsOf(dialog);
  const allowed = roots ?? [startedIn];
  const fallback = roots === undefined || roots.some((root) => leadsInside(root, startedIn)) ? startedIn : roots[0];
  const wanted = path.resolve(startedIn, named ?? fallback ?? '.');
  if (real(wanted) === path.parse(wanted).root) throw denied(wanted, allowed);
  // What is not there is refused by whoever looks for it.
  if (real(wanted) === undefined || allowed.some((root) => leadsInside(root, wanted))) return wanted;
  throw denied(wanted, allowed);
}

/**
 * `undefined`: the client does not speak of roots, or has opened none. A client that speaks of them and cannot be understood
 * has opened nothing that we know of: then no folder is.
 * @throws PointsmanError `tool-denied`
 */
async function rootsOf(dialog: Dialog): Promise<readonly string[] | undefined> {
  if (dialog.capabilities.roots === undefined) return undefined;
  const roots = await listRoots(dialog);
  const folders = roots.flatMap(({ uri }) => folderOf(uri));
  if (roots.length > 0 && folders.length === 0) throw notKnown('it named no folder of this machine');
  return roots.length === 0 ? undefined : folders;
}

async function listRoots({ roots, context }: Dialog): Promise<readonly { readonly uri: string }[]> {
  try {
    return await roots();
  } catch (thrown) {
    if (thrown instanceof InputNeeded) throw thrown;
    if (context.mcpReq.signal.aborted) throw new PointsmanError('aborted', 'The call was cancelled');
    throw notKnown('its answer to roots/list was an error, or none', thrown);
  }
}

function notKnown(why: string, cause?: unknown): PointsmanError {
  return new PointsmanError('tool-denied', `The client did not say which folders are open to it: ${why}`, {
    hint: 'Try again, or run the job at a terminal.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function folderOf(uri: string): readonly string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    return [];
  }
}

function leadsInside(root: string, folder: string): boolean {
  const [outer, inner] = [real(root), real(folder)];
  return outer !== undefined && inner !== undefined && isInside(outer, inner);
}

function real(folder: string): string | undefined {
  try {
    return realpathSync.native(folder);
  } catch {
    return undefined;
  }
}

function denied(wanted: string, allowed: readonly string[]): PointsmanError {
  return new PointsmanError('tool-denied', `The workspace ${wanted} is not open to this client.`, {
    hint: `Name a folder inside ${allowed.join(' or ')}, or run the job at a terminal.`,
  });
}
