/** A proof method for an I/O thread that ends by a fault when the client `fatal` asks for a session. */
import { tokenAuth, type ProofMethod } from "@turnmux/gateway";

/** The secret of its clients. */
export const MORTAL_SECRET = "the secret of a thread that is to end";

const right = tokenAuth(MORTAL_SECRET, { principal: "alice", scopes: ["write"] });

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
