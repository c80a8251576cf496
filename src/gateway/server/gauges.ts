import type { GatewayCore } from '../core/gateway-core.ts';
import type { Gauge } from '../core/metrics.ts';

/** What is the case right now, for `/metrics`. */
export function gaugesOf(core: GatewayCore): readonly Gauge[] {
  const nowMs = core.monotonicMs();
  const help = '0 closed, 1 half-open, 2 open';
  const circuits = [...core.health.all()].map((host) => {
    const state = host.stateAt(nowMs);
    const value = state === 'closed' ? 0 : state === 'half-open' ? 1 : 2;
    return { name: 'pointsman_circuit_state', help, labels: { endpoint: host.endpoint, model: host.model }, value };
  });
  const alarms = (core.deps.alarms?.() ?? []).map(({ code, of }) => ({
    name: 'pointsman_alarm',
    help: 'Raised alarms',
    labels: { code, of },
    value: 1,
  }));
  return [
    ...circuits,
    ...alarms,
    { name: 'pointsman_sessions', help: 'Sessions in memory', value: core.sessions.size },
    { name: 'pointsman_kept_prefixes', help: 'Idle sessions that may be pinged', value: core.warmKeeper.size },
    { name: 'pointsman_kept_prefix_bytes', help: 'Bytes held to ping them', value: core.warmKeeper.heldBytes },
    {
      name: 'pointsman_held_body_bytes',
      help: 'Bytes of bodies of calls under way',
      value: core.bodies.plain.heldBytes + core.bodies.packed.heldBytes,
    },
    {
      name: 'pointsman_known_body_bytes',
      help: 'Held of transcripts that were read and translated',
      value: core.bodyReader.heldBytes + core.bodyWriter.heldBytes,
    },
    { name: 'pointsman_rss_bytes', help: 'Resident memory', value: process.memoryUsage.rss() },
  ];
}
