import { describe, expect, it } from "vitest";
import { DELIVERY } from "../../src/limits.ts";
import type { Prover } from "../../src/session/dialer.ts";
import type { Frame, WelcomeFrame } from "../../src/wire/frame.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";
import { accept, cont, data, goaway, octets, offer, ok, RawEnd } from "../support/raw.ts";
import { ClientSide, type ClientSideOptions } from "../support/sides.ts";
import { virtualCarriers, type VirtualCarrier } from "../support/virtual-carrier.ts";
import { VirtualTime } from "../support/virtual-time.ts";
import type { World } from "../support/world.ts";
import { ack, DELIVERING_LIMITS, types } from "./support/raw-resume.ts";

/** A real client, and raw gateways on one connection after the other. */
class RestlessClient {
  readonly time = new VirtualTime();
  readonly side: ClientSide;
  raw: RawEnd;
  carrier: VirtualCarrier;
  #lines = 1;

  constructor(options: ClientSideOptions = {}) {
    this.side = new ClientSide(this.time, options);
    [this.raw, this.carrier] = this.#dial();
  }

  /** One whose session stands, with a `look` to call. Its OFFER has been taken. */
  static async open(options: ClientSideOptions = {}): Promise<RestlessClient> {
    const client = new RestlessClient(options);
    await client.time.settle();
    await client.say(client.welcome());
    await client.say(offer("look"));
    client.raw.take();
    return client;
  }

  welcome(more: Partial<WelcomeFrame> = {}): WelcomeFrame {
    const resumeToken = new Uint8Array(32).fill(this.#lines);
    return this.raw.welcome({ features: [DELIVERY], limits: DELIVERING_LIMITS, resumeToken, ...more });
  }

  async say(...frames: Frame[]): Promise<Frame[]> {
    this.raw.say(...frames);
    await this.time.settle();
    return this.raw.received;
  }

  /** The connection is lost, and there is another one after a while. */
  async reconnect(afterMs: number): Promise<void> {
    this.carrier.cut();
    await this.time.settle();
    await this.time.advance(afterMs);
    [this.raw, this.carrier] = this.#dial();
    await this.time.settle();
  }

  #dial(): [RawEnd, VirtualCarrier] {
    const { client, gateway } = virtualCarriers(this.time);
    const raw = new RawEnd(gateway, ++this.#lines);
    this.side.dial(client);
    return [raw, client];
  }
}

describe("A client that resumes its session", () => {
  it("names the session, its latest token, and what it has received, and says ACK first", async () => {
    const client = await RestlessClient.open();
    await client.reconnect(0);
    expect(client.raw.only("hello").resume).toEqual({
      sessionId: "s",
      token: new Uint8Array(32).fill(2),
      received: 1,
    });
    client.raw.take();
    await client.say(client.welcome({ resumedFrom: 0 }));
    // ACK, and OFFER once more: it never arrived.
    expect(types(client.raw.received)).toEqual(["ack", "offer"]);
    expect(client.raw.only("ack").received).toBe(1);
    await client.reconnect(0);
    expect(client.raw.only("hello").resume?.token).toEqual(new Uint8Array(32).fill(3));
  });

  it("sends again what has not arrived, the same in the same order, ahead of what is new", async () => {
    const client = await RestlessClient.open();
    const calls = [1, 2, 3].map((n) => watch(client.side.session.call("look", n)));
    await client.time.settle();
    const opens = client.raw.all("open");
    expect(opens.map(({ stream }) => stream)).toEqual([1, 3, 5]);
    await client.reconnect(0);
    calls.push(watch(client.side.session.call("look", 4)));
    client.raw.take();
    // OFFER and the first OPEN have arrived.
    await client.say(client.welcome({ resumedFrom: 2 }));
    expect(types(client.raw.received)).toEqual(["ack", "open", "open", "open"]);
    const [third, fifth, seventh] = client.raw.all("open");
    expect([third, fifth]).toEqual(opens.slice(1));
    expect(seventh?.stream).toBe(7);
    await client.say(...[1, 3, 5, 7].map((stream) => ok(stream, stream)));
    expect(calls.map(({ said }) => said)).toEqual(["ok: 1", "ok: 3", "ok: 5", "ok: 7"]);
  });

  it("sends nothing again that was acknowledged", async () => {
    const client = await RestlessClient.open();
    const call = watch(client.side.session.call("look", 1));
    await client.time.settle();
    await client.say(ack(2));
    expect(client.side.resumption.kept).toEqual({ octets: 0, frames: 0 });
    await client.reconnect(0);
    client.raw.take();
    await client.say(client.welcome({ resumedFrom: 2 }));
    expect(types(client.raw.received)).toEqual(["ack"]);
    await client.say(ok(1, "seen"));
    expect(call.said).toBe('ok: "seen"');
  });

  it("sends OPEN again with the time that is left", async () => {
    const client = await RestlessClient.open();
    watch(client.side.session.call("look", 1, { timeoutMs: 1_000 }));
    watch(client.side.session.call("look", 2, { timeoutMs: Number.POSITIVE_INFINITY }));
    await client.time.settle();
    expect(client.raw.all("open").map(({ deadlineMs }) => deadlineMs)).toEqual([1_000, undefined]);
    await client.reconnect(300);
    await client.say(client.welcome({ resumedFrom: 1 }));
    expect(client.raw.all("open").map(({ deadlineMs }) => deadlineMs)).toEqual([700, undefined]);
    await client.reconnect(200);
    await client.say(client.welcome({ resumedFrom: 1 }));
    expect(client.raw.all("open").map(({ deadlineMs }) => deadlineMs)).toEqual([500, undefined]);
  });

  it("sends OPEN again with 0 where its time is over, and takes the truth that comes of it", async () => {
    const client = await RestlessClient.open();
    const call = watch(client.side.session.call("look", 1, { timeoutMs: 1_000 }));
    await client.time.settle();
    await client.reconnect(1_100);
    expect(call.said).toBe("pending");
    await client.say(client.welcome({ resumedFrom: 1 }));
    expect(client.raw.only("open").deadlineMs).toBe(0);
    // It is counted, and so its RESET is behind it.
    expect(types(client.raw.received).slice(-2)).toEqual(["open", "reset"]);
  });

  it("goes on with a body in whose middle the connection was lost", async () => {
    const client = await RestlessClient.open();
    const call = watch(client.side.session.call("look", 1));
    await client.say(accept(1), data(1, 1, 1), ok(1, "", { more: true, body: octets('"in two') }));
    await client.reconnect(0);
    expect(client.raw.only("hello").resume?.received).toBe(4);
    await client.say(client.welcome({ resumedFrom: 2 }));
    await client.say(cont(1, octets(' halves"'), true));
    expect(call.said).toBe('ok: "in two halves"');
  });

  it("takes another offer that came while it was away, and offers its own tools where they have changed", async () => {
    const client = await RestlessClient.open();
    client.carrier.cut();
    await client.time.settle();
    client.side.session.implement(kit, { look: never, set: never, add: never, list: () => "none" });
    await client.reconnect(0);
    client.raw.take();
    await client.say(client.welcome({ resumedFrom: 1 }));
    await client.say(offer("look", "set"));
    expect([...client.side.session.offers.keys()]).toEqual(["look", "set"]);
    expect(client.raw.only("offer").tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["look", "add"]));
  });

  it("does not come back after GOAWAY aborted: another connection has its session", async () => {
    const client = await RestlessClient.open();
    const call = watch(client.side.session.call("look", 1));
    await client.say(goaway(10, 1, { message: "taken over" }));
    expect(client.side.session.state).toBe("closed");
    expect(call.said).toBe("unavailable, unknown");
  });
});

describe("A client to which the gateway does not say WELCOME in time", () => {
  const prover: Prover = { method: "token", keyId: "k", prove: (covered) => Promise.resolve(covered.slice(0, 8)) };

  it("leaves the channel, and not the session, which the gateway may have put there", async () => {
    const client = await RestlessClient.open({ prover });
    await client.reconnect(0);
    await client.say(client.raw.challenge());
    await client.time.advance(30_000);
    expect(client.raw.only("goaway").code).toBe(15);
  });
});

describe("A call whose OPEN was lost, and whose time was over before it was sent again,", () => {
  it("is answered not_started, and its handler does not run", async () => {
    const { handler, runs } = gate();
    const world = await kitWorld({ set: handler });
    world.gatewayCarrier.arrive = () => {};
    const call = watch(world.client.client(kit).set(1, { timeoutMs: 1_000 }));
    await world.time.settle();
    world.clientCarrier.cut();
    await world.time.advance(1_100);
    await world.reconnect();
    expect([call.said, runs()]).toEqual(["deadline_exceeded, not_started", 0]);
  });
});

describe("A wrapped message that is lost", () => {
  async function withLoss(loser: (world: World) => VirtualCarrier): Promise<void> {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ set: handler }, { carriage: "wrapped", shared: true });
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    const carrier = loser(world);
    const arrive = carrier.arrive.bind(carrier);
    let lost = 0;
    carrier.arrive = (message) => {
      if (lost++ > 0) arrive(message);
    };
    const both = [watch(world.client.client(kit).look("a")), watch(world.gateway.call("nothing", 1))];
    await world.time.settle();
    watch(world.client.client(kit).look("b"));
    watch(world.gateway.call("nothing", 2));
    await world.time.settle();
    expect([world.client.state, world.gateway.state]).toEqual(["reconnecting", "reconnecting"]);
    expect(world.lastEnd).toMatchObject({ code: "data_loss", requirement: "CARR-021" });
    await world.reconnect();
    open("done");
    await world.time.settle();
    expect([call.said, ...both.map(({ said }) => said)]).toEqual([
      'ok: "done"',
      'ok: "a"',
      "unimplemented, not_started",
    ]);
    expect([runs(), world.gatewaySessions.length]).toEqual([1, 1]);
  }

  it("on its way to the gateway ends the channel (CARR-021), and the session goes on with the next one", async () => {
    await withLoss(({ gatewayCarrier }) => gatewayCarrier);
  });

  it("on its way to the client ends the channel (CARR-021), and the session goes on with the next one", async () => {
    await withLoss(({ clientCarrier }) => clientCarrier);
  });
});
