/**
 * Frames for people.
 *
 * @module
 */
import { MORE, Type, type WireFrame } from "./wire.ts";

const names = new Map<number, string>(Object.entries(Type).map(([name, type]) => [type, name.toUpperCase()]));
names.set(0x02, "CHALLENGE").set(0x03, "PROOF");

const outcomes = ["not_started", "failed", "completed", "unknown"] as const;
const states = ["running", "queued", "joined", "replayed", "waiting"] as const;

/** Frames in a few words. Equal ones are counted. `toolOf`: the tool that was called on a stream. */
export function describeAll(frames: readonly WireFrame[], toolOf: (stream: number) => string): string {
  const counts = new Map<string, number>();
  for (const frame of frames) {
    const text = describe(frame, toolOf);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} x${count}`)).join("; ");
}

/** One frame in a few words, for example `OPEN 5 add key k1`. */
function describe(frame: WireFrame, toolOf: (stream: number) => string): string {
  const name = names.get(frame.type) ?? `type ${frame.type}`;
  const stream = frame.stream === 0 ? "" : ` ${frame.stream}`;
  const more = (frame.flags & MORE) === 0 ? "" : " (more)";
  return `${name}${stream}${details(frame, toolOf)}${more}`;
}

function details({ type, stream, header, octets }: WireFrame, toolOf: (stream: number) => string): string {
  switch (type) {
    case Type.hello: {
      const resume = header[8];
      return Array.isArray(resume) ? ` resumes ${String(resume[0])}, received ${String(resume[2])}` : "";
    }
    case Type.welcome: {
      const [from, why] = header.slice(11);
      const resumed = typeof from === "number" ? `, resumed from ${from}` : "";
      return ` session ${String(header[7])}${resumed}${typeof why === "string" ? `, not resumed: ${why}` : ""}`;
    }
    case Type.refuse:
      return ` code ${String(header[1])}: ${String(header[2])}`;
    case Type.open: {
      const [, callId, key, deadlineMs] = header;
      const keyed = typeof key === "string" ? ` key ${key}` : "";
      const limit = typeof deadlineMs === "number" ? `, ${deadlineMs} ms` : "";
      return ` ${toolOf(stream)} ${String(callId)}${keyed}${limit}, ${octets} octets`;
    }
    case Type.accept:
      return ` ${states[Number(header[0])] ?? String(header[0])}`;
    case Type.data:
      return header.length === 0
        ? ` goes on, ${octets} octets`
        : ` ${header[0] === 1 ? "progress" : "item"}, ${octets} octets`;
    case Type.end: {
      const [code, , message, outcome] = header;
      return code === 0
        ? ` ok, ${octets} octets`
        : ` code ${String(code)}, ${outcomes[Number(outcome)]}: ${String(message)}`;
    }
    case Type.reset:
      return ` code ${String(header[0])}`;
    case Type.credit:
    case Type.ack:
      return ` ${String(header[0])}`;
    case Type.goaway: {
      const [code, last, message, , requirement] = header;
      const rule = typeof requirement === "string" ? ` [${requirement}]` : "";
      return ` code ${String(code)}, last ${String(last)}: ${String(message)}${rule}`;
    }
    default:
      return "";
  }
}
