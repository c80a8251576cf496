import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { post } from '../api.ts';

/** @param onDone after a token was taken */
export function LoginView({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const [token, setToken] = useState('');
  const [fault, setFault] = useState('');
  return (
    <form
      class="login"
      onSubmit={(event) => {
        event.preventDefault();
        post('login', { token }).then(onDone, (thrown: unknown) =>
          setFault(thrown instanceof Error ? thrown.message : 'Nothing came back.'),
        );
      }}
    >
      <p>
        This gateway asks for an access key. With one you see what came with it; “pointsman ui” on its machine gives a
        link that shows everything.
      </p>
      <label>
        Access key{' '}
        <input
          type="password"
          autoComplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>{' '}
      <button type="submit">Log in</button>
      {fault === '' ? null : (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}
