/**
 * Mutants of frames.
 *
 * @module
 */

import { mutant } from "../mutant.ts";
mutant({
  id: "frame.takes-reserved-bit",
  breaks: "FRAME-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/wire/binary.ts",
  find: "  if ((message[at + 5] ?? 0) >= 0x80)\n",
  replace: "  if ((message[at + 5] ?? 0) >= 0x100)\n",
  why: "reads the reserved bit as part of the stream's number",
});
