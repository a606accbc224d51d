/**
 * What a layout is written against: a header, place by place, in either direction and on every carriage.
 *
 * @module
 */

/**
 * The places of one header, in order. A *reader* ignores `value` and answers with what it finds; a *writer* writes `value`
 * and answers with it. So one function per frame, the layout, does both, and the order, the kind and the limit of each
 * place are stated once.
 *
 * A missing place counts as nil, and elements behind the known places are ignored (FRAME-007).
 *
 * @throws ProtocolViolation from a reader, UsageError from a writer; both name the frame and the field.
 */
export abstract class Places {
  /** The stream of the frame that is read. */
  stream = 0;
  /** Its flags. */
  more = false;
  final = false;
  cont = false;

  /** Whether the next place is nil. If so it is done with. */
  protected abstract absent(value: unknown): boolean;
  /** An integer from 0 to 2^53-1. */
  abstract uint(field: string, value: number | undefined): number;
  abstract bool(field: string, value: boolean | undefined): boolean;
  /** A well-formed string of at most `limit` octets in UTF-8. */
  abstract str(field: string, limit: number, value: string | undefined): string;
  /** A string as {@link str} has it, or the number that stands for one (CALL-016). */
  abstract name(field: string, limit: number, value: string | number | undefined): string | number;
  /** A string for people, of at most `StringLimit.sentence` octets. A writer cuts off what is too long. */
  abstract sentence(field: string, value: string | undefined): string;
  /** Octets: `least` to `most` of them. A reader answers with a copy. */
  abstract octets(field: string, least: number, most: number, value: Uint8Array | undefined): Uint8Array;
  /** A map of strings to strings; a reader's has no prototype. */
  abstract strings(
    field: string,
    value: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>>;
  /** Enters a list and answers with its length; that many places follow, then {@link leave}. */
  protected abstract enter(field: string, length: number | undefined): number;
  protected abstract leave(): void;
  /** Enters an array with places of its own; {@link close} ends it. */
  protected abstract open(field: string): void;
  protected abstract close(): void;
  /** The `kind` and `content` of DATA, which are octets in binary carriage and an array elsewhere. */
  abstract head(value: DataHead | undefined): DataHead;
  /** The body behind the header, which is over. */
  abstract body(value: Uint8Array | undefined): Uint8Array;

  optionalUint(field: string, value: number | undefined): number | undefined {
    return this.absent(value) ? undefined : this.uint(field, value);
  }

  optionalBool(field: string, value: boolean | undefined): boolean | undefined {
    return this.absent(value) ? undefined : this.bool(field, value);
  }

  optionalStr(field: string, limit: number, value: string | undefined): string | undefined {
    return this.absent(value) ? undefined : this.str(field, limit, value);
  }

  optionalName(field: string, limit: number, value: string | number | undefined): string | number | undefined {
    return this.absent(value) ? undefined : this.name(field, limit, value);
  }

  optionalSentence(field: string, value: string | undefined): string | undefined {
    return this.absent(value) ? undefined : this.sentence(field, value);
  }

  optionalOctets(field: string, most: number, value: Uint8Array | undefined): Uint8Array | undefined {
    return this.absent(value) ? undefined : this.octets(field, 0, most, value);
  }

  optionalStrings(
    field: string,
    value: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>> | undefined {
    return this.absent(value) ? undefined : this.strings(field, value);
  }

  uints(field: string, value: readonly number[] | undefined): readonly number[] {
    const length = this.enter(field, value?.length);
    const list: number[] = [];
    for (let i = 0; i < length; i++) list.push(this.uint(field, value?.[i]));
    this.leave();
    return fitted(list);
  }

  strs(field: string, limit: number, value: readonly string[] | undefined): readonly string[] {
    const length = this.enter(field, value?.length);
    const list: string[] = [];
    for (let i = 0; i < length; i++) list.push(this.str(field, limit, value?.[i]));
    this.leave();
    return fitted(list);
  }

  /** An array with a layout of its own. */
  record<T>(field: string, layout: Layout<T>, value: T | undefined): T {
    this.open(field);
    const record = layout(this, value);
    this.close();
    return record;
  }

  optionalRecord<T>(field: string, layout: Layout<T>, value: T | undefined): T | undefined {
    return this.absent(value) ? undefined : this.record(field, layout, value);
  }

  records<T>(field: string, layout: Layout<T>, value: readonly T[] | undefined): readonly T[] {
    const length = this.enter(field, value?.length);
    const list: T[] = [];
    for (let i = 0; i < length; i++) list.push(this.record(field, layout, value?.[i]));
    this.leave();
    return list;
  }
}

/** The same without the room that arrays grow by: what HELLO states is kept for as long as its session. */
function fitted<T>(list: readonly T[]): readonly T[] {
  return list.slice();
}

/** The places of a `T`, in order: reads one from a reader, writes `value` to a writer. */
export type Layout<T> = (places: Places, value: T | undefined) => T;

/** The header of a DATA frame that begins a body. */
export interface DataHead {
  readonly kind: number;
  readonly content: number;
}
