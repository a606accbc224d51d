/** Ends an I/O thread by a fault. */
import { connect, sharedToken } from "@turnmux/client";
import { MORTAL_SECRET } from "./mortal-auth.ts";

/** Ends the I/O thread behind this address. */
export async function killThreadOf(url: string): Promise<void> {
  await connect(url, { auth: sharedToken(MORTAL_SECRET, "fatal"), reconnect: false }).catch(() => {});
}
