/**
 * The arithmetic of credit (section 12): steps, what is enough to begin, and what octets of frames count for.
 *
 * @module
 */

/** A window, and the numbers that follow from it. */
export interface WindowVector {
  readonly of: "stream" | "channel";
  /** Octets of the window: a multiple of 4, so that nothing is rounded. */
  readonly window: number;
  readonly step: number;
  readonly enoughToBegin: number;
}

/** A frame of a body, and what it makes of the counts of its stream and its channel. */
export interface CountedFrame {
  /** `open` and `end`, `progress` and `item` that begin a body, `cont` that goes on with the one before. */
  readonly frame: "open" | "end" | "progress" | "item" | "cont" | "accept";
  readonly octets: number;
  /** What was counted when the frame has been, on the stream and on the channel. */
  readonly stream: number;
  readonly channel: number;
}

/** Frames of one stream and direction, in order, as their receiver counts them. */
export interface CountVector {
  readonly name: string;
  readonly frames: readonly CountedFrame[];
}

const STREAMS = [1_024, 1_088, 2_172, 2_176, 2_180, 4_096, 8_192, 65_536, 524_288, 1_048_576, 1_073_741_824];
const CHANNELS = [1_024, 4_096, 32_768, 262_140, 262_144, 262_148, 4_194_304, 1_073_741_824];

/** The vectors of windows. */
export function windowVectors(): readonly WindowVector[] {
  return [
    ...STREAMS.map((window) => ({
      of: "stream" as const,
      window,
      step: window < 2_176 ? window / 4 : (window - 1_088) / 2,
      enoughToBegin: window < 2_176 ? (3 * window) / 4 : (window + 1_088) / 2,
    })),
    ...CHANNELS.map((window) => ({
      of: "channel" as const,
      window,
      step: Math.min(window / 4, 65_536),
      enoughToBegin: window / 2,
    })),
  ];
}

/** Octets that an item counts for beside its body. */
const ITEM = 64;

function counted(name: string, frames: readonly (readonly [CountedFrame["frame"], number])[]): CountVector {
  let stream = 0;
  let channel = 0;
  let inItem = false;
  const counts = frames.map(([frame, octets]) => {
    if (frame !== "cont" && frame !== "accept") inItem = frame === "item";
    const counts = (frame === "accept" ? 0 : octets) + (frame === "item" ? ITEM : 0);
    stream += counts;
    if (inItem && frame !== "accept") channel += counts;
    return { frame, octets, stream, channel };
  });
  return { name, frames: counts };
}

/** The vectors of counts, as the receiver of the frames has them. */
export function countVectors(): readonly CountVector[] {
  return [
    counted("arguments in three frames", [
      ["open", 1_000],
      ["cont", 1_000],
      ["cont", 1],
    ]),
    counted("no arguments", [["open", 0]]),
    counted("items, one without octets, and the result", [
      ["item", 100],
      ["item", 0],
      ["accept", 0],
      ["item", 500],
      ["cont", 500],
      ["end", 20],
    ]),
    counted("progress between items", [
      ["progress", 10],
      ["item", 10],
      ["progress", 10],
      ["cont", 5],
      ["end", 0],
    ]),
  ];
}
