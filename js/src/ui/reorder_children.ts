/**
 * Reorder the children of an element with as few moves as possible, because a moved child loses the
 * focus and restarts its animations.
 */

/**
 * Return the indexes of a longest increasing subsequence of distinct `ranks`. It contains the index
 * `fixed` unless that is negative.
 */
export function longestIncreasingSubsequence(
  ranks: readonly number[],
  fixed = -1,
): ReadonlySet<number> {
  const fixedRank = ranks[fixed] ?? 0;
  const fits = (rank: number, index: number): boolean =>
    fixed < 0 || index === fixed || (index < fixed ? rank < fixedRank : rank > fixedRank);
  /** For each length, the index at which the subsequence with the lowest end ends. */
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
  const result = new Set<number>();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) result.add(index);
  return result;
}

/** Put these children in the listed order; other children may stay between them. */
export function reorderChildren(parent: Element, children: readonly Element[]): void {
  const places = new Map<Element, number>();
  for (let child = parent.firstElementChild; child !== null; child = child.nextElementSibling) {
    places.set(child, places.size);
  }
  const ranks = children.map((child) => places.get(child) ?? -1);
  if (ranks.every((rank, index) => index === 0 || rank > (ranks[index - 1] ?? -1))) return;
  const { activeElement } = parent.ownerDocument;
  const fixed = children.findIndex((child) => child.contains(activeElement));
  const stays = longestIncreasingSubsequence(ranks, fixed);
  let next: Element | null = null;
  for (let index = children.length - 1; index >= 0; index -= 1) {
    const child = children[index];
    if (child === undefined) continue;
    if (!stays.has(index)) parent.insertBefore(child, next);
    next = child;
  }
}
