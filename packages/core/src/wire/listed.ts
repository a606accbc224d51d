/**
 * Headers as JSON arrays, for text and wrapped carriage (CARR-011): octets in them are base64.
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { checkBool, checkOctet, checkOctets, checkStr, checkUint, lengthOf, misuse } from "./checks.ts";
import { clip, fits, StringLimit } from "./limits.ts";
import { HEADER_DEPTH } from "./unpack.ts";
import { type DataHead, Places } from "./places.ts";

const EMPTY: Uint8Array = new Uint8Array(0);

/** Reads headers that are JSON arrays. */
export class ListedReader extends Places {
  #label = "";
  #list: readonly unknown[] = [];
  #at = 0;
  readonly #outer: { readonly list: readonly unknown[]; readonly at: number }[] = [];
  #body: Uint8Array = EMPTY;

  /** Begins with a header and the octets of the body behind it. */
  begin(label: string, header: unknown, body: Uint8Array): void {
    this.#label = label;
    this.#outer.length = 0;
    this.#at = 0;
    this.#body = body;
    if (this.cont) {
      if (header !== null) this.#refuse("CARR-011", "the header must be null with CONT");
      this.#list = [];
      return;
    }
    if (!Array.isArray(header)) this.#refuse("FRAME-007", "the header must be an array");
    this.#list = header;
  }

  /** Ends the header: what is behind the known places must be what a header may hold. */
  finish(): void {
    this.#skip();
    this.#list = [];
    this.#body = EMPTY;
  }

  #skip(): void {
    for (; this.#at < this.#list.length; this.#at++) this.#check(this.#list[this.#at], this.#outer.length + 1);
  }

  /** FRAME-008 for a place that nobody reads. */
  #check(value: unknown, depth: number): void {
    if (value === null || typeof value === "boolean" || typeof value === "number") return;
    if (typeof value === "string") {
      if (!value.isWellFormed()) this.#refuse("FRAME-009", "a string in the header must be well-formed");
      return;
    }
    if (typeof value !== "object") this.#refuse("FRAME-008", "the header holds a type that headers do not have");
    if (depth >= HEADER_DEPTH) this.#refuse("FRAME-008", `the header nests deeper than ${HEADER_DEPTH}`);
    if (Array.isArray(value)) {
      for (const item of value) this.#check(item, depth + 1);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      this.#key("a map", key);
      this.#check(item, depth + 1);
    }
  }

  #key(field: string, key: string): void {
    if (key === "__proto__") this.#refuse("FRAME-008", `"${field}" must not have the key __proto__`);
    if (!key.isWellFormed()) this.#refuse("FRAME-009", `"${field}" must be well-formed UTF-8`);
  }

  #refuse(requirement: string, expectation: string): never {
    throw new ProtocolViolation(requirement, `${this.#label}: ${expectation}`);
  }

  #fail(field: string, expectation: string): never {
    this.#refuse("FRAME-007", `"${field}" must be ${expectation}`);
  }

  #next(): unknown {
    return this.#at < this.#list.length ? this.#list[this.#at++] : undefined;
  }

  protected override absent(): boolean {
    if (this.#at >= this.#list.length) return true;
    if (this.#list[this.#at] !== null) return false;
    this.#at++;
    return true;
  }

  override uint(field: string): number {
    const value = this.#next();
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0) this.#fail(field, "an unsigned integer");
    if (value > Number.MAX_SAFE_INTEGER) this.#refuse("FRAME-008", "an integer in the header is beyond 2^53-1");
    return value + 0; // negative zero is zero
  }

  override bool(field: string): boolean {
    const value = this.#next();
    if (typeof value !== "boolean") this.#fail(field, "a boolean");
    return value;
  }

  override str(field: string, limit: number): string {
    const value = this.#next();
    if (typeof value !== "string") this.#fail(field, "a string");
    return this.#string(field, limit, value);
  }

  #string(field: string, limit: number, value: string): string {
    if (!fits(value, limit)) this.#refuse("FRAME-009", `"${field}" must be well-formed and at most ${limit} octets`);
    return value;
  }

  override name(field: string, limit: number): string | number {
    const value = this.#list[this.#at];
    if (typeof value === "number") return this.uint(field);
    if (typeof value !== "string") this.#fail(field, "a string or a number");
    return this.str(field, limit);
  }

  override sentence(field: string): string {
    return this.str(field, StringLimit.sentence);
  }

  override octets(field: string, least: number, most: number): Uint8Array {
    const value = this.#next();
    const octets = typeof value === "string" && value.length <= most * 2 + 4 ? decodeBase64(value) : undefined;
    if (octets === undefined || octets.length < least || octets.length > most) {
      this.#fail(field, `base64 of ${lengthOf(least, most)}`);
    }
    return octets;
  }

  override strings(field: string): Readonly<Record<string, string>> {
    const value = this.#next();
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.#fail(field, "a map of strings");
    const record: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [key, item] of Object.entries(value)) {
      this.#key(field, key);
      if (typeof item !== "string") this.#fail(field, "a map of strings");
      record[this.#string(field, StringLimit.other, key)] = this.#string(field, StringLimit.other, item);
    }
    return record;
  }

  protected override enter(field: string): number {
    const value = this.#next();
    if (!Array.isArray(value)) this.#fail(field, "an array");
    this.#outer.push({ list: this.#list, at: this.#at });
    this.#list = value;
    this.#at = 0;
    return value.length;
  }

  protected override leave(): void {
    this.#skip();
    const outer = this.#outer.pop();
    this.#list = outer?.list ?? [];
    this.#at = outer?.at ?? 0;
  }

  protected override open(field: string): void {
    this.enter(field);
  }

  protected override close(): void {
    this.leave();
  }

  override head(): DataHead {
    const kind = this.uint("kind");
    const content = this.uint("content");
    if (kind > 255 || content > 255) this.#fail(kind > 255 ? "kind" : "content", "an integer from 0 to 255");
    return { kind, content };
  }

  override body(): Uint8Array {
    return this.#body;
  }
}

/** Writes headers as JSON arrays. */
export class ListedWriter extends Places {
  #label = "";
  #list: unknown[] = [];
  readonly #outer: unknown[][] = [];

  begin(label: string): void {
    this.#label = label;
    this.#outer.length = 0;
    this.#list = [];
  }

  /** The header; the nulls at its end are left out. */
  finish(): unknown[] {
    const list = this.#list;
    while (list.length > 0 && list[list.length - 1] === null) list.pop();
    return list;
  }

  protected override absent(value: unknown): boolean {
    if (value !== undefined) return false;
    this.#list.push(null);
    return true;
  }

  override uint(field: string, value: number | undefined): number {
    const checked = checkUint(this.#label, field, value);
    this.#list.push(checked);
    return checked;
  }

  override bool(field: string, value: boolean | undefined): boolean {
    const checked = checkBool(this.#label, field, value);
    this.#list.push(checked);
    return checked;
  }

  override str(field: string, limit: number, value: string | undefined): string {
    const checked = checkStr(this.#label, field, limit, value);
    this.#list.push(checked);
    return checked;
  }

  override name(field: string, limit: number, value: string | number | undefined): string | number {
    return typeof value === "number" ? this.uint(field, value) : this.str(field, limit, value);
  }

  override sentence(field: string, value: string | undefined): string {
    return this.str(field, StringLimit.sentence, value === undefined ? value : clip(value));
  }

  override octets(field: string, least: number, most: number, value: Uint8Array | undefined): Uint8Array {
    const checked = checkOctets(this.#label, field, least, most, value);
    this.#list.push(encodeBase64(checked));
    return checked;
  }

  override strings(
    field: string,
    value: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>> {
    const record = value ?? {};
    const keys = Object.keys(record);
    const copy: Record<string, string> = {};
    for (const key of keys) {
      if (key === "__proto__") misuse(this.#label, field, "without the key __proto__");
      checkStr(this.#label, field, StringLimit.other, key);
      copy[key] = checkStr(this.#label, field, StringLimit.other, record[key]);
    }
    this.#list.push(copy);
    return record;
  }

  protected override enter(field: string, length: number | undefined): number {
    if (length === undefined) misuse(this.#label, field, "a list");
    this.open();
    return length;
  }

  protected override leave(): void {
    const list = this.#list;
    this.#list = this.#outer.pop() ?? [];
    this.#list.push(list);
  }

  protected override open(): void {
    this.#outer.push(this.#list);
    this.#list = [];
  }

  protected override close(): void {
    this.finish();
    this.leave();
  }

  override head(value: DataHead | undefined): DataHead {
    if (value === undefined) misuse(this.#label, "head", "there");
    this.#list.push(checkOctet(this.#label, "kind", value.kind), checkOctet(this.#label, "content", value.content));
    return value;
  }

  override body(value: Uint8Array | undefined): Uint8Array {
    return checkOctets(this.#label, "body", 0, Number.MAX_SAFE_INTEGER, value);
  }
}
