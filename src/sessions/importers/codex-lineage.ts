import type { At } from '../../domain/time.ts';
import { atOf, rowAt, textAt, type Row } from '../fields.ts';
import { hashText } from '../hash-text.ts';
import { readLogHead } from '../log-head.ts';

/** Who a rollout is, and which one it was forked or spawned from, as far as its `session_meta` rows say. */
export interface RolloutIdentity {
  readonly sessionId: string | undefined;
  readonly parentId: string | undefined;
  /** The parent and, in a fork of a fork, those it came from, as their copied rows say; the nearest first. */
  readonly ancestorIds: readonly string[];
  readonly startedAt: At | undefined;
  readonly isSubAgent: boolean;
}

/** The first `session_meta` is the rollout's own; a later one, of another id, was copied from its parent. */
export function identityOf(metas: readonly Row[]): RolloutIdentity {
  const [own] = metas;
  const sessionId = textAt(own, 'id');
  const spawn = rowAt(rowAt(rowAt(own, 'source'), 'subagent'), 'thread_spawn');
  const copied = metas.map((meta) => textAt(meta, 'id')).find((id) => id !== sessionId);
  const parentId =
    textAt(own, 'forked_from_id') ?? textAt(own, 'parent_thread_id') ?? textAt(spawn, 'parent_thread_id') ?? copied;
  const known = [parentId, ...metas.map((meta) => textAt(meta, 'id'))];
  return {
    sessionId,
    parentId: parentId === sessionId ? undefined : parentId,
    ancestorIds: [...new Set(known)].flatMap((id) => (id === undefined || id === sessionId ? [] : [id])),
    startedAt: atOf(own, 'timestamp'),
    isSubAgent: textAt(own, 'thread_source') === 'subagent' || spawn !== undefined,
  };
}

/** Longest pause inside the burst of rows that a fork copies; a model's own first answer takes longer. */
const BURST_PAUSE_MS = 2000;

/**
 * Which counted calls of a rollout were made by its parent. A fork begins with its parent's rows, with their own times or all
 * at the moment of the fork, and `token_count` rows carry no id; what names a call is its session's running total.
 */
export class CodexLineage {
  private readonly callIds = new Map<string, Map<number, string>>();
  private readonly parents: ReadonlySet<string>;

  /** @param parents sessions that others come from: only their calls are kept */
  constructor(parents: ReadonlySet<string>) {
    this.parents = parents;
  }

  remember(sessionId: string, total: string, callId: string): void {
    if (!this.parents.has(sessionId)) return;
    const known = this.callIds.get(sessionId) ?? new Map<number, string>();
    this.callIds.set(sessionId, known.set(hashText(total), callId));
  }

  /**
   * The id of the ancestor's call with this running total. Where the parent's log is not at hand and no
   * older one knows the call, one is made of the total.
   */
  ancestorCallId(ancestorIds: readonly string[], total: string): string | undefined {
    const [parentId] = ancestorIds;
    if (parentId === undefined) return undefined;
    const found = ancestorIds.map((id) => this.callIds.get(id)?.get(hashText(total))).find((id) => id !== undefined);
    if (found !== undefined || this.callIds.has(parentId)) return found;
    return totalCallId(parentId, total);
  }
}

export function totalCallId(sessionId: string, total: string): string {
  return `${sessionId}/${hashText(total).toString(36)}`;
}

/** Follows the rows at the start of a fork, as long as they are copies. */
export class CopiedHistory {
  private until: At | undefined;

  begin(startedAt: At | undefined): void {
    this.until = startedAt === undefined ? undefined : startedAt + BURST_PAUSE_MS;
  }

  /** Whether a row of this moment still belongs to the copied history. Unknown times do. */
  holds(at: At | undefined): boolean {
    if (at === undefined || this.until === undefined) return true;
    if (at > this.until) return false;
    this.until = Math.max(this.until, at + BURST_PAUSE_MS);
    return true;
  }
}

/** Rollouts by family, in an order in which each comes after the one it was forked from, and all who have children. */
export async function inOrderOfDescent(
  paths: readonly string[],
): Promise<{ readonly families: readonly (readonly string[])[]; readonly parents: ReadonlySet<string> }> {
  const pathOf = new Map<string, string>();
  const idOf = new Map<string, string>();
  const ancestorsOf = new Map<string, readonly string[]>();
  const parents = new Set<string>();
  const families = new Families();
  for (const path of paths) {
    const { rows } = await readLogHead(path);
    const metas = rows.flatMap((row) => (textAt(row, 'type') === 'session_meta' ? [rowAt(row, 'payload') ?? {}] : []));
    const { sessionId, ancestorIds } = identityOf(metas);
    for (const id of ancestorIds) parents.add(id);
    families.join([sessionId ?? path, ...ancestorIds]);
    idOf.set(path, sessionId ?? path);
    if (sessionId !== undefined) pathOf.set(sessionId, path);
    ancestorsOf.set(path, ancestorIds);
  }
  const ordered = ancestorsFirst(paths, (path) => {
    const nearest = ancestorsOf.get(path)?.find((id) => pathOf.has(id));
    return nearest === undefined ? undefined : pathOf.get(nearest);
  });
  const byFamily = Map.groupBy(ordered, (path) => families.of(idOf.get(path) ?? path));
  return { families: [...byFamily.values()], parents };
}

function ancestorsFirst(paths: readonly string[], nearestTo: (path: string) => string | undefined): Set<string> {
  const ordered = new Set<string>();
  for (const path of paths) {
    const line: string[] = [];
    for (let next: string | undefined = path; next !== undefined && !ordered.has(next) && !line.includes(next);) {
      line.push(next);
      next = nearestTo(next);
    }
    for (const ancestorFirst of line.reverse()) ordered.add(ancestorFirst);
  }
  return ordered;
}

/** Sessions that descend from each other, each named by one of them. */
class Families {
  private readonly nextTo = new Map<string, string>();

  of(id: string): string {
    const next = this.nextTo.get(id);
    return next === undefined ? id : this.of(next);
  }

  join([first = '', ...others]: readonly string[]): void {
    for (const other of others) {
      const [one, two] = [this.of(first), this.of(other)];
      if (one !== two) this.nextTo.set(two, one);
    }
  }
}
