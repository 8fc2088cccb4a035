/** Recent queries, newest first, stored in the trait `recent_queries`. */

import type { Host } from "../../kernel/host.ts";
import { debounced } from "../../ui/lifetime.ts";

const MOST_QUERIES = 12;
/** A query that changes sooner is still being typed. */
const STORE_AFTER_MS = 2000;

export interface RecentQueries {
  get(): readonly string[];
  /** Stores the query if it does not change soon. */
  add(query: string): void;
}

/** Add a query to the recent ones. It replaces the last one if it extends it. Pure. */
export function withQuery(recent: readonly string[], query: string): readonly string[] {
  const [last] = recent;
  const rest = last !== undefined && query.startsWith(last) ? recent.slice(1) : recent;
  return [query, ...rest.filter((each) => each !== query)].slice(0, MOST_QUERIES);
}

export function createRecentQueries(host: Host, signal: AbortSignal): RecentQueries {
  let current = "";
  const get = () => host.get("recent_queries") ?? [];
  const store = debounced(
    STORE_AFTER_MS,
    () => {
      if (get()[0] !== current) host.set("recent_queries", withQuery(get(), current));
    },
    signal,
  );
  return {
    get,
    add: (query) => {
      current = query.trim();
      if (current === "") store.cancel();
      else store();
    },
  };
}
