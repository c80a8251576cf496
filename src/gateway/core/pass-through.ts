import type { ModelId } from '../../domain/ids.ts';
import type { Log } from '../../domain/log.ts';
import type { Model, Wire } from '../../domain/model.ts';
import type { At } from '../../domain/time.ts';
import type { PassThroughSwitch } from '../../page/page-source.ts';
import type { Siblings } from '../workers/siblings.ts';

/** The switch of one gateway, of which several processes may each have a part. */
export interface SharedSwitch extends PassThroughSwitch {
  /** As another worker has set it, which it has announced to all. */
  receive: PassThroughSwitch['set'];
}

interface Listeners {
  readonly siblings?: Pick<Siblings, 'announce'> | undefined;
  readonly onSwitched?: ((isOn: boolean, by: string) => void) | undefined;
}

/** Off at the start; who touched it is logged. */
export function createPassThrough(log: Log, now: () => At, { siblings, onSwitched }: Listeners = {}): SharedSwitch {
  let isOn = false;
  let changedAt: At | undefined;
  const receive: PassThroughSwitch['set'] = (next, by) => {
    if (next === isOn) return;
    isOn = next;
    changedAt = now();
    log.warn(next ? 'Nothing is routed now: calls pass straight through' : 'Calls are routed again', { by });
  };
  return {
    get isOn() {
      return isOn;
    },
    get changedAt() {
      return changedAt;
    },
    set(next, by) {
      if (next !== isOn) onSwitched?.(next, by);
      receive(next, by);
      siblings?.announce({ kind: 'pass-through', isOn, by });
    },
    receive,
  };
}

/**
 * The model of a routed name while nothing is routed: the one that the session is on, else the ablest that speaks the
 * caller's wire format, else the ablest of all.
 */
export function straightModel(
  pool: readonly Model[],
  { incumbent, wire }: { readonly incumbent: ModelId | undefined; readonly wire: Wire },
): Model | undefined {
  const sameWire = pool.filter((model) => model.wire === wire);
  const stays = pool.find(({ id }) => id === incumbent);
  return stays ?? [...(sameWire.length > 0 ? sameWire : pool)].sort(abler)[0];
}

function abler(a: Model, b: Model): number {
  return (b.abilityIndex ?? 0) - (a.abilityIndex ?? 0) || (a.id < b.id ? -1 : 1);
}
