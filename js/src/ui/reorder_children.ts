/**
 * Reorder the children of an element with as few moves as possible: a moved child loses the focus
 * and restarts its animation.
 */

/**
 * The indexes of the longest part of `ranks` that rises, which goes through `held` unless
 * that is negative. Ranks are all different.
 */
export function longestIncreasingSubsequence(
  ranks: readonly number[],
  held = -1,
): ReadonlySet<number> {
  const heldRank = ranks[held] ?? 0;
  const fits = (rank: number, index: number): boolean =>
    held < 0 || index === held || (index < held ? rank < heldRank : rank > heldRank);
  /** For each length, where the rise of this length ends that ends lowest. */
  const ends: number[] = [];
  const before: number[] = [];
  for (const [index, rank] of ranks.entries()) {
    if (!fits(rank, index)) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranks[ends[middle] ?? 0] ?? 0) < rank) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  }
  const rise = new Set<number>();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) rise.add(index);
  return rise;
}

/** Lets these children follow one another as listed; others stay wherever among them they are. */
export function reorderChildren(parent: Element, children: readonly Element[]): void {
  const places = new Map<Element, number>();
  for (let child = parent.firstElementChild; child !== null; child = child.nextElementSibling) {
    places.set(child, places.size);
  }
  const ranks = children.map((child) => places.get(child) ?? -1);
  if (ranks.every((rank, index) => index === 0 || rank > (ranks[index - 1] ?? -1))) return;
  const { activeElement } = parent.ownerDocument;
  const held = children.findIndex((child) => child.contains(activeElement));
  const stays = longestIncreasingSubsequence(ranks, held);
  let next: Element | null = null;
  for (let index = children.length - 1; index >= 0; index -= 1) {
    const child = children[index];
    if (child === undefined) continue;
    if (!stays.has(index)) parent.insertBefore(child, next);
    next = child;
  }
}
