import type { Socket } from 'node:net';
import type { AcceptorLetter, WorkerLetter, WorkerNote } from './letters.ts';

/** The other workers of the same gateway, as one of them sees them. */
export interface Siblings {
  announce(note: WorkerNote): void;
  receive(onNote: (note: WorkerNote) => void): void;
  /** Whether somebody watches calls at this worker, to be boards to the others. */
  watch(isWatched: boolean): void;
  /** Whether somebody watches calls at another one. */
  readonly isWatched: boolean;
  /** How the others stand, in Prometheus' text form; of those that answer in time. */
  metrics(): Promise<readonly string[]>;
  /** How this one answers the same question. */
  onMetrics(render: () => string): void;
}

/** What connects a worker to the process that started it. */
export interface WorkerChannel {
  send(letter: WorkerLetter): void;
  receive(onLetter: (letter: AcceptorLetter, socket: Socket | undefined) => void): void;
}

/** Siblings over a channel. Letters of other kinds are left to whoever else receives. */
export function createSiblings(channel: WorkerChannel): Siblings {
  let onNote: (note: WorkerNote) => void = () => undefined;
  let render = (): string => '';
  let isWatched = false;
  let asked = 0;
  const waiting = new Map<number, (texts: readonly string[]) => void>();
  channel.receive((letter) => {
    switch (letter.kind) {
      case 'note':
        onNote(letter.note);
        break;
      case 'watched':
        ({ isWatched } = letter);
        break;
      case 'report-metrics':
        channel.send({ kind: 'metrics', id: letter.id, text: render() });
        break;
      case 'gathered':
        waiting.get(letter.id)?.(letter.texts);
        waiting.delete(letter.id);
        break;
      case 'connection':
      case 'reload':
        break;
    }
  });
  return {
    announce: (note) => channel.send({ kind: 'note', note }),
    receive: (listener) => {
      onNote = listener;
    },
    watch: (watched) => channel.send({ kind: 'watching', isWatched: watched }),
    get isWatched() {
      return isWatched;
    },
    metrics: async () =>
      new Promise((resolve) => {
        const id = asked++;
        waiting.set(id, resolve);
        channel.send({ kind: 'gather', id });
      }),
    onMetrics: (own) => {
      render = own;
    },
  };
}
