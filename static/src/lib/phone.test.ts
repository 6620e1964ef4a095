import { describe, expect, it } from 'vitest'
import type { FieldPage, Me } from '@/api/types'
import { forget, keepKnown, lastKnown, pageShelf, type Known } from './phone'

const HOUR = 3_600_000
const me = (id: number): Me => ({
  id,
  account: `a${id}`,
  name: `警员${id}`,
  roles: ['OFFICER'],
  permissions: ['field.act'],
  organisation: null,
  csrf: 'secret',
  must: [],
  has_second_factor: false,
})
const page = { assignments: [{ id: 7 }] } as FieldPage

async function kept(...ids: number[]) {
  const shelf = pageShelf<Known>()
  for (const id of ids) await keepKnown(shelf, me(id), page, null, id * HOUR)
  return shelf
}

describe('what a phone knows without network', () => {
  it('is the last page of whoever was signed in, and nothing that would sign them in', async () => {
    const known = await lastKnown(await kept(1), 2 * HOUR)
    expect(known).toMatchObject({ owner: 1, page: { assignments: [{ id: 7 }] }, me: { csrf: '' } })
  })

  it.each([
    [12.9, true],
    [13, false],
    [0.5, false],
  ])('lasts for a shift and never comes from the future: %d h → %s', async (hours, there) => {
    expect((await lastKnown(await kept(1), hours * HOUR)) !== null).toBe(there)
  })

  it('leaves with the session, and when somebody else signs in', async () => {
    const shelf = await kept(1, 2)
    await forget(shelf, 2)
    expect((await shelf.all()).map(({ owner }) => owner)).toEqual([2])
    await forget(shelf, null)
    expect(await shelf.all()).toEqual([])
  })
})
