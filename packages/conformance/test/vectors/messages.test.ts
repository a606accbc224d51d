import { describe, expect, test } from "vitest";
import { ALL_CARRIAGES, carriageNamed } from "@turnmux/core";
import { FrameType, nameIn } from "../../src/wire/constants.ts";
import { decodeMessage, tagOf } from "../../src/wire/message.ts";
import { WireError } from "../../src/wire/types.ts";
import { broken } from "./broken.ts";
import { hex, octetsOf } from "./format.ts";
import { messageVectors, type MessageVector } from "./messages.ts";

type Read = Pick<MessageVector, "frames" | "sequence" | "host">;

function suiteReads({ carriage, message, tag }: MessageVector): Read {
  const data = carriage === "binary" ? octetsOf(message) : message;
  const found = tagOf(data);
  if (found === undefined || hex(found) !== tag) return { host: true };
  const read = decodeMessage(data);
  if (read === undefined) return { host: true };
  if (read.carriage !== carriage) throw new WireError("CARR-020", "a message without a number");
  const frames = read.frames.map(({ type }) => nameIn(FrameType, type) ?? "skipped");
  return { frames, ...(read.sequence === undefined ? {} : { sequence: read.sequence }) };
}

function coreReads({ carriage: name, message, tag }: MessageVector): Read {
  const carriage = carriageNamed(name, ALL_CARRIAGES);
  const data = name === "binary" ? octetsOf(message) : message;
  const envelope = carriage.recognise(name === "wrapped" ? JSON.parse(message) : data);
  if (envelope === undefined || hex(envelope.tag) !== tag) return { host: true };
  const frames = carriage.decode(envelope, { framePayload: 65_536 }).map(({ type }) => type);
  return { frames, ...(name === "wrapped" ? { sequence: envelope.sequence as number } : {}) };
}

describe("a message is taken alike by the suite and by core", () => {
  for (const vector of messageVectors()) {
    const { name, carriage, requirement, frames, sequence, host } = vector;
    test(`${carriage} carriage: ${name}`, () => {
      for (const read of [suiteReads, coreReads]) {
        if (requirement !== undefined) expect(broken(() => read(vector))).toBe(requirement);
        else expect(read(vector)).toEqual(JSON.parse(JSON.stringify({ frames, sequence, host })));
      }
    });
  }
});
