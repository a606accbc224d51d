/** A program whose session is open, and that does nothing else: it runs until it is told to close, and then ends by itself. */
import { connect } from "../../../src/index.ts";

const session = await connect(process.argv[2] ?? "");
session.addEventListener("state", ({ detail }) => {
  process.stdout.write(`${detail.state}\n`);
});
process.once("SIGUSR2", () => void session.close());
process.stdout.write(`${session.state}\n`);
