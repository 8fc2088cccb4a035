/** Random names of views, runs and pins. */

/** `crypto.randomUUID` is missing where the page came over plain http. */
export function randomName(): string {
  if (typeof crypto !== "undefined" && typeof crypto.randomUUID === "function") {
    return crypto.randomUUID();
  }
  const part = () => Math.random().toString(36).slice(2, 10).padEnd(8, "0");
  return `${part()}${part()}${part()}`;
}
