import { get } from "node:https";
import { describe, expect, it, onTestFinished } from "vitest";
import { createGateway, tokenAuth } from "../src/index.ts";
import { certificate } from "./support/certificate.ts";

/** The status that the endpoint's path answers with, to who trusts the certificate alone. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url.replace("wss:", "https:"), { ca: certificate.cert, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", reject);
  });
}

describe.each([
  ["in the main thread", false],
  ["in the I/O thread", true],
])("an endpoint %s", (_where, ioThread) => {
  it("speaks TLS where it is given a certificate", async () => {
    const gateway = createGateway();
    onTestFinished(() => gateway.close());
    const auth = tokenAuth("a shared secret of the tests", { principal: "alice", scopes: [] });
    const endpoint = gateway.listen({ port: 0, tls: certificate, auth, ioThread });
    await endpoint.ready;
    expect(endpoint.url).toMatch(/^wss:/);
    expect(await statusOf(endpoint.url)).toBe(426);
  }, 60_000);
});
