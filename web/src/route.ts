import { useEffect, useState } from 'preact/hooks';

/** Where the page is, as its address says behind the `#`: `/calls?days=7`, `/decision/dec_1`. */
export interface Route {
  readonly view: string;
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
}

function routeOf(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/u, '').split('?', 2);
  const slash = path.indexOf('/');
  const view = slash < 0 ? path : path.slice(0, slash);
  return {
    view,
    id: slash < 0 ? '' : decode(path.slice(slash + 1)),
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** As it stands, where it is no encoded text. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function hashOf(view: string, id = '', query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '');
  const search = new URLSearchParams(given).toString();
  const path = id === '' ? view : `${view}/${encodeURIComponent(id)}`;
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const onHash = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  return route;
}
