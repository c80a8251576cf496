#!/usr/bin/env node
import { nodeFault } from '../app/node-version.ts';
import { packageVersion } from '../config/package-version.ts';
import { PointsmanError } from '../domain/errors.ts';
import { didYouMean } from '../domain/nearest.ts';
import { forTerminal } from '../trust/shown.ts';
import { failureJson } from './error-line.ts';
import { askAtTerminal } from './input/ask-at-terminal.ts';
import type { CommandIo } from './input/command.ts';
import { EXIT } from './input/exit-code.ts';
import { keepCompiled } from './input/keep-compiled.ts';
import { LOG_LEVEL_HELP, takeLogLevel } from './input/log-of.ts';
import { countOwn } from './launch/launch-options.ts';
import { commandGroups, commands } from './registry.ts';
import { runCommand, sayFailure } from './run-command.ts';
import { STORE_HELP, takeStore } from './take-store.ts';
import { optionLines, usageText } from './text/option-help.ts';
import { fittingIo } from './width/fitting-io.ts';
import { USUAL_COLUMNS } from './width/wrapped.ts';

function processIo(): CommandIo {
  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    process.stderr.write('\nStopping; press Ctrl-C again to kill.\n');
    interrupt.abort();
  });
  process.once('SIGTERM', () => interrupt.abort());
  // A reader that went away, as "| head" does: what was asked for ends, without a word.
  process.stdout.on('error', () => interrupt.abort());
  process.stderr.on('error', () => interrupt.abort());
  return {
    // What goes into a file or a pipe stays what it is, but for where its lines end.
    stdout: (text) => process.stdout.write(process.stdout.isTTY ? forTerminal(text) : text),
    stderr: (text) => process.stderr.write(process.stderr.isTTY ? forTerminal(text) : text),
    env: process.env,
    cwd: process.cwd(),
    isTerminal: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    erase: process.stdout.isTTY && process.stderr.isTTY ? erase : undefined,
    columns: columnsOf(process.stdout),
    isErrorTerminal: process.stderr.isTTY,
    // On standard error: what a command prints stays what it was asked for.
    ask:
      process.stdin.isTTY && process.stderr.isTTY
        ? (question) => askAtTerminal(question, interrupt.signal, terminalStreams())
        : undefined,
    ...(process.stdin.isTTY ? {} : { readInput }),
    signal: interrupt.signal,
  };
}

/** A terminal that does not say how wide it is says 0. */
function columnsOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY && stream.columns > 0 ? stream.columns : USUAL_COLUMNS;
}

function terminalStreams(): Parameters<typeof askAtTerminal>[2] {
  const onInterrupt = (): void => void process.kill(process.pid, 'SIGINT');
  return { input: process.stdin, output: process.stderr, onInterrupt };
}

const MAX_INPUT_BYTES = 1024 * 1024;

async function readInput(): Promise<string> {
  const parts: Buffer[] = [];
  let byteCount = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    byteCount += part.length;
    if (byteCount > MAX_INPUT_BYTES) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** Past `forTerminal`, which lets nothing act on a screen, whoever composed it. */
function erase(what: 'screen' | 'line'): void {
  if (what === 'screen') process.stdout.write('\u001B[2J\u001B[H');
  else process.stderr.write('\r\u001B[K');
}

function helpText(): string {
  const rows = commandGroups.map(([heading, group]) =>
    [heading, ...Object.entries(group).map(([name, entry]) => `  ${name.padEnd(12)} ${entry.summary}`)].join('\n'),
  );
  return `pointsman: sends each step of agent work to the model that earns it.\n\nUsage: pointsman COMMAND [ARGUMENTS]\n\n${rows.join('\n\n')}\n\nEach command explains itself with --help, and takes ${LOG_LEVEL_HELP} (or POINTSMAN_LOG) and ${STORE_HELP} (or POINTSMAN_STORE).\nWith --trust, a command says yes to what its folder brings (see pointsman trust).\n`;
}

async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const end = endOfOwn(argv);
    const { args: rest, level } = takeLogLevel(argv.slice(0, end));
    const { args, store } = takeStore(rest);
    const env = store === undefined ? io.env : { ...io.env, POINTSMAN_STORE: store };
    return await dispatch(args, argv.slice(end), { ...io, env, ...(level === undefined ? {} : { logLevel: level }) });
  } catch (thrown) {
    return sayFailure(thrown, io);
  }
}

/** Up to `--`, and of a command that starts another program up to what that program gets. */
function endOfOwn(argv: readonly string[]): number {
  const [name = '', ...args] = argv;
  if (Object.hasOwn(commands, name) && commands[name]?.passesOn === true) return 1 + countOwn(args);
  const at = argv.indexOf('--');
  return at === -1 ? argv.length : at;
}

/** Not a clone, whose files change. */
const IS_PUBLISHED = !import.meta.filename.endsWith('.ts');

async function dispatch(argv: readonly string[], passedOn: readonly string[], io: CommandIo): Promise<number> {
  const [first = 'overview', ...rest] = argv;
  const [name, args] = first === 'help' && rest[0] !== undefined ? [rest[0], ['--help']] : [first, rest];
  if (name === 'help' || name === '--help' || name === '-h') {
    io.stdout(helpText());
    return EXIT.ok;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    io.stdout(`${packageVersion()}\n`);
    return EXIT.ok;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    const near = didYouMean(name, Object.keys(commands));
    const error = new PointsmanError('request-invalid', `No command is called "${name}".${near}`, {
      hint: 'Run "pointsman --help" for the list.',
    });
    if (args.includes('--json')) io.stdout(failureJson(name, error, io.env));
    return sayFailure(error, io);
  }
  if (entry.keepsCompiled === true && IS_PUBLISHED) keepCompiled(io.env);
  const { command } = await entry.load();
  if (args.includes('--help') || args.includes('-h')) {
    const options = optionLines(command);
    const list = options.length === 0 ? '' : `\n${options.join('\n')}\n`;
    const facts = command.facts === undefined ? '' : `\n${command.facts}\n`;
    io.stdout(`${entry.summary}\n\n${usageText(command)}\n${list}${facts}`);
    return EXIT.ok;
  }
  const given = args.filter((argument) => argument !== '--trust');
  return runCommand(command, [...given, ...passedOn], {
    ...io,
    trustFolders: given.length < args.length,
    // Loaded when it is needed: most commands say yes to nothing.
    onTrusted: async (admission, gate) => {
      const { folderNote } = await import('./stores/note-folder.ts');
      await folderNote(io, admission, gate)('folder-trusted');
    },
  });
}

/** Node 22 says with every command that its SQLite may change: the versions that are let in have what is asked of it. */
function hushSqlite(): void {
  const others = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.message.startsWith('SQLite is an experimental feature')) return;
    for (const listener of others) listener(warning);
  });
}

hushSqlite();
const fault = nodeFault(process.versions.node);
if (fault !== undefined) {
  process.stderr.write(`${fault} Install a newer one: https://nodejs.org/en/download.\n`);
  process.exitCode = EXIT.usage;
} else {
  process.exitCode = await main(process.argv.slice(2), fittingIo(processIo(), process.argv));
}
