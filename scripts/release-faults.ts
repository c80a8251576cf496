/** What a release is judged by. */
export interface ReleaseState {
  readonly version: string;
  readonly changelog: string;
  readonly branch: string;
  /** Lines of `git status --porcelain`. */
  readonly changedFiles: readonly string[];
  readonly tags: readonly string[];
}

/** Why this is no release yet, for people; empty when it is one. Pure. */
export function releaseFaults(state: ReleaseState): readonly string[] {
  const { version, changelog } = state;
  const heading = changelog.split('\n').find((line) => line.startsWith(`## [${version}]`));
  const unreleased = /^## \[Unreleased\]\n+([\s\S]*?)(?=^## \[|(?![\s\S]))/mu.exec(changelog)?.[1]?.trim() ?? '';
  return [
    ...(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(version) ? [] : [`package.json: "${version}" is no version`]),
    ...(state.branch === 'main' ? [] : [`on branch ${state.branch}; releases are made on main`]),
    ...(state.changedFiles.length === 0 ? [] : [`${state.changedFiles.length} files are not committed`]),
    ...(state.tags.includes(`v${version}`) ? [`v${version} is tagged already; raise the version in package.json`] : []),
    ...(heading === undefined ? [`CHANGELOG.md has no heading "## [${version}] - YYYY-MM-DD"`] : []),
    ...(heading !== undefined && !/ - \d{4}-\d{2}-\d{2}$/u.test(heading)
      ? [`CHANGELOG.md: ${version} has no date`]
      : []),
    ...(unreleased === '' ? [] : ['CHANGELOG.md: something still stands under "Unreleased"']),
  ];
}
