/**
 * A process that shares its session, tells how, and goes on until it is killed.
 */
import { connect, sharedToken } from "@turnmux/client";

const [url = "", token = ""] = process.argv.slice(2);
const session = await connect(url, { auth: sharedToken(token) });
const share = await session.share("turn-of-a-parent");
process.stdout.write(`${JSON.stringify({ shared: { ...share.env, path: share.path } })}\n`);
process.stdin.resume();
