import { describe, expect, it } from "vitest";
import { PeerPair } from "./support/peers.ts";

describe("A call that is given up while its arguments are under way", () => {
  it("counts for what the peer puts together until the peer hears of it, so that no other call is refused for it", () => {
    const pair = new PeerPair({ message: 100_000, assembling: 100_000, framePayload: 16_384, streamCredit: 1 << 20 });
    const large = pair.client.open("large", 100_000, 2);
    // All but the last frame.
    for (let n = 0; n < 6; n++) pair.write("client");
    pair.client.peer.reset(large.number, "cancelled");
    // It goes before RESET, since bulk has had more than its share.
    const next = pair.client.open("next", 50_000, 0);
    pair.run();
    expect(pair.gateway.served.has("large")).toBe(false);
    expect(large.ending).toMatchObject({ code: "cancelled", outcome: "not_started" });
    expect(next.ending).toBeUndefined();
    expect(pair.gateway.served.has("next")).toBe(true);
  });
});
