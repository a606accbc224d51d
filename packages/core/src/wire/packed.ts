/**
 * Headers in MessagePack: {@link Places} over {@link HeaderReader} and {@link PackWriter}.
 *
 * @module
 */

import { spareMessages } from "../spare-octets.ts";
import { checkBool, checkOctet, checkOctets, checkStr, checkUint, lengthOf, misuse } from "./checks.ts";
import { clip, StringLimit } from "./limits.ts";
import { PackWriter } from "./pack.ts";
import { type DataHead, Places } from "./places.ts";
import { HeaderReader } from "./unpack.ts";

/** Reads the header, and the body behind it, of one payload after the other. */
export class PackedReader extends Places {
  readonly #reader: HeaderReader = new HeaderReader(new Uint8Array(0), 0, 0);
  /** Elements that are left in the array that is being read, and in those around it. */
  #left = 0;
  readonly #outer: number[] = [];

  /** Begins with the payload from `start` to `end`. `array`: its header is an array, as all are but DATA's. */
  begin(octets: Uint8Array, start: number, end: number, label: string, array: boolean): void {
    const reader = this.#reader;
    reader.reset(octets, start, end, label);
    if (this.#outer.length > 0) this.#outer.length = 0; // a call into the runtime, which is seldom needed
    this.#left = 0;
    if (!array) return;
    this.#left = (start === end ? undefined : reader.array()) ?? this.#noArray();
  }

  #noArray(): never {
    this.#reader.fail("FRAME-007", "the header must be a MessagePack array");
  }

  /** Ends a frame without a body: nothing may follow the header (FRAME-010). */
  finish(): void {
    this.#skip();
    const reader = this.#reader;
    if (reader.offset !== reader.end) reader.fail("FRAME-010", "the payload must end where the header ends");
  }

  /** Lets go of the message. */
  release(): void {
    this.#reader.reset(NOTHING, 0, 0, "");
  }

  /** Reads past elements behind the known places. */
  #skip(): void {
    for (; this.#left > 0; this.#left--) this.#reader.value(this.#outer.length + 1);
  }

  #fail(field: string, expectation: string): never {
    this.#reader.fail("FRAME-007", `"${field}" must be ${expectation}`);
  }

  protected override absent(): boolean {
    if (this.#left === 0) return true;
    if (!this.#reader.nil()) return false;
    this.#left--;
    return true;
  }

  /** True when the array is over: then a place that must be there is missing. Otherwise the place is counted. */
  #over(): boolean {
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  override uint(field: string): number {
    const value = this.#over() ? undefined : this.#reader.int();
    if (value === undefined || value < 0) this.#fail(field, "an unsigned integer");
    return value;
  }

  override bool(field: string): boolean {
    const value = this.#over() ? undefined : this.#reader.bool();
    if (value === undefined) this.#fail(field, "a boolean");
    return value;
  }

  override str(field: string, limit: number): string {
    const value = this.#over() ? undefined : this.#reader.str(limit, field, limit === StringLimit.tool);
    if (value === undefined) this.#fail(field, "a string");
    return value;
  }

  override name(field: string, limit: number): string | number {
    if (this.#over()) this.#fail(field, "a string or a number");
    const value = this.#reader.str(limit, field, true) ?? this.#reader.int();
    if (value === undefined || (typeof value === "number" && value < 0)) this.#fail(field, "a string or a number");
    return value;
  }

  override sentence(field: string): string {
    return this.str(field, StringLimit.sentence);
  }

  override octets(field: string, least: number, most: number): Uint8Array {
    const value = this.#over() ? undefined : this.#reader.bin();
    if (value === undefined || value.length < least || value.length > most) this.#fail(field, lengthOf(least, most));
    return new Uint8Array(value);
  }

  override strings(field: string): Readonly<Record<string, string>> {
    const reader = this.#reader;
    const count = this.#over() ? undefined : reader.map();
    if (count === undefined) this.#fail(field, "a map of strings");
    const record: Record<string, string> = Object.create(null) as Record<string, string>;
    for (let i = 0; i < count; i++) {
      const key = reader.key(field, StringLimit.other);
      const value = reader.str(StringLimit.other, field);
      if (value === undefined) this.#fail(field, "a map of strings");
      record[key] = value;
    }
    return record;
  }

  protected override enter(field: string): number {
    const count = this.#over() ? undefined : this.#reader.array();
    if (count === undefined) this.#fail(field, "an array");
    this.#outer.push(this.#left);
    this.#left = count;
    return count;
  }

  protected override leave(): void {
    this.#skip();
    this.#left = this.#outer.pop() ?? 0;
  }

  protected override open(field: string): void {
    this.enter(field);
  }

  protected override close(): void {
    this.leave();
  }

  override head(): DataHead {
    const reader = this.#reader;
    const { octets, offset } = reader;
    if (reader.end - offset < 2) reader.fail("FRAME-007", "the header must be two octets, kind and content");
    reader.offset = offset + 2;
    return { kind: octets[offset] ?? 0, content: octets[offset + 1] ?? 0 };
  }

  override body(): Uint8Array {
    this.#skip();
    const reader = this.#reader;
    const body = reader.octets.subarray(reader.offset, reader.end);
    reader.offset = reader.end;
    return body;
  }
}

const NOTHING = new Uint8Array(0);

/** Messages share buffers of this size, and a carrier has done with them soon. Measured: a buffer each is far slower. */
const SLAB = 0x1_0000;

/** Writes headers, one behind the other, into one buffer that is used again. */
export class PackedWriter extends Places {
  readonly out: PackWriter = new PackWriter(SLAB, spareMessages);
  #label = "";
  /** Where the array that is being written has its head, its places so far, and those up to the last that is not nil. */
  #head = 0;
  #count = 0;
  #used = 0;
  #end = 0;

  /** Begins a header. `array`: it is an array, as all are but DATA's. */
  begin(label: string, array: boolean): void {
    this.#label = label;
    if (this.#outer.length > 0) this.#outer.length = 0; // a call into the runtime, which is seldom needed
    if (array) this.#begin();
  }

  #begin(): void {
    this.#head = this.out.written;
    this.out.octet(0x90);
    this.#count = 0;
    this.#used = 0;
    this.#end = this.out.written;
  }

  /** Ends a header that is an array: the nils at its end are left out. */
  finish(): void {
    const { out } = this;
    out.length = out.at(this.#end);
    out.octets[out.at(this.#head)] = 0x90 | this.#used; // no layout has more than 15 places
  }

  #wrote(): void {
    this.#used = ++this.#count;
    this.#end = this.out.written;
  }

  protected override absent(value: unknown): boolean {
    if (value !== undefined) return false;
    this.out.nil();
    this.#count++;
    return true;
  }

  override uint(field: string, value: number | undefined): number {
    const checked = checkUint(this.#label, field, value);
    this.out.int(checked);
    this.#wrote();
    return checked;
  }

  override bool(field: string, value: boolean | undefined): boolean {
    const checked = checkBool(this.#label, field, value);
    this.out.bool(checked);
    this.#wrote();
    return checked;
  }

  override str(field: string, limit: number, value: string | undefined): string {
    const checked = checkStr(this.#label, field, limit, value);
    this.out.str(checked);
    this.#wrote();
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
    this.out.bin(checked);
    this.#wrote();
    return checked;
  }

  override strings(
    field: string,
    value: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>> {
    const record = value ?? {};
    const keys = Object.keys(record);
    this.out.map(keys.length);
    for (const key of keys) {
      if (key === "__proto__") misuse(this.#label, field, "without the key __proto__");
      this.out.str(checkStr(this.#label, field, StringLimit.other, key));
      this.out.str(checkStr(this.#label, field, StringLimit.other, record[key]));
    }
    this.#wrote();
    return record;
  }

  readonly #outer: number[] = [];

  protected override enter(field: string, length: number | undefined): number {
    if (length === undefined) misuse(this.#label, field, "a list");
    this.out.array(length);
    this.#outer.push(this.#head, this.#count);
    return length;
  }

  protected override leave(): void {
    this.#count = this.#outer.pop() ?? 0;
    this.#head = this.#outer.pop() ?? 0;
    this.#wrote();
  }

  protected override open(): void {
    this.#outer.push(this.#head, this.#count);
    this.#begin();
  }

  protected override close(): void {
    this.finish();
    this.leave();
  }

  override head(value: DataHead | undefined): DataHead {
    if (value === undefined) misuse(this.#label, "head", "there");
    this.out.octet(checkOctet(this.#label, "kind", value.kind));
    this.out.octet(checkOctet(this.#label, "content", value.content));
    return value;
  }

  override body(value: Uint8Array | undefined): Uint8Array {
    return checkOctets(this.#label, "body", 0, Number.MAX_SAFE_INTEGER, value);
  }
}
