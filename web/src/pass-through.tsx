import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Status } from './answers.ts';
import { get, post } from './api.ts';
import { time } from './format.ts';
import { useAnswer, useEvery } from './use-answer.ts';

const LOOK_MS = 5000;

/** The one switch, and what a gateway does right now. */
export function PassThrough({ round }: { readonly round: number }): JSX.Element | null {
  const [turn, setTurn] = useState(0);
  const { value } = useAnswer(`${round} ${turn}`, () => get<Status>('status'));
  useEvery(LOOK_MS, () => setTurn(turn + 1));
  if (value?.gateway === undefined)
    return value === undefined ? null : <p class="quiet">From the store; no gateway.</p>;
  const { passThrough, runningCount } = value.gateway;
  const flip = (): void => {
    post('pass-through', { on: !passThrough.isOn }).then(
      () => setTurn(turn + 1),
      () => setTurn(turn + 1),
    );
  };
  return (
    <p class={passThrough.isOn ? 'switch on' : 'switch'}>
      <span aria-live="polite">
        {passThrough.isOn ? `Nothing is routed since ${time(passThrough.changedAt ?? value.now)}. ` : ''}
        {runningCount} under way{' '}
      </span>
      {value.viewer.sees === 'all' ? (
        <button type="button" role="switch" aria-checked={passThrough.isOn} onClick={flip}>
          Pass everything through
        </button>
      ) : null}
    </p>
  );
}
