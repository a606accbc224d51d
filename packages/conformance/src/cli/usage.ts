/**
 * What `--help` says.
 *
 * @module
 */
import type { CommandName } from "./arguments.ts";

/** The name of the program. */
export const PROGRAM = "turnmux-conformance";

const GENERAL = `usage: ${PROGRAM} <command> [options]

Checks whether an implementation of turnmux/1 does what the specification says.

  gateway ws://...               a gateway that runs already
  gateway -- program arguments   a gateway that the suite starts, stops and kills: more cases
  client -- program arguments    a client, driven by lines of JSON
  behaviour -- program arguments a client and its gateway in one process: what can be seen without frames
  list                           the cases
  explain ID ...                 a requirement, a clause or a case

  --help      of a command: <command> --help
  --version

What a program has to do to be tested is in section 15 of the specification.

Exit code: 0 conformant, 1 not conformant, 2 the run itself failed, 130 interrupted.
`;

const RUN = `
  --only PATTERNS      case ids, with * for anything (frame.*), or requirements and clauses (FRAME-003, FLOW-001.2);
                       several with commas, or the option again
  --expect FILE        known failures, one case id a line, # begins a comment. A listed case that passes, or that
                       does not exist, fails the run: take it off the list
  --json FILE          the report as JSON; - is the standard output
  --junit FILE         the report as JUnit XML; - is the standard output
  --seed N             whole number that repeats a run (default: another one each time; it is printed)
  --time-scale X       multiplies every time of the suite, for slow machines and peers (1 to 100, default 1)
  --jobs N             cases at a time
  --trace              the decoded frames of every case, not only of those that failed
  --quiet, -q          only what is wrong, and the counts
  --help, -h

Exit code: 0 conformant, 1 not conformant, 2 the run itself failed, 130 interrupted.
`;

const CARRIAGE = `  --carriage NAME      binary (default), text, shared (a host's socket), wrapped (a host's envelope); several with commas
`;

const OF_COMMAND: Readonly<Record<CommandName, string>> = {
  gateway: `usage: ${PROGRAM} gateway ws://host:port/path [options]
       ${PROGRAM} gateway [options] -- program arguments

Plays clients against a gateway. By URL the cases that restart it, or that need its limits small, are unsupported.

  --token ID:SECRET    with a URL: the key to prove, instead of the one in section 15 of the specification
${CARRIAGE.trimEnd()}${RUN}`,
  client: `usage: ${PROGRAM} client [options] -- program arguments

Plays gateways against a client, which is told what to do by lines of JSON on its standard input.

${CARRIAGE.trimEnd()}${RUN}`,
  behaviour: `usage: ${PROGRAM} behaviour [options] -- program arguments

Only what can be seen from lines of JSON: for a client and a gateway in one process, which send no frames.
${RUN}`,
  list: `usage: ${PROGRAM} list [options]

The cases: id, role, the clauses that they are about, and what each shows.

  --requirement IDS    only those about these requirements or clauses (FRAME-003, FLOW-001.2, FLOW-*)
  --only PATTERNS      only those that a run with these patterns would have
  --role ROLE          only those for a gateway, a client, or behaviour
  --help, -h
`,
  explain: `usage: ${PROGRAM} explain ID ...

The text of a requirement (FRAME-003) or of one of its clauses (FLOW-001.2) with its cases; or a case
(frame.reserved-bit) with its requirements.

  --help, -h
`,
};

/** The help of a command, or of the program. */
export function usageOf(about: CommandName | undefined): string {
  return about === undefined ? GENERAL : OF_COMMAND[about];
}
