import { describe, expect, test } from "vitest";
import { binaryCarriage, textCarriage } from "../../../core/src/wire/carriage.ts";
import { ProtocolViolation } from "../../../core/src/errors/violation.ts";
import { decodeFrames } from "../../src/wire/frame.ts";
import { decodeRow } from "../../src/wire/text.ts";
import { WireError } from "../../src/wire/types.ts";
import { octetsOf } from "./format.ts";
import { frameVectors } from "./frames.ts";
import { invalidFrameVectors } from "./invalid.ts";

const AMPLE = { framePayload: 0xff_ffff };
const HEAD = "c1015f0c9a1e22b7d403";

/** The requirement that reading breaks, or undefined. */
function broken(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof WireError || error instanceof ProtocolViolation) return error.requirement;
    throw error;
  }
}

function coreReadsBinary(octets: Uint8Array): unknown {
  const envelope = binaryCarriage.recognise(Uint8Array.from(Buffer.concat([Buffer.from(HEAD, "hex"), octets])));
  if (envelope === undefined) throw new Error("host traffic");
  return binaryCarriage.decode(envelope, AMPLE);
}

function coreReadsRow(row: unknown): unknown {
  const envelope = textCarriage.recognise(JSON.stringify({ turnmux: [1, HEAD.slice(4), row] }));
  if (envelope === undefined) throw new Error("host traffic");
  return textCarriage.decode(envelope, AMPLE);
}

describe("frames that break a requirement", () => {
  for (const { name, requirement, binary, row } of invalidFrameVectors()) {
    if (binary !== undefined) {
      test(`binary: ${name} [${requirement}]`, () => {
        expect({
          own: broken(() => decodeFrames(octetsOf(binary))),
          core: broken(() => coreReadsBinary(octetsOf(binary))),
        }).toEqual({ own: requirement, core: requirement });
      });
    }
    if (row !== undefined) {
      test(`text: ${name} [${requirement}]`, () => {
        expect({ own: broken(() => decodeRow(row)), core: broken(() => coreReadsRow(row)) }).toEqual({
          own: requirement,
          core: requirement,
        });
      });
    }
  }
});

describe("frames that are in order", () => {
  for (const { name, binary, row } of frameVectors()) {
    test(name, () => {
      expect(broken(() => coreReadsBinary(octetsOf(binary)))).toBeUndefined();
      if (row !== undefined) {
        expect(broken(() => decodeRow(row))).toBeUndefined();
        expect(broken(() => coreReadsRow(row))).toBeUndefined();
      }
    });
  }
});
