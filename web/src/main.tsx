import './style.css';
import { render, type JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from './api.ts';
import { PassThrough } from './pass-through.tsx';
import { decode, hashOf, useRoute, type Route } from './route.ts';
import { CallsView } from './views/calls.tsx';
import { DecisionView } from './views/decision.tsx';
import { HealthView } from './views/health.tsx';
import { LoginView } from './views/login.tsx';
import { OverviewView } from './views/overview.tsx';
import { PoliciesView } from './views/policies.tsx';
import { SessionView } from './views/session.tsx';
import { SessionsView } from './views/sessions.tsx';

interface View {
  readonly title: string;
  readonly show: (route: Route) => JSX.Element;
}

/** Those of the navigation, in its order; a digit opens each. */
const MAIN: Readonly<Record<string, View>> = {
  '': { title: 'Spending', show: (route) => <OverviewView route={route} /> },
  calls: { title: 'Calls', show: (route) => <CallsView route={route} /> },
  sessions: { title: 'Sessions', show: (route) => <SessionsView route={route} /> },
  policies: { title: 'Policies', show: () => <PoliciesView /> },
  health: { title: 'Health', show: (route) => <HealthView route={route} /> },
};

const VIEWS: Readonly<Record<string, View>> = {
  ...MAIN,
  session: { title: 'Session', show: (route) => <SessionView route={route} key={route.id} /> },
  decision: { title: 'Decision', show: (route) => <DecisionView route={route} key={route.id} /> },
};

const NOWHERE: View = { title: 'Nothing here', show: () => <p>There is no such view.</p> };

function App(): JSX.Element {
  const route = useRoute();
  const heading = useRef<HTMLHeadingElement>(null);
  const [isLocked, setLocked] = useState(false);
  const [round, setRound] = useState(0);
  const view = VIEWS[route.view] ?? NOWHERE;
  useEffect(() => {
    const onLogin = (): void => setLocked(true);
    addEventListener('pointsman-login', onLogin);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('pointsman-login', onLogin);
      removeEventListener('keydown', onKey);
    };
  }, []);
  useEffect(() => {
    document.title = `${view.title} · pointsman`;
    // Whoever goes on by keyboard or listens goes on at the new view.
    if (round > 0 || document.activeElement?.closest('nav') !== null) heading.current?.focus();
  }, [route.view, route.id]);
  const unlock = (): void => {
    setLocked(false);
    setRound(round + 1);
  };
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), heading.current?.focus())}>
        To the content
      </a>
      <header>
        <a class="brand" href="#/">
          pointsman
        </a>
        <nav aria-label="Views">
          {Object.entries(MAIN).map(([name, { title }]) => (
            <a href={hashOf(name)} aria-current={route.view === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        {isLocked ? null : <PassThrough round={round} />}
      </header>
      <main id="main">
        <h1 ref={heading} tabIndex={-1}>
          {view.title}
        </h1>
        {isLocked ? <LoginView onDone={unlock} /> : <div key={round}>{view.show(route)}</div>}
      </main>
    </>
  );
}

/** `/` goes to the search, digits to the views. */
function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement | null;
  if (event.ctrlKey || event.metaKey || event.altKey || target?.closest('input, select, textarea') !== null) return;
  if (event.key === '/') {
    event.preventDefault();
    document.querySelector<HTMLInputElement>('#search')?.focus();
    return;
  }
  const name = /^[1-9]$/u.test(event.key) ? Object.keys(MAIN)[Number(event.key) - 1] : undefined;
  if (name !== undefined) location.hash = hashOf(name);
}

/** A link of `pointsman ui` brings its token behind the `#`, which no server sees; it is taken out of the address at once. */
async function takeToken(): Promise<void> {
  const found = /^#login=([\w-]+)(?:&to=(.*))?$/u.exec(location.hash);
  if (found === null) return;
  const [, token = '', to = ''] = found;
  history.replaceState(null, '', `#/${decode(to)}`);
  await post('login', { token }).catch(() => undefined);
}

await takeToken();
const root = document.querySelector('#app');
if (root !== null) render(<App />, root);
