import { describe, expect, test } from "vitest";
import { binaryCarriage, textCarriage } from "../../../core/src/wire/carriage.ts";
import { FrameType, nameIn } from "../../src/wire/constants.ts";
import { decodeFrames } from "../../src/wire/frame.ts";
import { fields } from "../../src/wire/parse.ts";
import { decodeRow } from "../../src/wire/text.ts";
import type { Frame } from "../../src/wire/types.ts";
import { broken } from "./broken.ts";
import { hex, octetsOf, type FrameVector, shown } from "./format.ts";
import { frameVectors } from "./frames.ts";
import { invalidFrameVectors } from "./invalid.ts";

const AMPLE = { framePayload: 0xff_ffff };
const TAG = "5f0c9a1e22b7d403";

function coreReadsBinary(octets: Uint8Array): readonly unknown[] {
  const message = Uint8Array.from(Buffer.concat([Buffer.from(`c101${TAG}`, "hex"), octets]));
  const envelope = binaryCarriage.recognise(message);
  if (envelope === undefined) throw new Error("Core takes the message for the host's.");
  return binaryCarriage.decode(envelope, AMPLE);
}

function coreReadsRow(row: unknown): readonly unknown[] {
  const envelope = textCarriage.recognise(JSON.stringify({ turnmux: [1, TAG, row] }));
  if (envelope === undefined) throw new Error("Core takes the message for the host's.");
  return textCarriage.decode(envelope, AMPLE);
}

describe("a frame that breaks a requirement is refused for it, by the suite and by core", () => {
  for (const { name, requirement, binary, row } of invalidFrameVectors()) {
    if (binary !== undefined) {
      test(`in binary carriage: ${name} [${requirement}]`, () => {
        const own = broken(() => decodeFrames(octetsOf(binary)));
        const core = broken(() => coreReadsBinary(octetsOf(binary)));
        expect({ own, core }).toEqual({ own: requirement, core: requirement });
      });
    }
    if (row !== undefined) {
      test(`in text carriage: ${name} [${requirement}]`, () => {
        const own = broken(() => decodeRow(row));
        const core = broken(() => coreReadsRow(row));
        expect({ own, core }).toEqual({ own: requirement, core: requirement });
      });
    }
  }
});

function saidBy(frame: Frame | undefined): Record<string, unknown> {
  const type = frame === undefined ? undefined : nameIn(FrameType, frame.type);
  if (frame === undefined || type === undefined) return {};
  const { stream: _stream, body: _body, more: _more, final: _final, cont: _cont, ...said } = fields(type, frame);
  return shown(said) as Record<string, unknown>;
}

/** What core read, with the names that the vectors have for it. */
function saidByCore(frame: unknown, vector: FrameVector): Record<string, unknown> {
  const { type, stream = 0, more, final, payload: _payload, body, ...rest } = frame as Record<string, unknown>;
  const { head, tools, names, ...said } = rest as { head?: object; tools?: unknown[]; names?: unknown[] } & typeof rest;
  const offered = vector.fields["mode"] === 2 ? names : tools;
  const flags = Object.entries({ MORE: more, FINAL: final, CONT: type === "data" && head === undefined });
  return {
    frame: type,
    stream,
    flags: flags.filter(([, set]) => set === true).map(([flag]) => flag),
    fields: shown({ ...said, ...head, ...(type === "offer" ? { tools: offered } : {}) }),
    ...(body instanceof Uint8Array ? { body: hex(body) } : {}),
  };
}

describe("a frame that is in order is read alike by the suite and by core", () => {
  for (const vector of frameVectors()) {
    const { name, binary, row, frame, stream, flags, body } = vector;
    test(name, () => {
      const [own] = decodeFrames(octetsOf(binary));
      expect(saidBy(own)).toEqual(vector.fields);
      if (row !== undefined && frame !== "skipped") expect(saidBy(decodeRow(row))).toEqual(vector.fields);

      const expected = { frame, stream, flags, fields: vector.fields, ...(body === undefined ? {} : { body }) };
      const read = [...coreReadsBinary(octetsOf(binary)), ...(row === undefined ? [] : coreReadsRow(row))];
      if (frame === "skipped") expect(read).toEqual([]);
      // Core leaves what is nil to whoever asks for it.
      else for (const each of read) expect(saidByCore(each, vector)).toEqual(withoutDefaults(each, expected));
    });
  }
});

/** `priority` is 1 where it is nil (section 6), which core does not write down. */
function withoutDefaults<T extends { readonly fields: Readonly<Record<string, unknown>> }>(
  read: unknown,
  vector: T,
): T {
  const isOpen = (read as { type: string }).type === "open";
  if (!isOpen || (read as { priority?: number }).priority !== undefined) return vector;
  const { priority: _priority, ...others } = vector.fields;
  return { ...vector, fields: others };
}
