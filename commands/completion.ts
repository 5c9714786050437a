import type { Command } from '../src/contract/command.ts';

/** The shells whose completion is known, with the lines that switch it on. */
const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  bash: [
    '# eval "$(medic completion bash)"',
    '_medic() {',
    "  local line=${COMP_LINE:0:COMP_POINT} IFS=$'\\n' word",
    '  local last=${line##*[[:space:]]} typed=${COMP_WORDS[COMP_CWORD]}',
    '  # bash takes @ and : for ends of words; what it does not replace is not given back to it.',
    '  local before=${last%"$typed"}',
    '  COMPREPLY=()',
    '  for word in $(medic complete "${line#* }" 2>/dev/null); do COMPREPLY+=("${word#"$before"}"); done',
    '}',
    'complete -F _medic medic',
  ],
  zsh: [
    '# eval "$(medic completion zsh)"',
    '_medic() {',
    '  local -a found',
    '  found=(${(f)"$(medic complete "${LBUFFER#* }" 2>/dev/null)"})',
    '  compadd -Q -a found',
    '}',
    'compdef _medic medic',
  ],
  fish: [
    '# medic completion fish | source',
    'complete -c medic -f -a \'(medic complete (string replace -r "^\\S+ " "" -- (commandline -cp)))\'',
  ],
};

export const completion: Command = {
  name: 'completion',
  topic: 'self',
  summary: 'What lets a shell complete commands, models and node sets: eval "$(medic completion bash)"',
  usage: 'completion <bash|zsh|fish>',
  examples: ['completion bash', 'completion fish'],
  right: 'look',
  async handle([shell = '', ...more]) {
    const lines = more.length === 0 && Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    return lines === undefined
      ? {
          kind: 'refused',
          refusal: { code: 'usage', text: 'completion takes one shell: bash, zsh or fish, as in completion bash.' },
        }
      : { kind: 'said', lines, exit: 0 };
  },
};
