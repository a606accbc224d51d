import { expect, test } from "vitest";
import { FrameType } from "../../src/wire/constants.ts";
import { frameName } from "../../src/wire/frame.ts";

test("a frame type is shown by its name", () => {
  expect(frameName(FrameType.goaway)).toBe("GOAWAY");
  expect(frameName(0x99)).toBe("0x99");
});
