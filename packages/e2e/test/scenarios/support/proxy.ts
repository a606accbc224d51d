/** Stands between client and gateway, and kills connections with what is on its way in them. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Which way octets go. */
export type Way = "to the gateway" | "to the client";

/** How connections die. Every kill is armed for one connection. */
export type Kill =
  /** A moment after the client has next said something, whatever has passed by then. */
  | { readonly after: Way; readonly milliseconds: number }
  /** With the next octets of this way: so many of them still arrive. */
  | { readonly losing: Way; readonly arrive: number };

interface Link {
  readonly near: Socket;
  readonly far: Socket;
}

/** See the module's comment. */
export class Proxy {
  readonly url: string;
  /** Connections that were killed. */
  kills = 0;
  readonly #links = new Set<Link>();
  #armed: { readonly kill: Kill; readonly done: () => void } | undefined;

  private constructor(url: string) {
    this.url = url;
  }

  /** In front of this gateway. */
  static async before(target: string): Promise<Proxy> {
    const { port, pathname } = new URL(target);
    const server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
      proxy.#join(near, far);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    // It listens on a port.
    const proxy = new Proxy(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`);
    onTestFinished(() => {
      for (const link of proxy.#links) cut(link);
      server.close();
    });
    return proxy;
  }

  /** Kills the connection that next does what the kill waits for. Resolves when it is dead. */
  arm(kill: Kill): Promise<void> {
    return new Promise((done) => {
      this.#armed = { kill, done };
    });
  }

  #join(near: Socket, far: Socket): void {
    const link: Link = { near, far };
    this.#links.add(link);
    this.#pass(link, near, far, "to the gateway");
    this.#pass(link, far, near, "to the client");
  }

  #pass(link: Link, from: Socket, to: Socket, way: Way): void {
    from.on("data", (chunk: Buffer) => {
      const armed = this.#armed;
      const { kill } = armed ?? {};
      if (kill === undefined || ("after" in kill ? kill.after : kill.losing) !== way) {
        to.write(chunk);
        return;
      }
      this.#armed = undefined;
      const dead = (): void => {
        this.kills += 1;
        cut(link);
        armed?.done();
      };
      if ("after" in kill) {
        to.write(chunk);
        setTimeout(dead, kill.milliseconds);
      } else {
        // What is left of the chunk is lost, and so is all behind it.
        from.pause();
        to.write(chunk.subarray(0, kill.arrive), dead);
      }
    });
    from.on("close", () => {
      to.destroy();
      this.#links.delete(link);
    });
    from.on("error", () => to.destroy());
  }
}

function cut({ near, far }: Link): void {
  near.resetAndDestroy();
  far.resetAndDestroy();
}
