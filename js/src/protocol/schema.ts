/** Building blocks of the message schemas. A schema checks a value and infers its type. */

import * as v from "valibot";

export const text = v.string();
export const boolean = v.boolean();
/** A finite number: NaN and Infinity are not JSON. */
export const number = v.pipe(v.number(), v.finite());
/** A non-negative integer that a double holds exactly. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const nothing = v.null();
export const orNull = v.nullable;
export const oneOf = v.picklist;

/** An object with these fields; others are ignored. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(v.object(entries), v.readonly());
}

export function list<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(v.array(item), v.readonly());
}

export type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object with any keys, also "constructor" and its like, which `v.record` leaves out. */
export function recordOf<const Item extends v.GenericSchema>(item: Item) {
  return v.custom<Readonly<Record<string, v.InferOutput<Item>>>>(
    (value) => isRecord(value) && Object.values(value).every((field) => v.is(item, field)),
  );
}

/** A value in page form, see widgets/sync/value_encoding.py: JSON with `$nvj` objects. */
export type PageValue =
  | null
  | boolean
  | number
  | string
  | readonly PageValue[]
  | { readonly [key: string]: PageValue };

export type PageRecord = Readonly<Record<string, PageValue>>;

/** Any JSON is a page value; undefined means that the field is missing. */
export const pageValue = v.custom<PageValue>((value) => value !== undefined);
export const pageRecord = v.custom<PageRecord>(isRecord);

/** The steps from a key's value to a part of it. */
export const path = list(v.union([text, count]));
