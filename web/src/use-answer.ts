import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { ApiError } from './api.ts';

/** What a view waits for, has, or could not get; a new question keeps the old answer until its own has come. */
export interface Answer<Value> {
  readonly value: Value | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
}

/** Asks again whenever `key` changes. A refusal for want of a log-in is told to whoever shows the log-in. */
export function useAnswer<Value>(key: string, ask: () => Promise<Value>): Answer<Value> {
  const [answer, setAnswer] = useState<Answer<Value>>({ value: undefined, error: undefined, isLoading: true });
  // Before anything is painted: what is asked is on its way meanwhile.
  useLayoutEffect(() => {
    let isCurrent = true;
    setAnswer(({ value }) => ({ value, error: undefined, isLoading: true }));
    ask().then(
      (value) => isCurrent && setAnswer({ value, error: undefined, isLoading: false }),
      (thrown: unknown) => {
        if (thrown instanceof ApiError && thrown.status === 401) dispatchEvent(new Event('pointsman-login'));
        const error = thrown instanceof Error ? thrown : new Error('Nothing came back.');
        if (isCurrent) setAnswer({ value: undefined, error, isLoading: false });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return answer;
}

/** Does something every so often while the page is looked at. */
export function useEvery(everyMs: number, act: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && act(), everyMs);
    return () => clearInterval(timer);
  });
}
