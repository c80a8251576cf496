import type { PageLink } from '../input/gateway-files.ts';

const WAIT_MS = 2000;

/** The gateway that a link leads to, if it runs and takes the token; one that was killed has left its link behind. */
export async function runningGateway(link: PageLink | undefined): Promise<PageLink | undefined> {
  if (link === undefined) return undefined;
  try {
    const response = await fetch(new URL('/pointsman/api/status', link.url), {
      headers: { authorization: `Bearer ${link.token}` },
      signal: AbortSignal.timeout(WAIT_MS),
    });
    await response.arrayBuffer();
    return response.ok ? link : undefined;
  } catch {
    return undefined;
  }
}
