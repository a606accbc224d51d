/** Code of the user's that calls back into the session, or throws where nobody expects it. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, ToolError, type Logger, type SessionEventMap } from "../../src/index.ts";
import { gate, kit, kitWorld, never, watch, type KitHandlers } from "../support/kit.ts";

const extra = defineTools({
  extra: tool({ description: "More", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

function rejecting(reason: unknown): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  reject(reason);
  return promise;
}

/** A callback that passes for one without a result. */
function rejectsLater(): () => unknown {
  return () => rejecting(new Error("in a callback"));
}

function withThen(then: PropertyDescriptor): object {
  return Object.defineProperties({}, Object.fromEntries(["then"].map((name) => [name, then])));
}

/** A log that is kept. */
function recorded(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string): void => void lines.push(message);
  return { log: { debug: keep, info: keep, warn: keep, error: keep }, lines };
}

describe("a handler", () => {
  it("may close its own session", async () => {
    const world = await kitWorld({
      set: async () => {
        await world.gateway.close("handler's wish");
        return "closed";
      },
    });
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    expect(call.said).toBe("unavailable, unknown");
    expect(world.gateway.state).toBe("closed");
  });

  it("may implement further tools, and take them away again", async () => {
    const world = await kitWorld({
      set: (on) => {
        if (on === true) remove = world.registry.implement(extra, { extra: () => "more" });
        else remove();
        return null;
      },
    });
    let remove = (): void => {};
    const api = world.client.client(kit);
    watch(api.set(true));
    await world.time.settle();
    expect(world.client.offers.has("extra")).toBe(true);
    const during = watch(world.client.client(extra).extra(1));
    await world.time.settle();
    watch(api.set(false));
    await world.time.settle();
    const after = watch(world.client.client(extra).extra(1));
    await world.time.settle();
    expect([during.said, after.said]).toEqual(['ok: "more"', "unimplemented, not_started"]);
  });

  it("may call the tools of its caller", async () => {
    const world = await kitWorld({ set: (input) => world.gateway.client(extra).extra(input) });
    world.client.implement(extra, { extra: (input) => ({ back: input }) });
    await world.time.settle();
    const call = watch(world.client.client(kit).set(7));
    await world.time.settle();
    expect(call.said).toBe('ok: {"back":7}');
  });

  it.each<[string, KitHandlers["look"], string]>([
    [
      "throws at once",
      () => {
        throw new Error("secret");
      },
      "internal, failed",
    ],
    ["rejects with nothing at all", () => rejecting(undefined), "internal, failed"],
    [
      "returns a thenable",
      () => withThen({ value: (resolve: (v: unknown) => void) => resolve("later") }),
      'ok: "later"',
    ],
    [
      "returns something whose then cannot be read",
      () =>
        withThen({
          get: () => {
            throw new Error("secret");
          },
        }),
      "internal, failed",
    ],
    [
      "returns something with a property that cannot be read",
      () =>
        Object.defineProperty({}, "a", {
          enumerable: true,
          get: () => {
            throw new Error("secret");
          },
        }),
      "internal, completed",
    ],
    ["returns what is no value", () => new Map(), "internal, completed"],
  ])("that %s ends its own call, and no other", async (_what, look, said) => {
    const { client, time } = await kitWorld({ look });
    const calls = [watch(client.client(kit).look(1)), watch(client.client(kit).set(1))];
    await time.settle();
    expect(calls.map((call) => call.said)).toEqual([said, "ok: 1"]);
    expect(String(calls[0]?.error?.message)).not.toContain("secret");
  });

  it.each<[string, object, string]>([
    ["an outcome", { outcome: "perhaps" }, "aborted, unknown"],
    ["a retry-after", { retryAfterMs: Number.NaN }, "aborted, failed"],
    ["another retry-after", { retryAfterMs: "soon" }, "aborted, failed"],
    ["retryable", { retryable: "maybe" }, "aborted, failed"],
    ["details", { details: new Date(0) }, "aborted, failed"],
  ])("whose tool error has nonsense for %s does not end the session", async (_what, more, said) => {
    const { client, time } = await kitWorld({
      add: () => {
        throw new ToolError("aborted", "No.", JSON.parse("0") === 0 ? more : {});
      },
    });
    const call = watch(client.client(kit).add(1));
    await time.settle();
    expect([call.said, client.state]).toEqual([said, "ready"]);
  });

  it("whose tool error has a code that there is not has just failed", async () => {
    const { client, time } = await kitWorld({
      look: () => {
        throw Object.assign(new ToolError("aborted", "No."), { code: "nonsense" });
      },
    });
    const call = watch(client.client(kit).look(1));
    await time.settle();
    expect([call.said, client.state]).toEqual(["internal, failed", "ready"]);
  });
});

describe("a caller", () => {
  it.each(["x".repeat(100), "", "no spaces", "\ud800", "ünïcode"])(
    "that asks for a tool %j keeps its session",
    async (name) => {
      const { client, time } = await kitWorld();
      const call = watch(client.call(name, 1));
      await time.settle();
      expect([call.said, client.state]).toEqual(["unimplemented, not_started", "ready"]);
    },
  );

  it("may close the session and call on in onAccept", async () => {
    const { client, time } = await kitWorld({ set: never });
    let after: ReturnType<typeof watch> | undefined;
    const first = watch(
      client.client(kit).set(1, {
        onAccept: () => {
          void client.close();
          after = watch(client.client(kit).look(1));
        },
      }),
    );
    await time.settle();
    expect([first.said, after?.said]).toEqual(["cancelled, unknown", "cancelled, not_started"]);
  });

  it("may cancel the call in onProgress, and hears no more of it", async () => {
    const { handler, open } = gate();
    const { client, time } = await kitWorld({
      look: (_input, call) => {
        call.progress(1);
        return handler();
      },
    });
    const leaving = new AbortController();
    const heard: number[] = [];
    const onProgress = (n: number): void => {
      heard.push(n);
      leaving.abort();
    };
    const call = watch(client.client(kit).look(1, { signal: leaving.signal, onProgress }));
    await time.settle();
    open("all the same");
    await time.settle();
    expect([call.said, heard]).toEqual(['ok: "all the same"', [1]]);
  });

  it("whose callbacks throw, or reject, gets its result", async () => {
    const { log, lines } = recorded();
    const { handler, open } = gate();
    const { client, time } = await kitWorld(
      {
        look: (_input, call) => {
          call.progress(1);
          return handler();
        },
        set: handler,
      },
      { clientLog: log },
    );
    const onProgress = (): void => {
      throw new Error("in a callback");
    };
    const calls = [
      watch(client.client(kit).look(1, { onProgress })),
      watch(client.client(kit).set(1, { onAccept: rejectsLater() })),
    ];
    await time.settle();
    open("done");
    await time.settle();
    expect(calls.map(({ said }) => said)).toEqual(['ok: "done"', 'ok: "done"']);
    expect(lines.toSorted()).toEqual(["turnmux: a callback of look threw", "turnmux: a callback of set threw"]);
  });

  it("whose arguments cannot be read gets that back, with the path", async () => {
    const { client, time } = await kitWorld();
    const broken = Object.defineProperty({}, "a", {
      enumerable: true,
      get: () => {
        throw new Error("secret");
      },
    });
    const call = watch(client.client(kit).look({ deep: [broken] }));
    await time.settle();
    expect(call.said).toBe("invalid_argument, not_started");
    expect(call.error?.message).toContain("deep");
  });
});

describe("a listener", () => {
  it("that throws is logged, and keeps neither the others nor the session from going on", async () => {
    const { log, lines } = recorded();
    const world = await kitWorld({}, { clientLog: log });
    const heard: string[] = [];
    const throwing = (): void => {
      throw new Error("listener");
    };
    world.client.addEventListener("offer", throwing);
    world.client.addEventListener("offer", ({ detail }) => heard.push(`${detail.tools.size} tools`));
    world.registry.implement(extra, { extra: () => null });
    await world.time.settle();
    expect(heard).toEqual(["5 tools"]);
    expect(lines).toEqual(['turnmux: a listener of "offer" threw']);
    world.client.removeEventListener("offer", throwing);
    world.registry.implement(defineTools({ more: extra }), { more: { extra: () => null } });
    await world.time.settle();
    expect([heard.length, lines.length]).toEqual([2, 1]);
  });

  it("may close the session as soon as it stands: calls that waited for it do not start", async () => {
    const { handler, runs } = gate();
    const world = await kitWorld({ set: handler });
    world.clientCarrier.cut();
    await world.time.settle();
    const call = watch(world.client.client(kit).set(1));
    const close = ({ detail }: { detail: SessionEventMap["state"] }): void => {
      if (detail.state === "ready") void world.client.close("changed my mind");
    };
    world.client.addEventListener("state", close);
    await world.reconnect();
    expect([call.said, world.client.state, runs()]).toEqual(["cancelled, not_started", "closed", 0]);
  });

  it("may close the session when the connection is lost, and hears of each state once", async () => {
    const world = await kitWorld();
    world.client.addEventListener("state", ({ detail }) => {
      if (detail.state === "reconnecting") void world.client.close();
    });
    world.clientCarrier.cut();
    await world.time.settle();
    expect(world.states).toEqual(["ready", "reconnecting", "closed"]);
  });
});
