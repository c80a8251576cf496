/** Exit code and first word of what the script says when it could not build the sandbox; then no program has run. */
export const SETUP_FAILED = 125;
export const SETUP_WORD = 'sandbox:';
