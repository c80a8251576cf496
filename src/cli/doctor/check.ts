/** What one look found. `skipped`: not looked at, and why. */
export interface Check {
  /** What was looked at, such as `node` or `endpoint openai`. */
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly detail: string;
  /** How to mend it, as a sentence; only where there is something to mend. */
  readonly hint?: string;
}

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail });
export const warn = (name: string, detail: string, hint: string): Check => ({ name, status: 'warn', detail, hint });
export const fail = (name: string, detail: string, hint: string): Check => ({ name, status: 'fail', detail, hint });
export const skipped = (name: string, detail: string): Check => ({ name, status: 'skipped', detail });
