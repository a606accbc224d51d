/** Proof methods for I/O threads that come to a bad end, each in its own way, when the client `odd` proves who it is. */
import { connect } from "node:net";
import { tokenAuth, type ProofMethod } from "@turnmux/gateway";

/** The secret of its clients. */
export const ODD_SECRET = "the secret of a thread that comes to a bad end";

const right = tokenAuth(ODD_SECRET, { principal: "alice", scopes: ["write"] });

function odd(does: () => void): ProofMethod {
  return {
    name: "token",
    verify: (request) => {
      if (request.keyId === "odd") does();
      return right.verify(request);
    },
  };
}

/** Ends its thread. */
export const exits: ProofMethod = odd(() => process.exit(7));

/** A rejection that nobody handles. */
export const rejects: ProofMethod = odd(() => void Promise.reject(new Error("nobody handles this")));

/** Never yields, once it has said so to a port of the test's. */
export const loops: ProofMethod = odd(() => {
  const socket = connect(Number(process.env["TURNMUX_TEST_PORT"]), "127.0.0.1", () => {
    // What a socket has room for is written at once.
    socket.write("it loops");
    for (;;);
  });
});

/** No method. */
export const nothing = "no method";
