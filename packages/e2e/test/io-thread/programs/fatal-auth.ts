/** Methods of proof for an I/O thread that is to end: whoever comes with this key id ends it. */
import { tokenAuth, type ProofMethod } from "@turnmux/gateway";
import { SECRET } from "../support/tools.ts";

const right = tokenAuth(SECRET, { principal: "alice", scopes: [] });

export const method: ProofMethod = {
  name: "token",
  verify: (request) => {
    if (request.keyId === "fatal") {
      setImmediate(() => {
        throw new Error("this thread was to end");
      });
    }
    return right.verify(request);
  },
};
