/**
 * `turnmux completion bash|zsh`, and what the scripts ask.
 *
 * @module
 */
import type { Command } from "commander";
import { openSession } from "../session.ts";

/** How long tools may be asked for while somebody waits for a completion, in milliseconds. */
const ASK_MS = 1_500;

const BASH = `# turnmux, for bash: source <(turnmux completion bash)
_turnmux() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(turnmux __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _turnmux turnmux
`;

const ZSH = `#compdef turnmux
# turnmux, for zsh: turnmux completion zsh > ~/.zfunc/_turnmux
_turnmux() {
  local -a found
  found=(\${(f)"$(turnmux __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found || _files
}
compdef _turnmux turnmux
`;

/** What a shell reads. */
export function completionScript(shell: "bash" | "zsh"): string {
  return shell === "bash" ? BASH : ZSH;
}

/** Prints what may stand in place of the last word, a line each. Says nothing where it does not know. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const command = program.commands.find((one) => one.name() === before[0]);
  const visible = program.commands.filter((one) => !one.name().startsWith("__"));
  let found: readonly string[] = [];
  if (command === undefined)
    found = before.length === 0 ? [...visible.map((one) => one.name()), "--help", "--version"] : [];
  else if (last.startsWith("-")) found = [...command.options.map((option) => option.long ?? ""), "--help"];
  else if (command.name() === "completion") found = ["bash", "zsh"];
  else if ((command.name() === "call" || command.name() === "describe") && before.length === 1)
    found = await toolNames();
  for (const one of found) if (one !== "" && one.startsWith(last)) process.stdout.write(`${one}\n`);
}

async function toolNames(): Promise<string[]> {
  try {
    const session = await openSession({ timeout: ASK_MS });
    const names = [...session.offers.keys()];
    await session.close();
    return names;
  } catch {
    return [];
  }
}
