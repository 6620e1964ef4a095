import { describe, expect, it } from 'vitest'
import { subtree } from './tree'

describe('the tree of organisations', () => {
  const nodes = [
    { id: 1, parent_id: null },
    { id: 2, parent_id: 1 },
    { id: 3, parent_id: 1 },
    { id: 4, parent_id: 2 },
  ]

  it('gives one and what lies below it', () => {
    expect(subtree(nodes, 2).map(({ id }) => id)).toEqual([2, 4])
    expect(subtree(nodes, 1)).toEqual(nodes)
    expect(subtree(nodes, 9)).toEqual([])
  })
})
