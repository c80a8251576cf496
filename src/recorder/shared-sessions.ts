/**
 * Sessions of a gateway for the others of the same store, each as a text of the gateway's own. What is kept is stored behind the calls, within a
 * second, and the newest text of a session counts. Never throws or rejects: what cannot be read in time is not known, and what cannot be
 * written is kept with the session's next call.
 */
export interface SharedSessions {
  /** What was kept of a session, by whichever gateway. `undefined`: nothing. */
  find(key: string): Promise<string | undefined>;
  /** @param text asked for when it is stored: of many calls in a moment the last one counts. `undefined`: there is nothing to keep */
  keep(key: string, text: () => string | undefined): void;
  /** Another gateway has kept this session since it was kept here: what is known of it here is old. */
  onMoved(listener: (key: string) => void): void;
  close(): Promise<void>;
}
