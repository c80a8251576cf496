import { listen } from '../../gateway/server/listen.ts';
import type { GatewaySettings } from '../../gateway/settings/gateway-settings.ts';
import { acceptConnections } from '../../gateway/workers/accept-connections.ts';
import { Crew, type CrewOptions } from './crew.ts';

export interface WorkersOptions extends CrewOptions {
  readonly settings: Pick<
    GatewaySettings,
    'host' | 'port' | 'takeOver' | 'maxHeaderBytes' | 'headersTimeoutMs' | 'maxConnections'
  >;
}

/** Several processes that serve one gateway at one address. */
export interface RunningWorkers {
  readonly url: string;
  /** What the first worker says of itself at its start. */
  readonly note: string;
  /** Reads configuration, policies and keys anew in all of them. */
  reload(): void;
  /** Turns routing off in all of them, or on again. */
  switchOver(): void;
  /** Takes no more connections, and lets calls under way end; a second time: ends them at once. */
  close(): Promise<void>;
}

/**
 * Starts the workers, then listens: this process accepts connections and hands each to the worker of its session, or, where its headers
 * name none, to the next one in turn. A worker that dies is started anew.
 * @throws PointsmanError what a worker says that keeps it from starting; `config-invalid` where the address is taken
 */
export async function serveWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  const crew = new Crew(options);
  try {
    const note = await crew.start();
    const server = acceptConnections({
      ...options.settings,
      hand: (socket, head, session) => crew.hand(socket, head, session),
    });
    const { url } = await listen(server, options.settings);
    return {
      url,
      note,
      switchOver: () => crew.switchOver(),
      reload: () => crew.sendAll({ kind: 'reload' }),
      close: async () => {
        server.close();
        await crew.close();
      },
    };
  } catch (thrown) {
    await crew.close();
    throw thrown;
  }
}
