import { describe, expect, it } from "vitest";
import { ExpectationError, readExpectations } from "../../src/report/expectations.ts";

describe("a list of known failures", () => {
  it("has one case id a line, with comments for reasons", () => {
    const text = [
      "# What our gateway does not do yet.",
      "",
      "flow.steps      # the reader is slow",
      "",
      "# no journal,",
      "# until the disk is there",
      "key.replay",
      "key.join",
      "frame.a",
      "  # of its own",
      "\tframe.b\r",
      "",
      "frame.c",
    ].join("\n");
    expect(readExpectations(`\uFEFF${text}`)).toEqual([
      { id: "flow.steps", reason: "the reader is slow", line: 3 },
      { id: "key.replay", reason: "no journal, until the disk is there", line: 7 },
      { id: "key.join", reason: "no journal, until the disk is there", line: 8 },
      { id: "frame.a", reason: "no journal, until the disk is there", line: 9 },
      { id: "frame.b", reason: "of its own", line: 11 },
      { id: "frame.c", reason: "", line: 13 },
    ]);
    expect(readExpectations("")).toEqual([]);
  });

  it("is refused where a line has more than an id, or an id is there twice", () => {
    expect(() => readExpectations("frame.a frame.b")).toThrow(ExpectationError);
    expect(() => readExpectations("frame.a\n\nframe.a")).toThrow("line 3: frame.a is on line 1 already");
  });
});
