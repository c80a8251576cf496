/** A file as git knows it: a link holds where it leads. Plain data, for journals. */
export interface FileState {
  readonly mode: '100644' | '100755' | '120000';
  /** Of its bytes, as git names a blob. */
  readonly id: string;
}

/** What became of one file; `null`: it was, or is, not there. */
export interface FileChange {
  /** Relative to the workspace, with slashes. */
  readonly name: string;
  readonly before: FileState | null;
  readonly after: FileState | null;
}

export function isSameState(one: FileState | null, other: FileState | null): boolean {
  return one?.mode === other?.mode && one?.id === other?.id;
}

/** What several changes in a row come to, in the order of the names; what is as it was is none. Pure. */
export function netChanges(changes: readonly FileChange[]): readonly FileChange[] {
  const net = new Map<string, FileChange>();
  for (const { name, before, after } of changes) {
    net.set(name, { name, before: net.get(name)?.before ?? (net.has(name) ? null : before), after });
  }
  return [...net.values()]
    .filter(({ before, after }) => !isSameState(before, after))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The way back. Pure. */
export function reversed(changes: readonly FileChange[]): readonly FileChange[] {
  return changes.map(({ name, before, after }) => ({ name, before: after, after: before })).reverse();
}
