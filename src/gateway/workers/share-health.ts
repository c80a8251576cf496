import type { EndpointId, ModelId } from '../../domain/ids.ts';
import type { Ms } from '../../domain/time.ts';
import type { HealthBoard, HostHealth } from '../../providers/hosts/health.ts';
import type { WorkerNote } from './letters.ts';
import type { Siblings } from './siblings.ts';

type HostNote = Extract<WorkerNote, { kind: 'host' }>;

/** A board whose failures count at every worker: what one has seen to be ill, no other tries anew. What is well is boards only after a failure. */
export interface SharedHealth {
  readonly board: HealthBoard;
  receive(note: HostNote, nowMs: Ms): void;
}

export function shareHealth(board: HealthBoard, siblings: Pick<Siblings, 'announce'>): SharedHealth {
  const known = new WeakMap<HostHealth, HostHealth>();
  /** That it failed somewhere, and nobody has said since that it is well. */
  const failing = new Set<string>();
  const announce = (host: HostHealth, outcome: HostNote['outcome']): void => {
    const { endpoint, model } = host;
    const name = nameOf(host);
    if (outcome === 'well' && !failing.delete(name)) return;
    if (outcome !== 'well') failing.add(name);
    siblings.announce({ kind: 'host', endpoint, model, outcome });
  };
  const shared = (host: HostHealth): HostHealth => ({
    endpoint: host.endpoint,
    model: host.model,
    stateAt: (nowMs) => host.stateAt(nowMs),
    tryAcquire: (nowMs) => host.tryAcquire(nowMs),
    answering(nowMs, pass) {
      host.answering(nowMs, pass);
      announce(host, 'well');
    },
    succeeded(nowMs, pass) {
      host.succeeded(nowMs, pass);
      announce(host, 'well');
    },
    failed(nowMs, wasReached, pass) {
      host.failed(nowMs, wasReached, pass);
      announce(host, wasReached ? 'failed' : 'unreachable');
    },
    released: (pass) => host.released(pass),
  });
  return {
    board: {
      ...board,
      of(model) {
        const host = board.of(model);
        let one = known.get(host);
        if (one === undefined) known.set(host, (one = shared(host)));
        return one;
      },
    },
    receive({ endpoint, model, outcome }, nowMs) {
      const host = board.of({ endpoint: endpoint as EndpointId, id: model as ModelId });
      if (outcome === 'well') {
        failing.delete(nameOf(host));
        host.succeeded(nowMs);
      } else {
        failing.add(nameOf(host));
        host.failed(nowMs, outcome === 'failed');
      }
    },
  };
}

function nameOf({ endpoint, model }: Pick<HostHealth, 'endpoint' | 'model'>): string {
  return `${endpoint} ${model}`;
}
