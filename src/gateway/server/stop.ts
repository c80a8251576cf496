import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { StreamPinger } from './stream-pinger.ts';

const TURN_MS = 100;
/** For the last words to leave, and for what they belonged to to be recorded. */
const GRACE_MS = 1000;

/**
 * Stops taking calls and lets those under way live, up to `drainMs` or the signal; then ends each with an error that its
 * caller retries, and closes every socket.
 */
export async function stop(
  server: Server,
  { core, pinger }: { readonly core: GatewayCore; readonly pinger: StreamPinger },
  hurry: AbortSignal,
): Promise<void> {
  const { live, deps } = core;
  const pinged = core.warmKeeper.close();
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection that is kept alive closes once its call has ended.
  const idle = setInterval(() => server.closeIdleConnections(), TURN_MS);
  server.closeIdleConnections();
  if (live.runningCount > 0) deps.log.info(`Draining: ${live.runningCount} calls are under way`);
  const limit = AbortSignal.any([hurry, AbortSignal.timeout(deps.settings.drainMs)]);
  await live.idle(limit);
  if (live.runningCount > 0)
    deps.log.warn(`${live.runningCount} calls are ended; their callers are told to come again`);
  await live.endAll();
  core.feed.close();
  server.closeIdleConnections();
  await Promise.race([closed, sleep(GRACE_MS)]);
  server.closeAllConnections();
  await closed;
  clearInterval(idle);
  pinger.close();
  await pinged;
  core.bodyReader.close();
  core.bodyWriter.close();
  await core.upstream.close();
  await live.idle(AbortSignal.timeout(GRACE_MS));
  await core.semantic.close();
  await deps.recorder.flush();
}
