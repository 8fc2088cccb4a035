/** Texts of the elements that all tools share. */

export const CONFIRM = { label: "Confirm", cancel: "Cancel" } as const;

export const COPY = { copied: "Copied", failed: "Could not copy" } as const;

export const LAZY = {
  loading: "Loading…",
  failed: (what: string, reason: string) => `Could not load ${what}: ${reason}`,
  retry: "Retry",
} as const;

export const VALUE = {
  moreLines: "Show more lines",
  expand: (part: string) => `Expand ${part}`,
  collapse: (part: string) => `Collapse ${part}`,
  all: "value",
} as const;
