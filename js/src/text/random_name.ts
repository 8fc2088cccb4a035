/** Random names of views, runs and pins. */

/** Return a UUID, or a random string over HTTP, where `crypto.randomUUID` is missing. */
export function randomName(): string {
  if (typeof crypto !== "undefined" && typeof crypto.randomUUID === "function") {
    return crypto.randomUUID();
  }
  const part = () => Math.random().toString(36).slice(2, 10).padEnd(8, "0");
  return `${part()}${part()}${part()}`;
}
