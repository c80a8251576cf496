/** A file as git knows it: a link holds where it leads. Plain data, for journals. */
export interface FileState {
  readonly mode: '100644' | '100755' | '120000';
  /** Of its bytes, as git names a blob. */
  readonly id: string;
  /** Who may read it, where that is known; git does not. */
  readonly permissions?: number;
}

/** What became of one file; `null`: it was, or is, not there. */
export interface FileChange {
  /** Relative to the workspace, with slashes. */
  readonly name: string;
  readonly before: FileState | null;
  readonly after: FileState | null;
  /** Somebody else changed it between two changes of a row: the way back would take that, too. */
  readonly isMixed?: true;
}

export function isSameState(one: FileState | null, other: FileState | null): boolean {
  return one?.mode === other?.mode && one?.id === other?.id;
}

/** What several changes in a row come to, in the order of the names; what is as it was is none. Pure. */
export function netChanges(changes: readonly FileChange[]): readonly FileChange[] {
  const net = new Map<string, FileChange>();
  const seen = new Map<string, (FileState | null)[]>();
  for (const { name, before, after } of changes) {
    const first = net.get(name);
    const states = seen.get(name) ?? [before];
    // A call that was cut off and made again begins twice where it began.
    const isMixed = first?.isMixed === true || !states.some((state) => isSameState(state, before));
    net.set(name, { name, before: first === undefined ? before : first.before, after, ...(isMixed && { isMixed }) });
    seen.set(name, [...states, after]);
  }
  return [...net.values()]
    .filter(({ before, after }) => !isSameState(before, after))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The way back. Pure. */
export function reversed(changes: readonly FileChange[]): readonly FileChange[] {
  return changes.map((change) => ({ ...change, before: change.after, after: change.before })).reverse();
}
