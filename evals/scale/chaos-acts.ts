import { setTimeout as wait } from 'node:timers/promises';
import type { Draw } from '../trust/draw.ts';
import type { Kept } from './fleet.ts';
import type { StorePlace } from './store-place.ts';

/** Past the half minute after which others take over what a process held. */
const STOPPED_MS = 40_000;

export interface ChaosPlan {
  readonly seconds: number;
  /** Between two kills, in the mean. */
  readonly killEverySeconds: number;
  /** Workers, and gateways, that are stopped past what they hold leases for, one after the other. */
  readonly stopCount: number;
  /** 0: the server is neither restarted nor cut off. */
  readonly cutSeconds: number;
}

export interface ChaosTally {
  killedWorkers: number;
  killedGateways: number;
  stoppedWorkers: number;
  stoppedGateways: number;
  restarts: number;
  cuts: number;
}

interface Fleet {
  readonly workers: readonly Kept[];
  readonly gateways: readonly Kept[];
  readonly store: StorePlace;
}

interface ChaosOptions {
  readonly draw: Draw;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Kills, stops and cuts by the draw until the time is over; then all of them go on. */
export async function runChaos(fleet: Fleet, plan: ChaosPlan, options: ChaosOptions): Promise<ChaosTally> {
  const tally: ChaosTally = {
    killedWorkers: 0,
    killedGateways: 0,
    stoppedWorkers: 0,
    stoppedGateways: 0,
    restarts: 0,
    cuts: 0,
  };
  const chaos = new Chaos(fleet, plan, options, tally);
  await Promise.all([
    chaos.kills(),
    chaos.stops(fleet.workers, 'stoppedWorkers'),
    chaos.stops(fleet.gateways, 'stoppedGateways'),
    chaos.storeFaults(),
  ]);
  return tally;
}

class Chaos {
  readonly #fleet: Fleet;
  readonly #plan: ChaosPlan;
  readonly #options: ChaosOptions;
  readonly #tally: ChaosTally;
  readonly #beganAt = Date.now();

  constructor(fleet: Fleet, plan: ChaosPlan, options: ChaosOptions, tally: ChaosTally) {
    this.#fleet = fleet;
    this.#plan = plan;
    this.#options = options;
    this.#tally = tally;
  }

  async kills(): Promise<void> {
    const { draw } = this.#options;
    for (;;) {
      await this.#pause(this.#plan.killEverySeconds * (500 + draw.below(1000)));
      if (this.#isOver()) return;
      const isWorker = draw.below(2) === 0;
      const victim = this.#oneUp(isWorker ? this.#fleet.workers : this.#fleet.gateways);
      if (victim === undefined) continue;
      this.#say(`kill -9 ${victim.name}`);
      victim.kill();
      this.#tally[isWorker ? 'killedWorkers' : 'killedGateways'] += 1;
    }
  }

  async stops(kept: readonly Kept[], count: 'stoppedWorkers' | 'stoppedGateways'): Promise<void> {
    const { stopCount, seconds } = this.#plan;
    const gapMs = Math.max(0, (seconds * 1000) / Math.max(1, stopCount) - STOPPED_MS);
    for (let index = 0; index < stopCount; index += 1) {
      await this.#pause(gapMs * (0.2 + this.#options.draw.below(60) / 100));
      const victim = this.#oneUp(kept);
      if (this.#isOver() || victim === undefined) continue;
      this.#say(`SIGSTOP ${victim.name}`);
      victim.stop();
      this.#tally[count] += 1;
      await this.#wait(STOPPED_MS);
      this.#say(`SIGCONT ${victim.name}`);
      victim.goOn();
    }
  }

  async storeFaults(): Promise<void> {
    const { cutSeconds, seconds } = this.#plan;
    if (cutSeconds === 0) return;
    await this.#pause(seconds * 400);
    if (this.#isOver()) return;
    this.#say('PostgreSQL is stopped at once and started again');
    await this.#fleet.store.restart();
    this.#tally.restarts += 1;
    await this.#pause(seconds * 200);
    // On a busy machine the restart may have taken all the time there was: it is cut off all the same.
    if (this.#options.signal.aborted) return;
    this.#say(`PostgreSQL is cut off for ${cutSeconds} s`);
    this.#fleet.store.cut();
    this.#tally.cuts += 1;
    await this.#wait(cutSeconds * 1000);
    this.#fleet.store.restore();
    this.#say('PostgreSQL is there again');
  }

  #isOver(): boolean {
    return this.#options.signal.aborted || this.#elapsedMs() >= this.#plan.seconds * 1000;
  }

  #elapsedMs(): number {
    return Date.now() - this.#beganAt;
  }

  /** No longer than there is chaos. */
  async #pause(ms: number): Promise<void> {
    await this.#wait(Math.max(0, Math.min(ms, this.#plan.seconds * 1000 - this.#elapsedMs())));
  }

  async #wait(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#options.signal }).catch(() => undefined);
  }

  #oneUp(kept: readonly Kept[]): Kept | undefined {
    const up = kept.filter(({ isUp }) => isUp);
    return up.length === 0 ? undefined : this.#options.draw.oneOf(up);
  }

  #say(what: string): void {
    this.#options.progress(`${(this.#elapsedMs() / 1000).toFixed(1)} s: ${what}\n`);
  }
}
