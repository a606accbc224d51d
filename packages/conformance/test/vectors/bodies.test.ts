import { describe, expect, test } from "vitest";
import { decodeBody as coreDecodes } from "../../../core/src/content/body.ts";
import { decodeBody } from "../../src/wire/body.ts";
import { Content, type ContentName } from "../../src/wire/constants.ts";
import { bodyVectors, invalidBodyVectors } from "./bodies.ts";
import { broken } from "./broken.ts";
import { octetsOf, shown } from "./format.ts";

describe("a body that is in order is read alike by the suite and by core", () => {
  test.each(bodyVectors())("$content: $name", ({ content, octets, value }) => {
    const number = Content[content as ContentName];
    expect(shown(decodeBody(number, octetsOf(octets)))).toEqual(value);
    expect(shown(coreDecodes({ content: number, octets: octetsOf(octets) }))).toEqual(value);
  });
});

describe("a body that breaks a requirement is refused for it, by the suite and by core", () => {
  test.each(invalidBodyVectors())("$name [$requirement]", ({ content, octets, requirement }) => {
    const own = broken(() => decodeBody(content, octetsOf(octets)));
    const core = broken(() => coreDecodes({ content, octets: octetsOf(octets) }));
    expect({ own, core }).toEqual({ own: requirement, core: requirement });
  });
});
