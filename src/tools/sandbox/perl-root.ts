import { quoted } from './limits.ts';
import type { Mark } from './mount-points.ts';
import { covered, type RootStep } from './root-plan.ts';

/** Of the system calls mount(2), umount2(2) and pivot_root(2), from the kernel's tables of each architecture. */
const CALLS: Readonly<Partial<Record<NodeJS.Architecture, readonly [number, number, number]>>> = {
  x64: [165, 166, 155],
  arm64: [40, 39, 41],
  loong64: [40, 39, 41],
  riscv64: [40, 39, 41],
};

/** mount(2), `linux/mount.h`. */
const FLAGS = { ro: 1, remount: 32, bind: 4096, recursive: 16_384 } as const;
const FLAG_OF: Readonly<Record<Mark, number>> = {
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  noatime: 1024,
  nodiratime: 2048,
  relatime: 1 << 21,
};

/** Loads no module: one could lie in the workspace, and nothing holds what runs here yet. Strings that a call takes are copies. */
const PROGRAM = String.raw`
my ($mount, $umount, $pivot, $network, $stage) = splice @ARGV, 0, 5;
sub fail { print STDERR "sandbox: $_[0]: $!\n"; exit 125 }
sub mounted { my ($from, $at, $type, $flags, $data) = @_; syscall($mount + 0, $from, $at, $type, $flags + 0, $data) == 0 }
sub made {
  my ($at, $mode) = @_;
  return 1 if -d $at;
  my ($above) = $at =~ m{^(.+)/[^/]+$}s;
  return 0 if defined $above and not made($above, 0777);
  mkdir $at, 0777 or return -d $at;
  $mode == 0777 or chmod $mode, $at;
}
mounted('none', '/', '', 16384 | 1 << 18, '') or fail('private');
my $loopback = pack('a16sx22', 'lo', 1);
if (not $network and socket my $any, 2, 2, 0) { ioctl $any, 0x8914, $loopback }
mounted('/', $stage, '', 4096 | 16384, '') or fail('root');
while (my ($act, $at, $from, $flags, $may) = splice @ARGV, 0, 5) {
  my $done = $act eq 'folder' ? made($at, $flags)
    : $act eq 'file' ? open(my $file, '>>', $at)
    : $act eq 'link' ? symlink($from, $at)
    : $act eq 'bind' ? mounted($from, $at, '', $flags, '')
    : mounted($act, $at, $act, $flags, $from);
  # What was done otherwise need not be covered.
  if ($may eq 'cover') { splice @ARGV, 0, 5 if $done }
  elsif (not $done and $may ne 'may') { fail("$act $at") }
}
my ($here, $there) = ('.', '.');
chdir $stage or fail('stage');
syscall($pivot + 0, $here, $there) == 0 or fail('pivot_root');
syscall($umount + 0, $here, 2) == 0 or fail('umount');
`;

/**
 * Lines of a shell that carry out a plan by one process of Perl: a process for each mount takes longer than most commands do.
 * `undefined`: the calls of this architecture are not known here.
 * @param perl an absolute place
 */
export function perlRoot(
  steps: readonly RootStep[],
  stage: string,
  { perl, network }: { readonly perl: string; readonly network: boolean },
): string | undefined {
  const calls = CALLS[process.arch];
  if (calls === undefined) return undefined;
  const words = [...calls, network ? 1 : 0, stage, ...steps.flatMap(wordsOf)].map((word) => quoted(String(word)));
  // What a user's environment says to Perl would be loaded; and of a locale that is not there it would speak.
  const alone = 'unset PERL5OPT PERL5LIB PERLLIB PERL5DB PERL_UNICODE; export LC_ALL=C';
  return `(${alone}; exec ${quoted(perl)} -e ${quoted(PROGRAM)} -- ${words.join(' ')})`;
}

type Word = string | number;

/** What, where, from where or how, flags, and what is done where it fails: five words each. */
function wordsOf(step: RootStep): readonly Word[] {
  switch (step.act) {
    case 'folder':
      return ['folder', step.at, '', step.mode ?? 0o777, ''];
    case 'file':
      return ['file', step.at, '', 0, ''];
    case 'link':
      return ['link', step.at, step.to, 0, ''];
    case 'fresh': {
      const { data = '', isReadOnly = false, mayFail = false } = step.how;
      return [step.type, step.at, data, isReadOnly ? FLAGS.ro : 0, mayFail ? 'may' : ''];
    }
    case 'bind': {
      const words = ['bind', step.at, step.from, FLAGS.bind | FLAGS.recursive, ''];
      return step.readOnly === undefined ? words : [...words, ...readOnly(step.at, step.readOnly, '')];
    }
    case 'lock': {
      const isBound = step.otherwise !== 'folder-or-not';
      const cover = wordsOf(covered(step.at, step.otherwise === 'file' ? 'file' : 'folder'));
      return [...readOnly(step.at, step.marks, 'cover'), ...(isBound ? cover : [...cover.slice(0, -1), 'may'])];
    }
  }
}

function readOnly(at: string, marks: readonly Mark[], otherwise: 'cover' | ''): readonly Word[] {
  const flags = marks.reduce((sum, mark) => sum | FLAG_OF[mark], FLAGS.remount | FLAGS.bind | FLAGS.ro);
  return ['bind', at, 'none', flags, otherwise];
}
