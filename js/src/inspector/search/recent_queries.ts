/** Recent queries, newest first, kept in the trait `recent_queries`. */

import type { Host } from "../../kernel/host.ts";
import { debounced } from "../../ui/lifetime.ts";

const KEPT = 12;
/** A query that stood for so long was meant, and not only on the way to another. */
const MEANT_AFTER = 2000;

export interface RecentQueries {
  get(): readonly string[];
  /** The query is this now. */
  note(query: string): void;
}

/** Pure: where a query goes among those before it. One that it only lengthens makes way. */
export function withQuery(recent: readonly string[], query: string): readonly string[] {
  const [last] = recent;
  const rest = last !== undefined && query.startsWith(last) ? recent.slice(1) : recent;
  return [query, ...rest.filter((each) => each !== query)].slice(0, KEPT);
}

export function createRecentQueries(host: Host, signal: AbortSignal): RecentQueries {
  let current = "";
  const get = () => host.get("recent_queries") ?? [];
  const keep = debounced(
    MEANT_AFTER,
    () => {
      if (get()[0] !== current) host.set("recent_queries", withQuery(get(), current));
    },
    signal,
  );
  return {
    get,
    note: (query) => {
      current = query.trim();
      if (current === "") keep.cancel();
      else keep();
    },
  };
}
