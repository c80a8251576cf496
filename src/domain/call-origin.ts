/** What a harness asks a model for on its own account. `digest`: any other text about the session or a tool's output. */
export type HarnessTask = 'title' | 'topic' | 'compaction' | 'safety-check' | 'probe' | 'sub-agent' | 'digest';

/**
 * Whose call it is. `person`: somebody's words are waiting for an answer; `beside`: the conversation goes on without it. `agent`: it goes on after a tool's result or after
 * its own compaction. `harness`: the program around the agent asks; `declared` where it says so itself, else by its shape.
 */
export type CallOrigin =
  | { readonly by: 'person'; readonly beside?: true }
  | { readonly by: 'agent' }
  | { readonly by: 'harness'; readonly task: HarnessTask; readonly source: 'declared' | 'shape' };
