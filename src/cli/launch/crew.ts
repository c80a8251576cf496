import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Environment } from '../../domain/environment.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import type { Ms } from '../../domain/time.ts';
import type { AcceptorLetter, WorkerLetter } from '../../gateway/workers/letters.ts';
import { workerOf } from '../../gateway/workers/session-of-head.ts';
import { OPERATOR_VARIABLE, WORKER_VARIABLE } from './worker-channel.ts';

/** What a worker is started with. */
export interface CrewOptions {
  readonly count: number;
  /** Program and arguments of a worker; the same as this process's own. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** Opens the page of all workers. */
  readonly operatorToken: string;
  readonly log: Log;
}

/** A worker that dies sooner than this after its start has a reason that the next one will have, too: each next pause is twice as long. */
const QUICK_DEATH_MS: Ms = 5000;
const RESTART_MS: Ms = 200;
/** What a worker is given to answer for its metrics. */
const METRICS_MS: Ms = 1000;

/**
 * glibc keeps what large bodies took: with the pages it maps by itself, and few places to take memory from, it gives most back. Of two
 * workers with a hundred sessions of 830 kB at once 797 MB instead of 918 at the peak, and 690 instead of 905 a minute later, at the
 * same CPU time (measured 2026-11-30 from the sources, both in one run). Other C libraries look at none of these.
 */
const SMALL_MEMORY: Environment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

/** A connection on its way to a worker. */
interface Handed {
  readonly slot: Slot;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly session: string | undefined;
  /** What is closed where the worker is gone: of a socket that has been sent Node keeps it open until that worker answers. */
  readonly handle: Closable | null | undefined;
}

interface Closable {
  close(): void;
}

/** How the start of a worker ends. */
interface Start {
  readonly onReady: (note: string) => void;
  readonly onFailed: (error: PointsmanError) => void;
}

interface Slot {
  readonly index: number;
  child: ChildProcess | undefined;
  isReady: boolean;
  isWatched: boolean;
  startedMs: Ms;
  quickDeaths: number;
}

/** The workers, as the process that accepts for them sees them. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #slots: readonly Slot[];
  /** Connections that came while no worker was ready. */
  readonly #waiting: (() => void)[] = [];
  readonly #questions = new Map<number, { asker: Slot; id: number; open: Set<Slot>; texts: string[] }>();
  readonly #handed = new Map<number, Handed>();
  #handedCount = 0;
  /** How the switch stands, for a worker that is started later. */
  #passThrough: AcceptorLetter | undefined;
  #question = 0;
  #turn = 0;
  #isClosing = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, (_, index) => ({
      index,
      child: undefined,
      isReady: false,
      isWatched: false,
      startedMs: 0,
      quickDeaths: 0,
    }));
  }

  /** The first worker makes or upgrades what all of them store in; the others follow. */
  async start(): Promise<string> {
    const [first, ...others] = this.#slots;
    const note = first === undefined ? '' : await this.#started(first);
    await Promise.all(others.map(async (slot) => this.#started(slot)));
    return note;
  }

  async #started(slot: Slot): Promise<string> {
    return new Promise((onReady, onFailed) => {
      this.#fork(slot, { onReady, onFailed });
    });
  }

  #fork(slot: Slot, start: Start): void {
    const { program, args, env, operatorToken } = this.#options;
    const child = fork(program, [...args], {
      env: { ...SMALL_MEMORY, ...env, [WORKER_VARIABLE]: String(slot.index), [OPERATOR_VARIABLE]: operatorToken },
      // Ctrl-C at the terminal is for this process; it tells the others.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    slot.child = child;
    slot.startedMs = performance.now();
    child.on('message', (letter) => this.#read(slot, letter as WorkerLetter, start));
    child.once('exit', (code, signal) => this.#buried(slot, code ?? signal, start));
    child.on('error', () => undefined);
  }

  #read(slot: Slot, letter: WorkerLetter, { onReady, onFailed }: Start): void {
    switch (letter.kind) {
      case 'ready':
        slot.isReady = true;
        if (this.#passThrough !== undefined) this.#send(slot, this.#passThrough);
        this.#send(slot, { kind: 'watched', isWatched: this.#isWatchedBeside(slot) });
        for (const hand of this.#waiting.splice(0)) hand();
        onReady(letter.note);
        break;
      case 'failed':
        onFailed(
          new PointsmanError(letter.code, letter.message, letter.hint === undefined ? {} : { hint: letter.hint }),
        );
        break;
      case 'took':
        this.#handed.delete(letter.id);
        break;
      case 'note':
        if (letter.note.kind === 'pass-through') this.#passThrough = letter;
        for (const other of this.#others(slot)) this.#send(other, letter);
        break;
      case 'watching':
        slot.isWatched = letter.isWatched;
        this.#announceWatched();
        break;
      case 'gather':
        this.#gather(slot, letter.id);
        break;
      case 'metrics':
        this.#collect(slot, letter.id, letter.text);
        break;
    }
  }

  #buried(slot: Slot, why: number | string | null, { onFailed }: Start): void {
    const wasReady = slot.isReady;
    slot.isReady = false;
    slot.isWatched = false;
    slot.child = undefined;
    this.#announceWatched();
    for (const id of this.#questions.keys()) this.#collect(slot, id, undefined);
    this.#takeBack(slot);
    if (this.#isClosing) return;
    const isQuick = performance.now() - slot.startedMs < QUICK_DEATH_MS;
    slot.quickDeaths = isQuick ? slot.quickDeaths + 1 : 0;
    if (!wasReady)
      onFailed(new PointsmanError('internal', `Worker ${slot.index} ended as it started (${why ?? 'unknown'})`));
    this.#options.log.error(`Worker ${slot.index} ended (${why ?? 'unknown'}) and is started again`);
    const pauseMs = RESTART_MS * 2 ** Math.min(slot.quickDeaths, 6);
    setTimeout(() => {
      if (!this.#isClosing) this.#startAgain(slot);
    }, pauseMs).unref();
  }

  /** Time and again: what keeps it from starting may be put right. */
  #startAgain(slot: Slot): void {
    this.#started(slot).catch((thrown: unknown) =>
      this.#options.log.error(`Worker ${slot.index} cannot be started`, { error: toPointsmanError(thrown) }),
    );
  }

  hand(socket: Socket, head: Buffer, session: string | undefined): void {
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const slot = this.#slotFor(session);
    if (slot === undefined) {
      this.#waiting.push(() => this.hand(socket, head, session));
      return;
    }
    const id = this.#handedCount++;
    const handle = handleOf(socket);
    this.#handed.set(id, { slot, socket, head, session, handle });
    slot.child?.send({ kind: 'connection', id, head: head.toString('base64') }, socket, () => undefined);
  }

  /** Connections that a dead worker had not taken: those that had not left go to another, the others are closed for their callers to come again. */
  #takeBack(slot: Slot): void {
    for (const [id, { slot: to, socket, head, session, handle }] of this.#handed) {
      if (to !== slot) continue;
      this.#handed.delete(id);
      if (handleOf(socket) === null) handle?.close();
      else this.hand(socket, head, session);
    }
  }

  /** The session's own worker; while that one is being started again, the next one that is there. */
  #slotFor(session: string | undefined): Slot | undefined {
    const first = session === undefined ? this.#turn++ : workerOf(session, this.#slots.length);
    for (let step = 0; step < this.#slots.length; step += 1) {
      const slot = this.#slots[(first + step) % this.#slots.length];
      if (slot?.isReady === true) return slot;
    }
    return undefined;
  }

  /** One is asked, and announces it to the others. */
  switchOver(): void {
    this.#slots.find(({ isReady }) => isReady)?.child?.kill('SIGUSR2');
  }

  sendAll(letter: AcceptorLetter): void {
    for (const slot of this.#slots) this.#send(slot, letter);
  }

  #send(slot: Slot, letter: AcceptorLetter): void {
    if (slot.isReady && slot.child?.connected === true) slot.child.send(letter, () => undefined);
  }

  #others(slot: Slot): readonly Slot[] {
    return this.#slots.filter((other) => other !== slot && other.isReady);
  }

  #isWatchedBeside(slot: Slot): boolean {
    return this.#others(slot).some((other) => other.isWatched);
  }

  #announceWatched(): void {
    for (const slot of this.#slots) this.#send(slot, { kind: 'watched', isWatched: this.#isWatchedBeside(slot) });
  }

  #gather(asker: Slot, id: number): void {
    const open = new Set(this.#others(asker));
    const question = this.#question++;
    this.#questions.set(question, { asker, id, open, texts: [] });
    for (const slot of open) this.#send(slot, { kind: 'report-metrics', id: question });
    setTimeout(() => this.#answer(question), open.size === 0 ? 0 : METRICS_MS).unref();
  }

  #collect(slot: Slot, question: number, text: string | undefined): void {
    const asked = this.#questions.get(question);
    if (asked?.open.delete(slot) !== true) return;
    if (text !== undefined) asked.texts.push(text);
    if (asked.open.size === 0) this.#answer(question);
  }

  #answer(question: number): void {
    const asked = this.#questions.get(question);
    if (asked === undefined) return;
    this.#questions.delete(question);
    this.#send(asked.asker, { kind: 'gathered', id: asked.id, texts: asked.texts });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const hand of this.#waiting.splice(0)) hand();
    await Promise.all(
      this.#slots.map(async ({ child }) => {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise((resolve) => {
          child.once('exit', resolve);
        });
        child.kill('SIGTERM');
        await gone;
      }),
    );
  }
}

function handleOf(socket: Socket): Closable | null | undefined {
  return (socket as { readonly _handle?: Closable | null })._handle;
}
