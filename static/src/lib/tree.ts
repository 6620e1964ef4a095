interface Node {
  id: number
  parent_id: number | null
}

/** A tree as a list, each with its depth; whoever's parent is not in the list stands at the top. */
export function inTree<T extends Node>(nodes: readonly T[]): { organisation: T; depth: number }[] {
  const lines: { organisation: T; depth: number }[] = []
  const known = new Set(nodes.map(({ id }) => id))
  const add = (organisation: T, depth: number): void => {
    lines.push({ organisation, depth })
    for (const child of nodes) if (child.parent_id === organisation.id) add(child, depth + 1)
  }
  for (const node of nodes) if (node.parent_id === null || !known.has(node.parent_id)) add(node, 0)
  return lines
}

/** The node with this id and everything below it; parents stand before their children. */
export function subtree<T extends Node>(nodes: readonly T[], top: number): T[] {
  const within = new Set([top])
  return nodes.filter(({ id, parent_id }) => {
    if (parent_id !== null && within.has(parent_id)) within.add(id)
    return within.has(id)
  })
}
