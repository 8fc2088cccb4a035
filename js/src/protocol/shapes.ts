/** Guards for the parts of messages, which guards.ts and the *_guards.ts modules combine. */

import type { PageRecord, PageValue } from "./common.ts";

export type Fields = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isText = (value: unknown): value is string => typeof value === "string";
export const isTextOrNull = (value: unknown): value is string | null =>
  value === null || isText(value);
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
export const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);
export const isNumberOrNull = (value: unknown): value is number | null =>
  value === null || isNumber(value);
export const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
export const isOneOf =
  <T extends string>(names: readonly T[]) =>
  (value: unknown): value is T =>
    isText(value) && (names as readonly string[]).includes(value);
export const isListOf =
  <T>(isItem: (value: unknown) => value is T) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every(isItem);

export const orNull =
  <T>(isIt: (value: unknown) => value is T) =>
  (value: unknown): value is T | null =>
    value === null || isIt(value);
export const isRecordOf =
  <T>(isItem: (value: unknown) => value is T) =>
  (value: unknown): value is Readonly<Record<string, T>> =>
    isRecord(value) && Object.values(value).every(isItem);

/** Anything that JSON carried is a page value; undefined means that a field was absent. */
export const isPageValue = (value: unknown): value is PageValue => value !== undefined;
export const isPageRecord = (value: unknown): value is PageRecord => isRecord(value);

export type Guards<T> = { readonly [K in keyof T]-?: (value: unknown) => value is T[K] };

/** `Guards<T>` makes the compiler ask for a guard of each field of the interface. */
export const isShape =
  <T>(guards: Guards<T>) =>
  (value: unknown): value is T =>
    isRecord(value) &&
    (Object.keys(guards) as (keyof T & string)[]).every((name) => guards[name](value[name]));

export const isNull = (value: unknown): value is null => value === null;

/** A guard for each member of an interface that maps an `op` to what it carries. */
export type BodyGuards<Bodies> = {
  readonly [Op in keyof Bodies]: (body: unknown) => body is Bodies[Op];
};
/** The same for an interface that maps an `op` to its request and result. */
export type ResultGuards<Requests> = {
  readonly [Op in keyof Requests]: (
    result: unknown,
  ) => result is Requests[Op] extends { readonly result: infer Result } ? Result : never;
};
